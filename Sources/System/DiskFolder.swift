// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Folders: their entries, and the space of their disk.
package enum DiskFolder {
  /// The entries of a folder.
  package struct Entries: Sendable {
    /// The names of folders; links are not followed.
    package var folders: [String] = []
    /// The names of regular files.
    package var files: [String] = []
  }

  /// The entries of the folder at `path`; none if it cannot be read.
  package static func entries(_ path: String) -> Entries {
    var found = Entries()
    guard let folder = unsafe opendir(path) else { return found }
    defer { unsafe _ = closedir(folder) }
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
        unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      var status = stat()
      guard name != ".", name != "..", unsafe lstat(path + "/" + name, &status) == 0 else {
        continue
      }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: found.folders.append(name)
      case S_IFREG: found.files.append(name)
      default: continue
      }
    }
    return found
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

  /// The bytes of the disk of a folder, and those that may still be written; nil if unknown.
  package static func space(_ path: String) -> (total: Int64, free: Int64)? {
    var (total, free): (Int64, Int64) = (0, 0)
    return unsafe clinux_disk_space(path, &total, &free) == 0 ? (total, free) : nil
  }
}
