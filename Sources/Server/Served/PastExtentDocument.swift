// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Media
import Packaging
import Sharing
import Time

/// `/S/dvr.json`: how far viewers may go back, and what is missing there.
///
/// Times are Unix seconds, as the numbers of the segments give them. Without media there is none of
/// the members after `archive`.
struct PastExtentDocument {
  let segmentation: Segmentation
  let names: MediaNames
  /// The segments of the renditions that viewers may have, the top rendition first.
  let renditions: [(name: String, spans: SegmentSpans)]
  /// The events of the stream.
  var events: [TimedEvent] = []
  /// Whether the past beyond the windows is available.
  let isArchived: Bool
  /// Whether the stream has a session.
  var isLive = true

  /// The JSON text at `now`.
  func text(now: WallTime) -> String {
    guard let top = renditions.first?.spans, let extent = top.extent else {
      return Self.text(now: now, isArchived: isArchived)
    }
    let gaps = top.gaps.map { "[\(start($0.lowerBound)),\(end($0.upperBound))]" }
    let rate = segmentation.grid.rate
    let state = isLive ? [] : [("live", "false")]
    let members =
      [("now", Self.text(now)), ("archive", "\(isArchived)")] + state + [
        ("from", start(extent.lowerBound)), ("to", end(extent.upperBound)),
        ("frameRate", "[\(rate.numerator),\(rate.denominator)]"),
        ("framesPerSegment", "\(segmentation.framesPerSegment)"),
        ("gaps", "[\(gaps.joined(separator: ","))]"),
        ("events", "[\(events(in: extent, now).joined(separator: ","))]"),
        ("renditions", "[\(renditions.map { Self.text($0, names) }.joined(separator: ","))]"),
      ]
    return "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}\n"
  }

  /// The response without media: a stream that has not started, or whose archive is empty.
  static func ofNothing(isArchived: Bool) -> PreparedResponse {
    response(text(now: SystemClock.wallTime, isArchived: isArchived))
  }

  /// The response with a text.
  static func response(_ text: String) -> PreparedResponse {
    .document(text, fields: ResponseFields.fields("application/json", .second))
  }

  private static func text(now: WallTime, isArchived: Bool) -> String {
    "{\"now\":\(text(now)),\"archive\":\(isArchived)}\n"
  }

  private static func text(_ time: WallTime) -> String {
    Decimal.shortString(time.nanoseconds, digits: 9)
  }

  private static func text(
    _ rendition: (name: String, spans: SegmentSpans), _ names: MediaNames
  ) -> String {
    let headers = rendition.spans.headers.map { first, hash in
      "{\"from\":\(names.printed(first)),\"header\":\(JSONText.quoted(hash))}"
    }
    return "{\"name\":\(JSONText.quoted(rendition.name)),"
      + "\"headers\":[\(headers.joined(separator: ","))]}"
  }

  /// The events of the past; their data is checked JSON.
  private func events(in extent: ClosedRange<Int64>, _ now: WallTime) -> [String] {
    let first = WallTime(PastAddress.start(of: extent.lowerBound, segmentation), plus: .zero)
    return events.filter { (first...max(first, now)).contains($0.time) }.map { event in
      "{\"id\":\(event.id),\"time\":\(Self.text(event.time)),"
        + "\"data\":\(String(decoding: event.data, as: UTF8.self))}"
    }
  }

  private func start(_ number: Int64) -> String {
    Decimal.shortString(PastAddress.start(of: number, segmentation).nanoseconds, digits: 9)
  }

  private func end(_ number: Int64) -> String { start(number.addingSaturated(1)) }
}
