// SPDX-License-Identifier: Apache-2.0

import System

/// The folder of an archive, as it was at the start of the program.
///
/// Each call may block for as long as the disk does.
package struct ArchiveRoot: Sendable {
  /// Nothing may be written: the disk of the archive is not mounted.
  struct OtherDisk: Error, Sendable, Equatable, CustomStringConvertible {
    let path: String
    var description: String { "\(path) is not on the disk of the start any more" }
  }

  /// The path of the folder.
  let path: String
  /// The progress of the threads that write.
  let watch = DiskWatch()
  private let device: UInt64?
  private let lock: UInt64

  /// The folder at `path` with this lock file.
  init(_ path: String, lock: DiskFile) {
    self.path = path
    self.lock = lock.identity
    device = DiskFolder.identity(path)?.device
  }

  /// Throws if another disk is mounted at the path, or none.
  ///
  /// A disk that is mounted again may have another number: it has the lock file too.
  func check() throws(OtherDisk) {
    guard let found = DiskFolder.identity(path) else { throw OtherDisk(path: path) }
    if found.device == device { return }
    if DiskFolder.identity(path + "/.lock")?.number == lock { return }
    throw OtherDisk(path: path)
  }

  /// Creates folders below the path; links and folders of other users are refused.
  func make(_ folder: String) throws(SystemError) {
    guard folder.hasPrefix(path + "/") else { return }
    var made = path
    for piece in folder.dropFirst(path.count + 1).split(separator: "/") {
      made += "/" + piece
      try DiskFolder.makeOwn(made)
    }
  }
}
