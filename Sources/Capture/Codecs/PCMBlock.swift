// SPDX-License-Identifier: Apache-2.0

/// Audio samples as planar floats from −1 to 1: one array per channel, all of equal length.
package struct PCMBlock: Sendable, Hashable {
  /// The samples of each channel; at least one channel.
  package private(set) var planes: [[Float]]

  /// A block of these channels, cut to the shortest of them.
  package init(planes: [[Float]]) {
    let count = planes.map(\.count).min() ?? 0
    self.planes = planes.isEmpty ? [[]] : planes.map { Array($0.prefix(count)) }
  }

  /// Silence.
  package static func silence(channels: Int, count: Int) -> PCMBlock {
    PCMBlock(
      planes: Array(repeating: Array(repeating: 0, count: max(0, count)), count: max(1, channels)))
  }

  /// Samples per channel.
  package var count: Int { planes[0].count }
  /// The number of channels.
  package var channels: Int { planes.count }
  /// Whether the block has no samples.
  package var isEmpty: Bool { planes[0].isEmpty }

  /// Appends the samples of a block with as many channels.
  mutating func append(_ other: PCMBlock) {
    for (channel, plane) in other.planes.enumerated() where channel < planes.count {
      planes[channel].append(contentsOf: plane)
    }
  }

  /// The samples of `range`.
  func samples(_ range: Range<Int>) -> PCMBlock {
    let range = range.clamped(to: 0..<count)
    return PCMBlock(planes: planes.map { Array($0[range]) })
  }

  /// Removes the first `count` samples.
  mutating func removeFirst(_ count: Int) {
    for channel in planes.indices {
      planes[channel].removeFirst(max(0, min(count, planes[channel].count)))
    }
  }
}
