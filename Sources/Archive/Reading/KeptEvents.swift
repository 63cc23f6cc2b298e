// SPDX-License-Identifier: Apache-2.0

/// The events of the archived segments that were read last: pure.
struct KeptEvents: Sendable {
  /// The most segments; the one that was read first is forgotten.
  private static let limit = 1000

  private var entries: [String: [ArchivedEvent]] = [:]
  private var order: [String] = []

  /// The events of a segment; nil if they are not kept.
  subscript(_ segment: ArchivedSegment) -> [ArchivedEvent]? { entries[Self.key(segment)] }

  /// Keeps the events of a segment.
  mutating func keep(_ events: [ArchivedEvent], of segment: ArchivedSegment) {
    let key = Self.key(segment)
    guard entries.updateValue(events, forKey: key) == nil else { return }
    order.append(key)
    guard order.count > Self.limit else { return }
    entries[order.removeFirst()] = nil
  }

  /// The place of the segment: another file may replace that of its number.
  private static func key(_ segment: ArchivedSegment) -> String {
    "\(segment.folder.path)/\(segment.name.path)/\(segment.row.offset)/\(segment.row.size)"
  }
}
