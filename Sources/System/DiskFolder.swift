// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Folders: their entries, and the space of their disk.
package enum DiskFolder {
  /// The entries of a folder.
  package struct Entries: Sendable {
    /// The names of folders of this user; links are not followed.
    package var folders: [String] = []
    /// The names of regular files.
    package var files: [String] = []
  }

  /// The entries of the folder at `path`; none if it cannot be read.
  ///
  /// - Parameters:
  ///   - path: the path of the folder.
  ///   - isForAnyUser: whether the folders of other users are entries too.
  /// - Returns: the entries.
  package static func entries(_ path: String, ofAnyUser isForAnyUser: Bool = false) -> Entries {
    var found = Entries()
    for name in names(path) {
      guard let status = status(path + "/" + name) else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFDIR where isForAnyUser || status.st_uid == geteuid(): found.folders.append(name)
      case S_IFREG: found.files.append(name)
      default: continue
      }
    }
    return found
  }

  /// The names in the folder at `path`; none if it cannot be read.
  package static func names(_ path: String) -> [String] {
    guard let folder = unsafe opendir(path) else { return [] }
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

  /// Creates a folder, and those above it.
  package static func make(_ path: String) throws(SystemError) {
    if unsafe mkdir(path, 0o750) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw SystemError("mkdir", errno)
    }
    try make(String(path[..<slash]))
    guard unsafe mkdir(path, 0o750) == 0 || errno == EEXIST else {
      throw SystemError("mkdir", errno)
    }
  }

  /// Creates a folder in another one; a link, and a folder of another user, are refused.
  package static func makeOwn(_ path: String) throws(SystemError) {
    guard unsafe mkdir(path, 0o750) != 0 else { return }
    guard errno == EEXIST else { throw SystemError("mkdir \(path)", errno) }
    guard let status = status(path) else { throw SystemError("lstat \(path)", errno) }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw SystemError(path, ENOTDIR) }
    guard status.st_uid == geteuid() else { throw SystemError(path, EPERM) }
  }

  /// Whether the path has a folder of this user, which is no link.
  package static func isOwn(_ path: String) -> Bool {
    status(path).map { $0.st_mode & S_IFMT == S_IFDIR && $0.st_uid == geteuid() } ?? false
  }

  /// The number of the user to whom a file, a folder or a link belongs; nil if it is missing.
  package static func owner(_ path: String) -> UInt32? { status(path)?.st_uid }

  /// The number of the user of this process.
  package static var user: UInt32 { geteuid() }

  /// The name of a user, or its number.
  package static func name(ofUser number: UInt32) -> String {
    let known = (try? RegularFile.read("/etc/passwd")).map { String(decoding: $0, as: UTF8.self) }
    let line = (known ?? "").split(separator: "\n").lazy
      .map { $0.split(separator: ":", omittingEmptySubsequences: false) }
      .first { $0.count > 2 && $0[2] == "\(number)" }
    return line.map { String($0[0]) } ?? "user \(number)"
  }

  /// The numbers of the disk and of a folder or file on it; nil if it is missing.
  package static func identity(_ path: String) -> (device: UInt64, number: UInt64)? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return (UInt64(status.st_dev), UInt64(status.st_ino))
  }

  /// Whether the path has a file, a folder or a link.
  package static func exists(_ path: String) -> Bool { status(path) != nil }

  /// Whether the path has nothing; false if the disk does not tell.
  package static func isMissing(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)
  }

  /// The properties of a file, a folder or a link.
  private static func status(_ path: String) -> stat? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? status : nil
  }

  /// Gives a file to the owner of a folder, if that is another user and the system permits it.
  package static func give(_ path: String, toOwnerOf folder: String) {
    var status = stat()
    guard unsafe stat(folder, &status) == 0, status.st_uid != geteuid() else { return }
    unsafe lchown(path, status.st_uid, status.st_gid)
  }

  /// Removes a file, or an empty folder.
  ///
  /// - Returns: whether it is gone.
  @discardableResult
  package static func remove(_ path: String) -> Bool {
    unsafe Glibc.remove(path) == 0 || errno == ENOENT
  }

  /// Gives a file another name in one step; a file of that name is replaced.
  package static func rename(_ path: String, to name: String) throws(SystemError) {
    guard unsafe Glibc.rename(path, name) == 0 else { throw SystemError("rename", errno) }
  }

  /// Waits until the names in a folder are on the disk, if its file system can say so.
  package static func sync(_ path: String) throws(SystemError) {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError("open", errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw SystemError("fsync", errno) }
  }

  /// The bytes of the disk of a folder, and those that may still be written; nil if unknown.
  package static func space(_ path: String) -> (total: Int64, free: Int64)? {
    var (total, free): (Int64, Int64) = (0, 0)
    return unsafe clinux_disk_space(path, &total, &free) == 0 ? (total, free) : nil
  }
}
