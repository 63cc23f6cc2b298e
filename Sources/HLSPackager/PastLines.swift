// SPDX-License-Identifier: Apache-2.0

package import Media
package import Packaging
import Time

/// The lines of the segments of a playlist before its live part; only appended to.
///
/// EXT-X-PROGRAM-DATE-TIME is at the first segment, at Discontinuities and once per hour; between
/// them the durations give the time (RFC 8216bis §4.4.4.6). Up to a Discontinuity all dates follow
/// from the first one: hls.js compares the date of the first audio segment with that of a video
/// segment in the middle, and would shift the audio by the drift of a source's clock.
package struct PastLines: Sendable {
  private let names: MediaNames
  private let base: String
  private var keys: KeyTags
  private let timescale: Int64
  /// Whether numbers that give no times may jump: after a restart.
  private let mayJump: Bool
  private var out: PlaylistText
  /// A gap whose length differs more than this from its nominal duration is followed by a date.
  private static let tolerance = Interval.milliseconds(100)
  /// The date after the last segment, as the lines give it; nil without a segment.
  private(set) var clock: WallTime?
  /// The last printed date.
  private var lastDate = WallTime.origin
  private var followsGap = false

  /// The number of the first segment.
  package let first: Int64
  /// The number of the next segment.
  package private(set) var next: Int64
  /// The number of Discontinuities in the lines.
  package private(set) var discontinuities: Int64 = 0

  /// The number of segments.
  package var count: Int { Int(clamping: next - first) }  // bounded: numbers of segments

  /// The URI of the CMAF header of the last segment; nil without a segment.
  var map: String? { out.map }
  /// The EXT-X-KEY lines of the last segment; empty if it is clear.
  var lastKeys: [String] { out.keys }

  /// No lines; `base` is the prefix of each name.
  package init(
    from first: Int64, names: MediaNames, base: String, _ segmentation: TrackSegmentation
  ) {
    self.names = names
    self.base = base
    keys = KeyTags(names, base: base)
    timescale = Int64(segmentation.timescale)
    mayJump = segmentation.hasVariableDuration
    out = PlaylistText()
    self.first = first
    next = first
  }

  /// Adds the next segment; others are ignored.
  package mutating func append(_ segment: PastSegment) {
    guard segment.number == next || mayJump && segment.number > next else { return }
    next = segment.number.addingSaturated(1)
    if segment.startsDiscontinuity { discontinuities += 1 }
    let date = date(of: segment)
    out.segmentHead(
      of: date,
      discontinuity: segment.startsDiscontinuity,
      map: base + names.name(ofHeader: segment.headerHash), keys: keys.lines(of: segment))
    if segment.isGap { out.line("#EXT-X-GAP") }
    out.line("#EXTINF:\(PlaylistText.seconds(segment.duration, timescale)),")
    out.line(base + names.name(ofSegment: segment.number))
    if let date { lastDate = date }
    clock = (date ?? clock).map { $0 + Interval(ticks: segment.duration, timescale: timescale) }
    followsGap = segment.isGap
  }

  /// The lines since the last call.
  package mutating func takeText() -> String { out.take() }

  /// The date of a segment; nil if it has none.
  private func date(of segment: PastSegment) -> WallTime? {
    guard let clock, !segment.startsDiscontinuity else { return segment.programDateTime }
    if followsGap, !segment.isGap, (segment.programDateTime - clock).magnitude > Self.tolerance {
      return segment.programDateTime
    }
    return Self.hour(clock) != Self.hour(lastDate) ? clock : nil
  }

  private static func hour(_ time: WallTime) -> Int64 { time.milliseconds / 3_600_000 }
}
