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
    var events: [TimedEvent] = []
  }

  /// The response with the media of the windows, without the archive.
  var windowExtent: PreparedResponse { extent(Archived(), isArchived: false) }

  /// Whether viewers may go back in an archive.
  var hasPast: Bool { hasTimedNumbers && options.archive != nil && options.reach.isOpen }

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
      let events = try reader.events(
        of: top, in: oldest...max(oldest, newest), newest: TimedEvent.maximumPast)
      found.events = events.compactMap { event in
        let data = event.message.data
        // Another origin may have sent the segment.
        guard data.count <= TimedEvent.largestData, TimedEvent.isJSON(data) else { return nil }
        return TimedEvent(id: event.message.id, time: event.time, data: data)
      }
      return found
    }
  }

  /// The events whose times no order has removed.
  func withoutRemoved(_ events: [TimedEvent]) -> [TimedEvent] {
    guard let archive = options.archive, archive.hasRemovedSpans else { return events }
    return events.filter { !archive.hasRemoved($0.time..<$0.time + .nanoseconds(1)) }
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
    let known = withoutRemoved(window.snapshot.pastEvents + window.snapshot.events)
    let numbers = Set(known.map(\.id))
    let document = PastExtentDocument(
      segmentation: window.segmentation.video, names: names, renditions: all,
      events: withoutRemoved(archived.events.filter { !numbers.contains($0.id) }) + known,
      isArchived: isArchived, isLive: !isRecorded)
    return PastExtentDocument.response(document.text(now: SystemClock.wallTime))
  }
}
