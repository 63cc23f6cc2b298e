// SPDX-License-Identifier: Apache-2.0

import Glibc
import Sharing
import System

/// The hour files that responses read: one descriptor for each, however many responses there are.
final class HourFiles: Sendable {
  private struct Key: Hashable, Sendable {
    let path: String
    /// Another file of the same name has another lease.
    let lease: ObjectIdentifier
  }

  private struct Entry: Sendable {
    weak let file: DiskFile?
  }

  /// The most open files.
  static let limit = 512

  private let limit: Int
  private let entries = Locked<[Key: Entry]>([:])

  /// A table without files.
  init(limit: Int = HourFiles.limit) { self.limit = limit }

  /// The number of open files.
  var count: Int { entries.withLock { $0.values.count { $0.file != nil } } }

  /// The file at a path, opened if no response reads it.
  ///
  /// May block for as long as the disk does.
  ///
  /// - Throws: ``ArchiveFailure/busy`` if too many files are open.
  func open(_ path: String, _ lease: FileLease) throws(ArchiveFailure) -> DiskFile {
    let key = Key(path: path, lease: ObjectIdentifier(lease))
    let (known, isFull) = entries.withLock { entries -> (DiskFile?, Bool) in
      if let file = entries[key]?.file { return (file, false) }
      if entries.count >= limit { entries = entries.filter { $0.value.file != nil } }
      return (nil, entries.count >= limit)
    }
    if let known {
      guard lease.state == .valid else { throw .disk("\(SystemError("open", ESTALE))") }
      return known
    }
    guard !isFull else { throw .busy }
    let opened: DiskFile
    do throws(SystemError) { opened = try DiskFile(path, .reading, lease: lease) } catch {
      throw .disk("\(error)")
    }
    let kept = entries.withLock { entries -> DiskFile? in
      // Another thread may have opened it meanwhile.
      if let file = entries[key]?.file { return file }
      guard entries.count < limit else { return nil }
      entries[key] = Entry(file: opened)
      return opened
    }
    guard let kept else { throw .busy }
    return kept
  }
}
