// SPDX-License-Identifier: Apache-2.0

/// A run of sound as planar floats from -1 to 1: one array for each channel, all equally long.
package struct PCMBlock: Sendable, Hashable {
  /// The samples of each channel; at least one channel.
  package private(set) var planes: [[Float]]

  /// Sound of these channels; the shortest says how long it is.
  package init(planes: [[Float]]) {
    let count = planes.map(\.count).min() ?? 0
    self.planes = planes.isEmpty ? [[]] : planes.map { Array($0.prefix(count)) }
  }

  /// Silence.
  package static func silence(channels: Int, count: Int) -> PCMBlock {
    PCMBlock(
      planes: Array(repeating: Array(repeating: 0, count: max(0, count)), count: max(1, channels)))
  }

  /// Samples in each channel.
  package var count: Int { planes[0].count }
  /// How many channels there are.
  package var channels: Int { planes.count }
  /// Whether there are no samples.
  package var isEmpty: Bool { planes[0].isEmpty }

  /// Adds the samples of a block with as many channels behind these.
  mutating func append(_ other: PCMBlock) {
    for (channel, plane) in other.planes.enumerated() where channel < planes.count {
      planes[channel].append(contentsOf: plane)
    }
  }

  /// Takes the first `count` samples away and returns them.
  mutating func takeFirst(_ count: Int) -> PCMBlock {
    let taken = PCMBlock(planes: planes.map { Array($0.prefix(count)) })
    for channel in planes.indices { planes[channel].removeFirst(min(count, self.count(channel))) }
    return taken
  }

  private func count(_ channel: Int) -> Int { planes[channel].count }
}
