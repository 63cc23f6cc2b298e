// SPDX-License-Identifier: Apache-2.0

import ChunkStream

/// Orders that the process of a stream gets after its next message: pure.
///
/// They are wanted key frames, and the newest number that was listed without its media.
struct PendingOrders: Sendable {
  /// The most splices that wait; a process that sends nothing gets no more.
  private static let maximumSplices = 16

  private var renditions: Set<UInt8> = []
  private var splices: [Int64] = []
  private var reserved: Int64?

  /// Notes that a key frame of a rendition is wanted, by its index.
  mutating func add(rendition: Int) { renditions.insert(UInt8(clamping: rendition)) }

  /// Notes that key frames of all renditions are wanted at a frame.
  mutating func add(splice frame: Int64) {
    guard splices.count < Self.maximumSplices, !splices.contains(frame) else { return }
    splices.append(frame)
  }

  /// Notes that `number` was listed without media.
  mutating func reserve(_ number: Int64) { reserved = max(reserved ?? number, number) }

  /// The messages to the process; none is pending afterwards.
  mutating func takeOrders() -> [ParentMessage] {
    defer { self = PendingOrders() }
    return renditions.sorted().map { .key($0) } + splices.map { .splice($0) }
      + [reserved].compactMap(\.self).map { .reserve($0) }
  }
}
