// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
package import Sharing

/// A regular file of this user that is read and written at positions.
///
/// Every call may block for as long as the disk does. Links and devices are refused, and files of
/// other users unless they are inspected.
package final class DiskFile: ReadableBytes {
  /// What a file is opened for.
  package enum Mode: Sendable {
    case reading
    /// Reading a file of any user.
    case inspecting
    /// Reading and writing; the file exists.
    case writing
    /// Reading and writing; a missing file is created.
    case creating
    /// A missing file is created; it is only locked.
    case locking
  }

  /// The path of the file.
  package let path: String
  /// The number of the file on its disk: another file at the same path has another one.
  package let identity: UInt64
  private let descriptor: Int32
  private let lease: FileLease?

  /// Opens the file at `path`; with a lease, reading throws when the file is overwritten.
  package init(_ path: String, _ mode: Mode, lease: FileLease? = nil) throws(SystemError) {
    self.lease = lease
    let flags: Int32 =
      switch mode {
      case .reading, .inspecting: O_RDONLY
      case .writing: O_RDWR
      case .creating: O_RDWR | O_CREAT
      case .locking: O_RDONLY | O_CREAT
      }
    // A pipe without a writer does not block the opening.
    descriptor = unsafe open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw SystemError("open", errno) }
    self.path = path
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let error = SystemError("fstat", errno)
      close(descriptor)
      throw error
    }
    identity = UInt64(status.st_ino)
    let isOwn = status.st_uid == geteuid() || mode == .inspecting
    guard status.st_mode & S_IFMT == S_IFREG, isOwn else {
      close(descriptor)
      throw SystemError("open", isOwn ? EINVAL : EACCES)
    }
    // Asked when the file is open: the name may have led to another file already.
    if let lease, lease.state != .valid {
      close(descriptor)
      throw SystemError("open", ESTALE)
    }
  }

  /// Whether the path still is the name of this file: it was neither removed nor replaced.
  package var isInPlace: Bool {
    var (own, named) = (stat(), stat())
    guard unsafe fstat(descriptor, &own) == 0, own.st_nlink > 0, unsafe lstat(path, &named) == 0
    else { return false }
    return own.st_ino == named.st_ino && own.st_dev == named.st_dev
  }

  private func checkLease() throws(SystemError) {
    if lease?.state == .overwritten { throw SystemError("read", ESTALE) }
  }

  deinit { close(descriptor) }

  /// The present number of bytes.
  package var size: Int {
    get throws(SystemError) {
      var status = stat()
      guard unsafe fstat(descriptor, &status) == 0 else { throw SystemError("fstat", errno) }
      return Int(status.st_size)
    }
  }

  /// The bytes from `offset` on: `count`, or fewer at the end of the file.
  package func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
    guard count > 0 else { return [] }
    var failure: SystemError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { memory, used in
      used = 0
      do throws(SystemError) {
        used = unsafe try fill(UnsafeMutableRawBufferPointer(memory), at: offset)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The `count` bytes from `offset` on; nil if the file ends before.
  package func shared(at offset: Int, count: Int) throws(SystemError) -> SharedBytes? {
    var result: Result<Int, SystemError> = .success(0)
    let bytes = unsafe SharedBytes(count: count) { memory in
      do throws(SystemError) { result = .success(unsafe try fill(memory, at: offset)) } catch {
        result = .failure(error)
      }
    }
    return try result.get() == count ? bytes : nil
  }

  /// Sends the bytes in `range` to a socket that does not block, without copies in this program.
  ///
  /// - Returns: the bytes that the socket took; nil if it takes none now; 0 at the end of the file.
  package func send(_ range: Range<Int>, to socket: Int32) throws(SystemError) -> Int? {
    while true {
      let sent = clinux_send_file(socket, descriptor, Int64(range.lowerBound), range.count)
      if sent >= 0 {
        try checkLease()
        return sent
      }
      if sent == -Int(EAGAIN) { return nil }
      guard sent == -Int(EINTR) else { throw SystemError("sendfile", Int32(clamping: -sent)) }
    }
  }

  /// Writes `bytes` at `offset`.
  package func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
    let result = unsafe bytes.withUnsafeBytes { memory in
      Result { () throws(SystemError) in unsafe try put(memory, at: offset) }
    }
    try result.get()
  }

  /// Writes `bytes` at `offset`.
  package func write(_ bytes: SharedBytes, at offset: Int) throws(SystemError) {
    unsafe try put(UnsafeRawBufferPointer(start: bytes.start, count: bytes.count), at: offset)
  }

  /// Cuts the file, or extends it with zeros.
  package func truncate(to size: Int) throws(SystemError) {
    guard ftruncate(descriptor, size) == 0 else { throw SystemError("ftruncate", errno) }
  }

  /// Reserves space for `count` bytes from `offset` on; the size of the file does not change.
  ///
  /// - Returns: false if the disk has no such space, or does not reserve any.
  @discardableResult
  package func reserve(at offset: Int, count: Int) -> Bool {
    clinux_reserve(descriptor, Int64(offset), Int64(count)) == 0
  }

  /// Waits until all bytes are on the disk.
  package func sync() throws(SystemError) {
    guard fdatasync(descriptor) == 0 else { throw SystemError("fdatasync", errno) }
  }

  /// Takes the lock of the file, which this process keeps until the object is freed.
  ///
  /// - Returns: false if another process has the lock.
  package func lock() throws(SystemError) -> Bool {
    let code = clinux_lock_file(descriptor)
    if code == -EWOULDBLOCK { return false }
    guard code == 0 else { throw SystemError("flock", -code) }
    return true
  }

  /// Fills memory from `offset` on.
  ///
  /// - Returns: the number of bytes, which is smaller at the end of the file.
  @unsafe package func fill(
    _ memory: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int {
    let count = try transfer(memory.count, "pread") { done in
      unsafe pread(
        descriptor, memory.baseAddress.map { unsafe $0 + done }, memory.count - done, offset + done)
    }
    try checkLease()
    return count
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

  private func put(_ memory: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
    let count = try transfer(memory.count, "pwrite") { done in
      unsafe pwrite(
        descriptor, memory.baseAddress.map { unsafe $0 + done }, memory.count - done, offset + done)
    }
    guard count == memory.count else { throw SystemError("pwrite", EIO) }
  }
}
