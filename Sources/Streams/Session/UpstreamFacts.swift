// SPDX-License-Identifier: Apache-2.0

import Time

/// The session of an upstream.
package struct UpstreamFacts: Sendable, Equatable, Codable {
  /// The range of delays.
  static let delays: ClosedRange<Interval> = .zero ... .seconds(120)

  /// The session of the first server.
  let identity: UInt64
  /// Its first segment, from which names may be counted.
  let firstSegment: Int64
  /// How long after its frame time a frame slot stays open.
  let inputDelay: Interval
  /// How long after its end an AAC frame may be published.
  let audioDelay: Interval
}
