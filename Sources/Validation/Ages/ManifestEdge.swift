// SPDX-License-Identifier: Apache-2.0

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
    guard let mpd = Self.tag("MPD", in: text[...]),
      let anchor = mpd["availabilityStartTime"].flatMap({ ISODate.time($0) }),
      let periodStart = text.ranges(of: "<Period ").last
    else { return nil }
    let period = text[periodStart.lowerBound...]
    guard let template = Self.tag("SegmentTemplate", in: period),
      let representation = Self.tag("Representation", in: period),
      let identifier = representation["id"], let media = template["media"],
      let ticks = template["duration"].flatMap({ Int64($0) }),
      let scale = template["timescale"].flatMap({ Int64($0) }), ticks > 0, scale > 0,
      scale <= 1_000_000_000
    else { return nil }
    duration = Interval(ticks: ticks, timescale: scale)
    guard duration >= .milliseconds(10) else { return nil }
    let offset = Self.tag("Period", in: period)?["start"].flatMap { Self.duration($0) } ?? .zero
    start = anchor + offset
    guard let number = Int64(template["startNumber"] ?? "1"), (0...1 << 52).contains(number) else {
      return nil
    }
    firstNumber = number
    self.media = media.replacing("$RepresentationID$", with: identifier)
    initialization = template["initialization"]?
      .replacing("$RepresentationID$", with: identifier)
    if let open = text.firstRange(of: "<BaseURL>"), let close = text.firstRange(of: "</BaseURL>"),
      open.upperBound <= close.lowerBound
    {
      base = String(text[open.upperBound..<close.lowerBound])
    } else {
      base = ""
    }
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

  /// The attributes of the first element with this name.
  private static func tag(_ name: String, in text: Substring) -> [String: String]? {
    guard let start = text.firstRange(of: "<\(name) ") else { return nil }
    var found: [String: String] = [:]
    var rest = text[start.upperBound...].prefix { $0 != ">" }
    while let equals = rest.firstIndex(of: "=") {
      let key = rest[..<equals].split(whereSeparator: \.isWhitespace).last.map(String.init)
      let after = rest[rest.index(after: equals)...].dropFirst()
      let value = after.prefix { $0 != "\"" }
      if let key { found[key] = String(value) }
      rest = after[value.endIndex...].dropFirst()
    }
    return found
  }

  /// A duration such as `PT1H2M3.5S`.
  private static func duration(_ text: String) -> Interval? {
    guard
      let match = text.wholeMatch(
        of: #/PT(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12}(?:\.\d+)?)S)?/#)
    else { return nil }
    let hours = match.1.flatMap { Int64($0) } ?? 0
    let minutes = match.2.flatMap { Int64($0) } ?? 0
    let seconds = match.3.flatMap { Double($0) } ?? 0
    // bounded: at most twelve digits each
    return .seconds(hours * 3600 + minutes * 60) + .microseconds(Int64(seconds * 1e6))
  }
}
