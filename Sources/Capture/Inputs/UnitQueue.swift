// SPDX-License-Identifier: Apache-2.0

package import Time

/// The units of a shared connection that wait for one of its streams: a pure queue with limits.
///
/// A stream that does not take its units in time loses them, and continues with the next key
/// frame: it delays no other stream.
package struct UnitQueue: Sendable {
  /// A unit, with the streams of the connection at its arrival.
  package struct Entry: Sendable {
    /// The unit.
    package let unit: InputUnit
    /// The streams of the connection.
    package let description: InputDescription
    /// The number of access units before it that were left out since they were too large.
    package let oversized: UInt64
    /// The number of packets before it that were lost or damaged on the way.
    package let lost: UInt64
    /// New notices about the connection for an operator.
    package let notices: [String]

    /// An entry.
    package init(
      _ unit: InputUnit, _ description: InputDescription, oversized: UInt64, lost: UInt64 = 0,
      notices: [String] = []
    ) {
      self.notices = notices
      self.lost = lost
      self.unit = unit
      self.description = description
      self.oversized = oversized
    }
  }

  /// The longest time from the oldest to the newest waiting unit, and the most bytes.
  package static let limits = (span: Interval.seconds(4), bytes: 64 << 20)

  private var entries: [Entry] = []
  private var first = 0
  private var byteCount = 0
  /// Whether units are dropped until a key frame arrives.
  private var needsKey = false
  /// The number of access units that were dropped.
  package private(set) var dropped: UInt64 = 0

  /// Adds a unit, or drops it.
  package mutating func push(_ entry: Entry) {
    if needsKey {
      guard case .video(let unit) = entry.unit, unit.isKey else { return drop(entry) }
      needsKey = false
    }
    entries.append(entry)
    byteCount += entry.unit.byteCount
    let span = entry.unit.arrival - entries[first].unit.arrival
    guard span > Self.limits.span || byteCount > Self.limits.bytes else { return }
    let old = entries[first...]
    (entries, first, byteCount) = ([], 0, 0)
    for entry in old { drop(entry) }
    needsKey = true
  }

  private mutating func drop(_ entry: Entry) {
    if case .video = entry.unit { dropped += 1 }
  }

  /// Removes the oldest unit; nil if none waits.
  package mutating func pop() -> Entry? {
    guard first < entries.count else { return nil }
    let entry = entries[first]
    first += 1
    byteCount -= entry.unit.byteCount
    if first == entries.count || first > 256 {
      entries.removeFirst(first)
      first = 0
    }
    return entry
  }
}

extension InputUnit {
  /// Its bytes.
  package var byteCount: Int {
    switch self {
    case .video(let unit): unit.byteCount
    case .audio(let packet): packet.bytes.count
    case .metadata(let packet): packet.bytes.count
    }
  }

  /// When it arrived.
  package var arrival: MonotonicTime {
    switch self {
    case .video(let unit): unit.arrival
    case .audio(let packet): packet.arrival
    case .metadata(let packet): packet.arrival
    }
  }
}
