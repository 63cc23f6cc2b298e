// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The files and folders of the machine.
package struct SystemDisk: Disk {
  /// The files and folders of the machine.
  package init() {}

  package var user: UInt32 { geteuid() }

  package func open(
    _ path: String, _ mode: OpenMode
  ) throws(SystemError) -> any OpenFile { try SystemFile(path, mode) }

  package func status(
    _ path: String, followsLinks: Bool
  ) throws(SystemError) -> FileStatus {
    var status = stat()
    let code = unsafe followsLinks ? stat(path, &status) : lstat(path, &status)
    guard code == 0 else { throw SystemError("lstat", errno) }
    return FileStatus(status)
  }

  package func names(_ folder: String) -> [String] {
    guard let folder = unsafe opendir(folder) else { return [] }
    defer { unsafe _ = closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
        unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  package func make(_ folder: String, permissions: UInt32) throws(SystemError) {
    guard unsafe mkdir(folder, permissions) == 0 else { throw SystemError("mkdir", errno) }
  }

  package func remove(_ path: String) throws(SystemError) {
    guard unsafe Glibc.remove(path) == 0 else { throw SystemError("remove", errno) }
  }

  package func rename(_ path: String, to name: String) throws(SystemError) {
    guard unsafe Glibc.rename(path, name) == 0 else { throw SystemError("rename", errno) }
  }

  package func give(_ path: String, to owner: FileStatus) {
    unsafe lchown(path, owner.owner, owner.group)
  }

  package func sync(_ folder: String) throws(SystemError) {
    let descriptor = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // A folder that may be entered, and not listed.
    if descriptor < 0, errno == EACCES { return }
    guard descriptor >= 0 else { throw SystemError("open", errno) }
    defer { close(descriptor) }
    // Some file systems cannot.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw SystemError("fsync", errno) }
  }

  package func space(_ folder: String) -> (total: Int64, free: Int64)? {
    var (total, free): (Int64, Int64) = (0, 0)
    return unsafe clinux_disk_space(folder, &total, &free) == 0 ? (total, free) : nil
  }

  package func content(_ path: String) throws(FileContent.Failure) -> [UInt8] {
    try FileContent.read(path)
  }
}

extension FileStatus {
  /// The properties that the system states.
  fileprivate init(_ status: stat) {
    let kind: Kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      default: .other
      }
    self.init(
      kind: kind, owner: status.st_uid, group: status.st_gid, device: UInt64(status.st_dev),
      number: UInt64(status.st_ino), names: Int(clamping: status.st_nlink),
      size: Int(status.st_size))
  }
}

/// A file of the machine that is open.
private final class SystemFile: OpenFile {
  private let descriptor: Int32

  init(_ path: String, _ mode: OpenMode) throws(SystemError) {
    var permissions: UInt32 = 0o640
    let flags: Int32
    switch mode {
    case .reading, .inspecting: flags = O_RDONLY
    case .writing: flags = O_RDWR
    case .creating: flags = O_RDWR | O_CREAT
    case .locking: flags = O_RDONLY | O_CREAT
    case .replacing(let mode): (flags, permissions) = (O_WRONLY | O_CREAT | O_EXCL, mode)
    }
    // A pipe without a writer does not block the opening.
    descriptor = unsafe open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, permissions)
    guard descriptor >= 0 else { throw SystemError("open", errno) }
  }

  deinit { close(descriptor) }

  var status: FileStatus {
    get throws(SystemError) {
      var status = stat()
      guard unsafe fstat(descriptor, &status) == 0 else { throw SystemError("fstat", errno) }
      return FileStatus(status)
    }
  }

  @unsafe func fill(
    _ memory: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int {
    try transfer(memory.count, "pread") { done in
      unsafe pread(
        descriptor, memory.baseAddress.map { unsafe $0 + done }, memory.count - done, offset + done)
    }
  }

  @unsafe func put(_ memory: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
    let count = try transfer(memory.count, "pwrite") { done in
      unsafe pwrite(
        descriptor, memory.baseAddress.map { unsafe $0 + done }, memory.count - done, offset + done)
    }
    guard count == memory.count else { throw SystemError("pwrite", EIO) }
  }

  /// Calls `body` with the number of transferred bytes until it transfers none, or all `size`.
  private func transfer(
    _ size: Int, _ call: String, _ body: (Int) -> Int
  ) throws(SystemError) -> Int {
    var done = 0
    while done < size {
      let count = body(done)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw SystemError(call, errno) }
      if count == 0 { break }
      done += count
    }
    return done
  }

  func send(_ range: Range<Int>, to socket: Int32) throws(SystemError) -> Int? {
    while true {
      let sent = clinux_send_file(socket, descriptor, Int64(range.lowerBound), range.count)
      if sent >= 0 { return sent }
      if sent == -Int(EAGAIN) { return nil }
      guard sent == -Int(EINTR) else { throw SystemError("sendfile", Int32(clamping: -sent)) }
    }
  }

  func truncate(to size: Int) throws(SystemError) {
    guard ftruncate(descriptor, size) == 0 else { throw SystemError("ftruncate", errno) }
  }

  func reserve(at offset: Int, count: Int) -> Bool {
    clinux_reserve(descriptor, Int64(offset), Int64(count)) == 0
  }

  func sync() throws(SystemError) {
    guard fdatasync(descriptor) == 0 else { throw SystemError("fdatasync", errno) }
  }

  func syncWhole() throws(SystemError) {
    guard fsync(descriptor) == 0 else { throw SystemError("fsync", errno) }
  }

  func lock() throws(SystemError) -> Bool {
    let code = clinux_lock_file(descriptor)
    if code == -EWOULDBLOCK { return false }
    guard code == 0 else { throw SystemError("flock", -code) }
    return true
  }
}
