// SPDX-License-Identifier: Apache-2.0

import CMAF
import Sharing
import Time

extension ArchiveReader {
  /// The most segments whose events are kept.
  private static let maximumKept = 1000

  /// The newest events with JSON data of a rendition, in segments from number `first` on, in the
  /// order in which they were first carried; at most `count`.
  ///
  /// The events of a segment are read once and then kept in memory.
  package func events(
    of rendition: String, from first: Int64, newest count: Int
  ) throws(ArchiveFailure) -> [ArchivedEvent] {
    let last = max(first, first.addingSaturated(Self.maximumRows - 1))
    var found: [ArchivedEvent] = []
    for segment in try segments(first...last, of: rendition).reversed()
    where segment.row.hasEvents && found.count < count {
      found = try events(in: segment, of: rendition) + found
    }
    var known: Set<UInt32> = []
    return found.filter { known.insert($0.message.id).inserted }.suffix(count)
  }

  private func events(
    in segment: ArchivedSegment, of rendition: String
  ) throws(ArchiveFailure) -> [ArchivedEvent] {
    let key = "\(rendition)/\(segment.number)"
    if let known = events.withLock({ $0[key] }) { return known }
    var reader = BoxReader(try bytes(of: segment).array)
    var read: [ArchivedEvent] = []
    while let box = try? reader.next() {
      guard let message = try? EventMessage(box), message.scheme == .data else { continue }
      read.append(ArchivedEvent(message: message, time: segment.time(of: message)))
    }
    events.withLock { [read] events in
      if events.count >= Self.maximumKept { events = [:] }
      events[key] = read
    }
    return read
  }
}

extension ArchivedSegment {
  /// The wall clock of an event that a chunk of the segment carries.
  fileprivate func time(of message: EventMessage) -> WallTime {
    let event = Interval(ticks: message.time, timescale: Int64(message.timescale))
    return row.start
      + (event - Interval(ticks: row.decodeTime, timescale: Int64(max(1, timescale))))
  }
}
