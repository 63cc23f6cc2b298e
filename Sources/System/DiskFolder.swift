// SPDX-License-Identifier: Apache-2.0

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
      switch status.kind {
      case .folder where isForAnyUser || status.owner == user: found.folders.append(name)
      case .file: found.files.append(name)
      default: continue
      }
    }
    return found
  }

  /// The names in the folder at `path`; none if it cannot be read.
  package static func names(_ path: String) -> [String] { PresentDisk.current.names(path) }

  /// Creates a folder, and those above it.
  package static func make(_ path: String) throws(SystemError) {
    do throws(SystemError) { return try makeOne(path) } catch {
      guard error.code == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex
      else { throw error }
      try make(String(path[..<slash]))
    }
    try makeOne(path)
  }

  /// Creates a folder in another one, unless it exists.
  private static func makeOne(_ path: String) throws(SystemError) {
    do throws(SystemError) { try PresentDisk.current.make(path, permissions: 0o750) } catch {
      guard error.code == EEXIST else { throw error }
    }
  }

  /// Creates a folder in another one; a link, and a folder of another user, are refused.
  package static func makeOwn(_ path: String) throws(SystemError) {
    do throws(SystemError) { return try PresentDisk.current.make(path, permissions: 0o750) } catch {
      guard error.code == EEXIST else { throw SystemError("mkdir \(path)", error.code) }
    }
    let found: FileStatus
    do throws(SystemError) {
      found = try PresentDisk.current.status(path, followsLinks: false)
    } catch { throw SystemError("lstat \(path)", error.code) }
    guard found.kind == .folder else { throw SystemError(path, ENOTDIR) }
    guard found.owner == user else { throw SystemError(path, EPERM) }
  }

  /// Whether the path has a folder of this user, which is no link.
  package static func isOwn(_ path: String) -> Bool {
    status(path).map { $0.kind == .folder && $0.owner == user } ?? false
  }

  /// The number of the user to whom a file, a folder or a link belongs; nil if it is missing.
  package static func owner(_ path: String) -> UInt32? { status(path)?.owner }

  /// The number of the user of this process.
  package static var user: UInt32 { PresentDisk.current.user }

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
    let found = try? PresentDisk.current.status(path, followsLinks: true)
    return found.map { ($0.device, $0.number) }
  }

  /// Whether the path has a file, a folder or a link.
  package static func exists(_ path: String) -> Bool { status(path) != nil }

  /// Whether the path has nothing; false if the disk does not tell.
  package static func isMissing(_ path: String) -> Bool {
    do throws(SystemError) {
      _ = try PresentDisk.current.status(path, followsLinks: false)
      return false
    } catch { return error.code == ENOENT || error.code == ENOTDIR }
  }

  /// The properties of a file, a folder or a link.
  private static func status(_ path: String) -> FileStatus? {
    try? PresentDisk.current.status(path, followsLinks: false)
  }

  /// Gives a file to the owner of a folder, if that is another user and the system permits it.
  package static func give(_ path: String, toOwnerOf folder: String) {
    let disk = PresentDisk.current
    guard let owner = try? disk.status(folder, followsLinks: true), owner.owner != disk.user else {
      return
    }
    disk.give(path, to: owner)
  }

  /// Removes a file, or an empty folder.
  ///
  /// - Returns: whether it is gone.
  @discardableResult
  package static func remove(_ path: String) -> Bool {
    do throws(SystemError) {
      try PresentDisk.current.remove(path)
      return true
    } catch { return error.code == ENOENT }
  }

  /// Gives a file another name in one step; a file of that name is replaced.
  package static func rename(_ path: String, to name: String) throws(SystemError) {
    try PresentDisk.current.rename(path, to: name)
  }

  /// Waits until the names in a folder are on the disk, if its file system can say so.
  package static func sync(_ path: String) throws(SystemError) {
    try PresentDisk.current.sync(path)
  }

  /// Waits until the names that lead to a file are on the disk: a file that is there without its
  /// name is lost.
  ///
  /// - Parameters:
  ///   - path: the path of the file.
  ///   - levels: the number of folders: its own, and those above it.
  /// - Throws: `SystemError` of the disk.
  package static func sync(above path: String, levels: Int) throws(SystemError) {
    var path = path
    for _ in 0..<levels {
      guard let slash = path.lastIndex(of: "/") else { return }
      path = String(path[..<slash])
      try sync(path.isEmpty ? "/" : path)
    }
  }

  /// The bytes of the disk of a folder, and those that may still be written; nil if unknown.
  package static func space(_ path: String) -> (total: Int64, free: Int64)? {
    PresentDisk.current.space(path)
  }
}
