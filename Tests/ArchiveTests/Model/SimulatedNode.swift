// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// A file or a folder of a simulated disk: its present content, and that on the disk.
final class SimulatedNode {
  /// A change of a file since its last synchronisation.
  enum Change {
    case write(offset: Int, bytes: [UInt8])
    case truncate(size: Int)
  }

  /// The bytes that a disk writes as a whole.
  static let sector = 512

  let number: UInt64
  let isFolder: Bool
  var owner: UInt32
  /// The number of its present names.
  var names = 0
  /// The present content of a file, and the content on the disk.
  private(set) var bytes: [UInt8] = []
  private(set) var durable: [UInt8] = []
  /// The changes between both, in their order.
  private(set) var pending: [Change] = []
  /// Whether the disk has stated that all bytes are on it.
  private(set) var isAcknowledged = false
  /// The present names in a folder, and the names on the disk.
  var entries: [String: SimulatedNode] = [:]
  var durableEntries: [String: SimulatedNode] = [:]
  /// The open file that has the lock.
  weak var lock: SimulatedFile?

  init(_ number: UInt64, isFolder: Bool, owner: UInt32) {
    (self.number, self.isFolder, self.owner) = (number, isFolder, owner)
  }

  /// The number of bytes that a write would add.
  func growth(offset: Int, count: Int) -> Int { max(0, offset + count - bytes.count) }

  func write(_ new: [UInt8], at offset: Int) {
    guard !new.isEmpty else { return }
    isAcknowledged = false
    Self.write(new[...], at: offset, to: &bytes)
    pending.append(.write(offset: offset, bytes: new))
  }

  func truncate(to size: Int) {
    guard size != bytes.count else { return }
    isAcknowledged = false
    Self.resize(&bytes, to: size)
    pending.append(.truncate(size: size))
  }

  /// All bytes are on the disk now, or it lies.
  func sync(isTrue: Bool = true) {
    isAcknowledged = true
    guard isTrue, !pending.isEmpty else { return }
    durable = bytes
    pending = []
  }

  /// Changes a bit of the medium, which no program has written.
  func damage(at offset: Int, _ mask: UInt8) {
    bytes[offset] ^= mask
    if durable.indices.contains(offset) { durable[offset] ^= mask }
  }

  /// The present content is lost but for a random part of the changes since the synchronisation.
  ///
  /// Each sector has the content after some of the writes to it, in their order: the system writes
  /// whole pages. The size follows the journal of the file system: bytes after the end of a cut
  /// file are on the disk only if the cut is.
  ///
  /// - Parameters:
  ///   - chance: the chance of each change, in percent.
  ///   - random: the random numbers.
  func losePower(_ chance: UInt64, _ random: inout SplitMix64) {
    var result = durable
    var stopped = Set<Int>()
    var limit = Int.max
    for change in pending {
      switch change {
      case .truncate(let size):
        if size >= limit || random.next() % 100 >= chance {
          limit = min(limit, size)
        } else {
          Self.resize(&result, to: size)
        }
      case .write(let offset, let new):
        var position = offset
        while position < offset + new.count {
          let sector = position / Self.sector
          let end = min(offset + new.count, (sector + 1) * Self.sector)
          if !stopped.contains(sector), position < limit, random.next() % 100 < chance {
            Self.write(new[position - offset..<end - offset], at: position, to: &result)
          } else {
            stopped.insert(sector)
          }
          position = end
        }
      }
    }
    (bytes, durable, pending, isAcknowledged) = (result, result, [], true)
    entries = durableEntries
  }

  private static func resize(_ bytes: inout [UInt8], to size: Int) {
    if size < bytes.count {
      bytes.removeLast(bytes.count - size)
    } else {
      bytes += [UInt8](repeating: 0, count: size - bytes.count)
    }
  }

  private static func write(_ new: ArraySlice<UInt8>, at offset: Int, to bytes: inout [UInt8]) {
    if offset == bytes.count { return bytes += new }
    if offset + new.count > bytes.count { resize(&bytes, to: offset + new.count) }
    bytes.replaceSubrange(offset..<offset + new.count, with: new)
  }
}
