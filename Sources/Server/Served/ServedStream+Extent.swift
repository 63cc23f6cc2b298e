// SPDX-License-Identifier: Apache-2.0

import Archive
import CMAF
import HTTP
import Media
import Packaging
import Sharing
import Time

/// How far viewers may go back.
extension ServedStream {
  /// Segments that leave the reach of viewers before they are loaded.
  private static let margin: Int64 = 2

  /// What the archive has.
  private struct Archived: Sendable {
    var spans: [String: SegmentSpans] = [:]
    var events = ArchivedEvents()
  }

  /// The response with the media of the windows, without the archive.
  var windowExtent: PreparedResponse { extent(Archived(), isArchived: false) }

  /// Whether viewers may go back in an archive.
  var hasPast: Bool { hasTimedNumbers && options.archive != nil && options.dvr > .zero }

  /// Reads the extent of the archive; the answer comes on any thread.
  func pastExtent(answer: @escaping @Sendable (PreparedResponse) -> Void) {
    guard hasPast, let archive = options.archive else { return answer(windowExtent) }
    let segmentation = window.segmentation.video
    let oldest = PastAddress.number(at: oldestPast, segmentation).addingSaturated(Self.margin)
    let newest = PastAddress.number(at: SystemClock.wallTime, segmentation)
    let names = archive.renditions
    let top = renditions[0].name
    archive.read { [self] (result: Result<Archived, ArchiveFailure>) in
      switch result {
      case .success(let found): answer(extent(found, isArchived: true))
      case .failure(let failure): answer(.unavailable("the archive: \(failure)"))
      }
    } _: { reader throws(ArchiveFailure) in
      var found = Archived()
      for name in names {
        var spans = SegmentSpans()
        let known = try reader.spans(of: name, from: oldest) { number, start in
          PastAddress.isTime(start, of: number, segmentation)
        }
        for span in known { spans.append(span) }
        spans.removeAll(before: oldest)
        found.spans[name] = spans
      }
      found.events = try Self.events(reader, of: top, in: oldest...max(oldest, newest))
      return found
    }
  }

  /// The newest events of the archive in a span of segments.
  static func events(
    _ reader: ArchiveReader, of rendition: String, in numbers: ClosedRange<Int64>
  ) throws(ArchiveFailure) -> ArchivedEvents {
    var events = ArchivedEvents()
    let found = try reader.events(of: rendition, in: numbers, newest: TimedEvent.maximumPast)
    for event in found {
      events.add(id: event.message.id, time: event.time, data: event.message.data)
    }
    return events
  }

  private func extent(_ archived: Archived, isArchived: Bool) -> PreparedResponse {
    var all: [(name: String, spans: SegmentSpans)] = []
    for rendition in renditions where hasTimedNumbers {
      // Without its past a rendition would be offered for all times.
      guard !isArchived || archived.spans[rendition.name] != nil else { continue }
      var spans = archived.spans[rendition.name] ?? SegmentSpans()
      spans.append(rendition.window.snapshot.pastSegments(.min ..< .max))
      all.append((rendition.name, spans))
    }
    var events = archived.events
    events.add(window.snapshot.pastEvents + window.snapshot.events)
    let document = PastExtentDocument(
      segmentation: window.segmentation.video, names: names, renditions: all,
      events: events.events,
      isArchived: isArchived, isLive: !isRecorded)
    return PastExtentDocument.response(document.text(now: SystemClock.wallTime))
  }
}
