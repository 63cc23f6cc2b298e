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
    let rate = segmentation.grid.rate
    let object: JSONObject = [
      "now": Self.json(now), "archive": isArchived, "live": isLive ? nil : false,
      "from": start(extent.lowerBound), "to": end(extent.upperBound),
      "frameRate": [rate.numerator, rate.denominator],
      "framesPerSegment": segmentation.framesPerSegment,
      "gaps": top.gaps.map { [start($0.lowerBound), end($0.upperBound)] },
      "events": events(in: extent, now), "renditions": renditions.map(object),
    ]
    return object.text + "\n"
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
    (["now": json(now), "archive": isArchived] as JSONObject).text + "\n"
  }

  private static func json(_ time: WallTime) -> RawJSON {
    RawJSON(Decimal.shortString(time.nanoseconds, digits: 9))
  }

  private func object(_ rendition: (name: String, spans: SegmentSpans)) -> JSONObject {
    let headers = rendition.spans.headers.map { first, hash -> JSONObject in
      ["from": RawJSON("\(names.printed(first))"), "header": hash]
    }
    return ["name": rendition.name, "headers": headers]
  }

  /// The events of the past; their data is checked JSON.
  private func events(in extent: ClosedRange<Int64>, _ now: WallTime) -> [JSONObject] {
    let first = WallTime(PastAddress.start(of: extent.lowerBound, segmentation), plus: .zero)
    return events.filter { (first...max(first, now)).contains($0.time) }.map { event in
      [
        "id": event.id, "time": Self.json(event.time),
        "data": RawJSON(String(decoding: event.data, as: UTF8.self)),
      ]
    }
  }

  private func start(_ number: Int64) -> RawJSON {
    RawJSON(
      Decimal.shortString(PastAddress.start(of: number, segmentation).nanoseconds, digits: 9))
  }

  private func end(_ number: Int64) -> RawJSON { start(number.addingSaturated(1)) }
}
