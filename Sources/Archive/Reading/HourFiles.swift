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

  private struct Hold: Sendable {
    weak let file: HeldFile?
  }

  private struct State: Sendable {
    var files: [Key: Entry] = [:]
    /// The files that responses to an address read; those without an address are for the program.
    var holds: [String?: [Key: Hold]] = [:]

    /// The open file of a key.
    func file(_ key: Key) -> DiskFile? { files[key]?.file }

    /// Forgets the end of a hold, unless the address has another one since.
    mutating func end(_ key: Key, of address: String?) {
      guard holds[address]?[key]?.file == nil else { return }
      holds[address]?[key] = nil
      if holds[address]?.isEmpty ?? false { holds[address] = nil }
    }
  }

  /// The most open files.
  static let limit = 512

  private let limit: Int
  /// The most files that the responses of one address read: others have room.
  private let share: Int
  private let state = Locked(State())

  /// A table without files.
  init(limit: Int = HourFiles.limit) {
    self.limit = limit
    share = max(1, limit / 4)
  }

  /// The number of open files.
  var count: Int { state.withLock { $0.files.values.count { $0.file != nil } } }

  /// The file at a path, opened if no response reads it.
  ///
  /// May block for as long as the disk does.
  ///
  /// - Parameters:
  ///   - path: its path.
  ///   - lease: whether the file still has the path.
  ///   - address: the address of the client; nil for the program itself.
  /// - Returns: the file, which others may read too.
  /// - Throws: ``ArchiveFailure/busy`` if too many files are open, or too many for the address.
  func open(
    _ path: String, _ lease: FileLease, for address: String? = ArchiveClient.current?.address
  ) throws(ArchiveFailure) -> HeldFile {
    let key = Key(path: path, lease: ObjectIdentifier(lease))
    let (held, known, isFull) = state.withLock { state -> (HeldFile?, DiskFile?, Bool) in
      if let held = state.holds[address]?[key]?.file { return (held, nil, false) }
      guard address == nil || (state.holds[address]?.count ?? 0) < share else {
        return (nil, nil, true)
      }
      if let file = state.file(key) { return (nil, file, false) }
      if state.files.count >= limit { state.files = state.files.filter { $0.value.file != nil } }
      return (nil, nil, state.files.count >= limit)
    }
    if let found = held?.file ?? known {
      guard lease.state == .valid else { throw .disk("\(SystemError("open", ESTALE))") }
      return held ?? hold(found, key, for: address)
    }
    guard !isFull else { throw .busy }
    let opened: DiskFile
    do throws(SystemError) { opened = try DiskFile(path, .reading, lease: lease) } catch {
      throw .disk("\(error)")
    }
    let kept = state.withLock { state -> DiskFile? in
      // Another thread may have opened it meanwhile.
      if let file = state.file(key) { return file }
      guard state.files.count < limit else { return nil }
      state.files[key] = Entry(file: opened)
      return opened
    }
    guard let kept else { throw .busy }
    return hold(kept, key, for: address)
  }

  private func hold(_ file: DiskFile, _ key: Key, for address: String?) -> HeldFile {
    let held = HeldFile(file) { [weak self] in
      self?.state.withLock { $0.end(key, of: address) }
    }
    state.withLock { $0.holds[address, default: [:]][key] = Hold(file: held) }
    return held
  }
}
