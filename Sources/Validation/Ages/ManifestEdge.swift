// SPDX-License-Identifier: Apache-2.0

import Checked
import Media
package import Time

/// The numbering of segments in a live MPD with `SegmentTemplate` and a constant duration: pure.
///
/// - Source: ISO/IEC 23009-1 §5.3.9.4
package struct ManifestEdge: Sendable, Equatable {
  private let base: String
  private let media: String
  private let initialization: String?
  private let start: WallTime
  private let firstNumber: Int64
  /// The duration of a segment.
  package let duration: Interval

  /// Reads the last period of an MPD of this server.
  ///
  /// - Returns: nil if the text is not such an MPD.
  package init?(_ text: String) {
    guard let mpd = try? Manifest.document(text),
      let anchor = mpd["availabilityStartTime"].flatMap({ InstantText.date($0) }),
      let period = mpd.all("Period").last,
      let template = period.descendants.first(where: { $0.name == "SegmentTemplate" }),
      let representation = period.descendants.first(where: { $0.name == "Representation" }),
      let identifier = representation["id"], let media = template["media"],
      let ticks = template["duration"].flatMap({ Int64($0) }),
      let scale = template["timescale"].flatMap({ Int64($0) }), ticks > 0, scale > 0,
      scale <= 1_000_000_000
    else { return nil }
    duration = Interval(ticks: ticks, timescale: scale)
    guard duration >= .milliseconds(10) else { return nil }
    let offset = period["start"].flatMap { Manifest.duration($0) } ?? 0
    start = anchor + .microseconds(Int64(clamping: offset * 1e6))
    guard let number = Int64(template["startNumber"] ?? "1"), (0...1 << 52).contains(number) else {
      return nil
    }
    firstNumber = number
    self.media = media.replacing("$RepresentationID$", with: identifier)
    initialization = template["initialization"]?
      .replacing("$RepresentationID$", with: identifier)
    base = mpd.first("BaseURL")?.text ?? ""
  }

  /// The number of the segment that begins next.
  package func nextNumber(_ now: WallTime) -> Int64 {
    // bounded: a first number below 2^53, and segments of 10 ms or more since some year
    firstNumber + max(0, (now - start).count(of: duration)) + 1
  }

  /// The address of a segment, relative to the MPD.
  package func uri(of number: Int64) -> String {
    base + media.replacing("$Number$", with: "\(number)")
  }

  /// The address of the header of the track, relative to the MPD; nil if it has none.
  package var headerURI: String? { initialization.map { base + $0 } }
}
