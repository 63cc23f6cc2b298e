// SPDX-License-Identifier: Apache-2.0

/// The watched descriptors of a loop.
///
/// The kernel returns the tag of a descriptor with each event. A descriptor that was closed and
/// opened again has another tag: events of the former one are dropped.
struct DescriptorTable {
  private struct Entry {
    var generation: UInt32 = 0
    var handler: (any DescriptorHandler)?
  }

  /// Indexed by the descriptor.
  private var entries: [Entry] = []
  private var generation: UInt32 = 0

  /// The handlers of the watched descriptors.
  var handlers: [any DescriptorHandler] { entries.compactMap(\.handler) }

  /// Adds a descriptor, which gets another tag than before.
  mutating func add(_ descriptor: Int32, _ handler: any DescriptorHandler) {
    let index = Int(descriptor)
    if index >= entries.count {
      entries.append(contentsOf: repeatElement(Entry(), count: index + 1 - entries.count))
    }
    // bounded: a generation may wrap
    generation &+= 1
    entries[index] = Entry(generation: generation, handler: handler)
  }

  /// Removes a descriptor that was added.
  mutating func remove(_ descriptor: Int32) { entries[Int(descriptor)].handler = nil }

  /// The tag of a descriptor that was added.
  func tag(_ descriptor: Int32) -> UInt64 {
    UInt64(entries[Int(descriptor)].generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
  }

  /// The handler of the descriptor with this tag; nil if it is no longer watched.
  func handler(_ tag: UInt64) -> (any DescriptorHandler)? {
    let descriptor = Int(UInt32(truncatingIfNeeded: tag))
    guard descriptor < entries.count, entries[descriptor].generation == UInt32(tag >> 32) else {
      return nil
    }
    return entries[descriptor].handler
  }
}
