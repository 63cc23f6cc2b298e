// SPDX-License-Identifier: Apache-2.0

import CMAF
import Sharing
import System
import Time

extension ArchiveReader {
  /// The most segments that one call reads from the disk.
  private static let maximumRead = 500
  /// The bytes that are read for the boxes before the media of a chunk.
  private static let window = 1024
  /// The largest `emsg` that is read.
  private static let largestBox = 16_384

  /// The newest events with JSON data of a rendition, in the order in which they were first
  /// carried.
  ///
  /// The events of a segment are read once, and then kept in memory. Segments that cannot be read
  /// are left out: retention may have removed them meanwhile.
  ///
  /// - Parameters:
  ///   - rendition: its name.
  ///   - numbers: of the segments.
  ///   - count: the most events.
  ///   - files: the most finished files that are read for them in this call.
  /// - Returns: the events.
  /// - Throws: ``ArchiveFailure`` if the archive is not read yet.
  package func events(
    of rendition: String, in numbers: ClosedRange<Int64>, newest count: Int,
    files: Int = ArchiveReader.maximumFiles
  ) throws(ArchiveFailure) -> [ArchivedEvent] {
    var (found, known): ([ArchivedEvent], Set<UInt32>) = ([], [])
    var left = Self.maximumRead
    for segment in try segmentsWithEvents(numbers, of: rendition, files: files)
      .reversed()
    {
      var events = events.withLock { $0[segment] }
      if events == nil {
        guard left > 0 else { break }
        left -= 1
        guard let read = try? self.events(in: segment) else { continue }
        self.events.withLock { $0.keep(read, of: segment) }
        events = read
      }
      // Repetitions are later than the first of their number.
      for event in (events ?? []).reversed() {
        if known.insert(event.message.id).inserted {
          found.append(event)
        } else if let index = found.firstIndex(where: { $0.message.id == event.message.id }) {
          found.append(found.remove(at: index))
        }
      }
      if found.count >= count { break }
    }
    return found.prefix(count).reversed()
  }

  /// Reads the boxes before the media of each chunk.
  private func events(in segment: ArchivedSegment) throws -> [ArchivedEvent] {
    let held = try file(of: segment)
    defer { withExtendedLifetime(held) {} }
    let file = held.file
    var found: [ArchivedEvent] = []
    var position = 0
    while position < segment.row.size {
      // bounded: positions in the file
      let left = segment.row.size - position
      let bytes = try file.read(at: segment.row.offset + position, count: min(left, Self.window))
      var offset = 0
      while let head = try BoxHead(bytes, at: offset, end: bytes.count), let size = head.size,
        size <= left - offset
      {
        if head.type == "emsg", size <= Self.largestBox {
          let box = try file.read(at: segment.row.offset + position + offset, count: size)
          var reader = BoxReader(box)
          if let fields = try reader.next(), let message = try EventMessage(fields),
            message.scheme == .data
          {
            found.append(ArchivedEvent(message: message, time: segment.time(of: message)))
          }
        }
        offset += size
        if offset > bytes.count { break }
      }
      guard offset > 0 else { break }
      position += offset
    }
    return found
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
