// SPDX-License-Identifier: Apache-2.0

import Sharing
import System
package import Time

/// The folder of an archive, and its lock.
///
/// Each call but ``ageDistance`` may block for as long as the disk does.
package final class ArchiveRoot: Sendable {
  /// Nothing may be written.
  enum Unusable: Error, Sendable, Equatable, CustomStringConvertible {
    /// The disk of the archive is not mounted.
    case otherDisk(String)
    /// The lock file was removed, and another program has the lock of the new one.
    case locked(String)
    case system(String)

    var description: String {
      switch self {
      case .otherDisk(let path): "\(path) is not on the disk of the start any more"
      case .locked(let path): "another program writes its archive in \(path)"
      case .system(let reason): reason
      }
    }
  }

  private struct State: Sendable {
    /// Nil after the end.
    var lock: DiskFile?
    var folder: UInt64?
    var ageDistance: Interval?
    var note: String?
  }

  /// The path of the folder.
  let path: String
  /// The progress of the threads that write.
  let watch = DiskWatch()
  private let device: UInt64?
  private let state: Locked<State>

  /// The folder at `path` with this lock file.
  init(_ path: String, lock: DiskFile) {
    self.path = path
    let found = DiskFolder.identity(path)
    device = found?.device
    state = Locked(State(lock: lock, folder: found?.number))
  }

  /// The path of the lock file of the archive in `folder`.
  static func lockPath(_ folder: String) -> String { folder + "/.lock" }

  /// The distance of the wall clock from the clock of the ages; nil before its first reading.
  package var ageDistance: Interval? {
    get { state.withLock(\.ageDistance) }
    set { state.withLock { $0.ageDistance = newValue } }
  }

  /// Why the lock was taken again since the last call; nil if it was not.
  func takeNote() -> String? {
    state.withLock { state in
      defer { state.note = nil }
      return state.note
    }
  }

  /// Releases the lock; the last call.
  func releaseLock() { state.withLock { $0.lock = nil } }

  /// Throws if another disk is mounted at the path, or none, or if another program has the lock.
  ///
  /// A disk that is mounted again may have another number: it has the lock file too. If the folder
  /// or the lock file was removed or replaced, the lock is taken again.
  func check() throws(Unusable) {
    guard let found = DiskFolder.identity(path) else { throw .otherDisk(path) }
    guard let lock = state.withLock(\.lock),
      DiskFolder.identity(Self.lockPath(path))?.number != lock.identity
    else { return }
    guard found.device == device else { throw .otherDisk(path) }
    let (new, isTaken): (DiskFile, Bool)
    do throws(SystemError) {
      new = try DiskFile(Self.lockPath(path), .locking)
      isTaken = try new.lock()
    } catch { throw .system("\(Self.lockPath(path)): \(error)") }
    guard isTaken else { throw .locked(path) }
    let isSame = found.number == state.withLock(\.folder)
    state.withLock { state in
      (state.lock, state.folder) = (new, found.number)
      let what = isSame ? "its lock file" : "the folder"
      state.note = "\(path): \(what) was removed or replaced by others; the lock is taken again"
    }
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
