// SPDX-License-Identifier: Apache-2.0

/// Files, folders and their names, as ``DiskFile`` and ``DiskFolder`` need them: those of the
/// machine, or a simulation in tests.
///
/// Each call may block for as long as the disk does. Paths are those of the system.
package protocol Disk: Sendable {
  /// The number of the user of this process.
  var user: UInt32 { get }
  /// Opens a regular file; see ``OpenMode``.
  func open(_ path: String, _ mode: OpenMode) throws(SystemError) -> any OpenFile
  /// The properties of a file, a folder or a link; if `followsLinks`, not of a link.
  func status(_ path: String, followsLinks: Bool) throws(SystemError) -> FileStatus
  /// The names in a folder, without `.` and `..`; none if it cannot be read.
  func names(_ folder: String) -> [String]
  /// Creates a folder with these permissions, less those of umask(2).
  func make(_ folder: String, permissions: UInt32) throws(SystemError)
  /// Removes a file, or an empty folder.
  func remove(_ path: String) throws(SystemError)
  /// Gives a file another name in one step; a file of that name is replaced.
  func rename(_ path: String, to name: String) throws(SystemError)
  /// Gives a file or a link another owner, if the system permits it.
  func give(_ path: String, to owner: FileStatus)
  /// Waits until the names in a folder are on the disk.
  func sync(_ folder: String) throws(SystemError)
  /// The bytes of the disk of a folder, and those that may still be written; nil if unknown.
  func space(_ folder: String) -> (total: Int64, free: Int64)?
  /// The whole content of a regular file, at least one byte; links are followed.
  func content(_ path: String) throws(FileContent.Failure) -> [UInt8]
}
