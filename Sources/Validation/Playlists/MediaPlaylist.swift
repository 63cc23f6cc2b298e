// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// A Media Playlist as values: pure.
///
/// Malformed tags are left out; ``syntaxRules`` report them.
///
/// - Source: draft-pantos-hls-rfc8216bis-22 §4.4.3 to §4.4.5
package struct MediaPlaylist: Sendable, Equatable {
  /// A Partial Segment.
  struct Part: Sendable, Equatable {
    let uri: String
    /// Seconds.
    let duration: Double
    let isIndependent: Bool
    let isGap: Bool
    let range: ByteRange?
  }

  /// A header, with the range of its bytes.
  struct Map: Sendable, Equatable {
    let uri: String
    let range: ByteRange?
    /// Whether all its bytes are encrypted.
    let isEncrypted: Bool
  }

  /// A segment; the last one may be open.
  struct Segment: Sendable, Equatable {
    var number: Int64
    /// Nil while it is open.
    var uri: String?
    /// EXTINF in seconds; of an open one, the sum of its parts.
    var duration = 0.0
    var parts: [Part] = []
    /// EXT-X-PROGRAM-DATE-TIME, in seconds since 1970; nil without one.
    var date: Double?
    /// Whether its date and all its durations can be read, as far as they are stated.
    var isTimed = true
    var isDiscontinuity = false
    var isGap = false
    var map: Map?
    /// METHOD of the EXT-X-KEY that applies; nil without such a tag.
    var keyMethod: String?
    var range: ByteRange?
    /// Tags of the segment after its first part.
    var lateTags: [String] = []

    /// Whether all bytes of its media are encrypted, so that boxes cannot be read.
    ///
    /// - Source: draft-pantos-hls-rfc8216bis-22 §4.4.4.4
    var isEncrypted: Bool { MediaPlaylist.encryptsAll(keyMethod) }

    /// The sum of the parts, in seconds.
    var partSum: Double { parts.reduce(0) { $0 + $1.duration } }
  }

  /// The values of EXT-X-SERVER-CONTROL, in seconds.
  struct ServerControl: Sendable, Equatable {
    let canBlockReload: Bool
    let partHoldBack, holdBack, canSkipUntil: Double?
    /// The text of the tag.
    let text: String
  }

  /// An EXT-X-PRELOAD-HINT.
  struct Hint: Sendable, Equatable {
    let type, uri: String
    /// BYTERANGE-START and BYTERANGE-LENGTH; nil without both.
    let range: ByteRange?
  }

  /// An EXT-X-RENDITION-REPORT.
  struct Report: Sendable, Equatable {
    let uri: String
    let lastSegment, lastPart: Int64?
  }

  private(set) var version: Int?
  private(set) var targetDuration: Double?
  private(set) var mediaSequence: Int64 = 0
  private(set) var discontinuitySequence: Int64 = 0
  private(set) var control: ServerControl?
  private(set) var partTarget: Double?
  /// Complete segments.
  private(set) var segments: [Segment] = []
  /// The segment of the parts at the end; nil without such parts.
  private(set) var open: Segment?
  private(set) var hints: [Hint] = []
  private(set) var reports: [Report] = []
  /// SKIPPED-SEGMENTS of a Playlist Delta Update; nil in a full playlist.
  private(set) var skipped: Int64?
  private(set) var hasEnded = false
  private(set) var type: String?
  /// The newest EXT-X-MAP.
  private(set) var map: Map?
  private var keyMethod: String?
  /// EXTINF tags without an URI, and URIs without EXTINF.
  private(set) var strays: [String] = []

  /// Reads a playlist.
  package init(_ text: PlaylistText) {
    var next = Segment(number: 0)
    var rangeText: String?
    var hasDuration = false
    for line in text.lines {
      let value = line.value
      switch line.tag {
      case nil:
        if !hasDuration { strays.append(String(value)) }
        next.uri = String(value)
        next.range = rangeText.take().flatMap { text in
          ByteRange(
            text, next: segments.last.flatMap { $0.uri == next.uri ? $0.range?.end : nil })
        }
        (next.map, next.keyMethod) = (map, keyMethod)
        segments.append(next)
        next = Segment(number: 0)
        hasDuration = false
      case "#EXTINF":
        if hasDuration { strays.append("#EXTINF:\(value)") }
        let duration = Self.duration(value)
        (next.duration, hasDuration) = (duration ?? 0, true)
        next.isTimed = next.isTimed && duration != nil
      case "#EXT-X-PART":
        guard let attributes = line.attributes else { break }
        let uri = attributes["URI"] ?? ""
        let before = next.parts.last ?? segments.last?.parts.last
        let range = attributes["BYTERANGE"].flatMap {
          ByteRange($0, next: before.flatMap { $0.uri == uri ? $0.range?.end : nil } ?? 0)
        }
        let duration = attributes.seconds("DURATION")
        next.isTimed = next.isTimed && duration != nil
        next.parts.append(
          Part(
            uri: uri, duration: duration ?? 0,
            isIndependent: attributes.isYes("INDEPENDENT"), isGap: attributes.isYes("GAP"),
            range: range))
      case "#EXT-X-DISCONTINUITY", "#EXT-X-PROGRAM-DATE-TIME", "#EXT-X-MAP", "#EXT-X-KEY":
        if !next.parts.isEmpty { next.lateTags.append(line.tag ?? "") }
        take(line, &next)
      case "#EXT-X-GAP": next.isGap = true
      case "#EXT-X-BYTERANGE": rangeText = String(value)
      default: takeHead(line)
      }
    }
    number()
    if !next.parts.isEmpty {
      next.duration = next.partSum
      (next.map, next.keyMethod) = (map, keyMethod)
      next.number = nextNumber
      open = next
    }
    if hasDuration { strays.append("#EXTINF at the end") }
  }

  /// The media sequence number after the last complete segment.
  var nextNumber: Int64 {
    let count = Int64(segments.count).addingReportingOverflow(max(0, skipped ?? 0))
    let sum = mediaSequence.addingReportingOverflow(count.partialValue)
    return count.overflow || sum.overflow ? .max : sum.partialValue
  }

  /// Whether parts of Low-Latency HLS are listed.
  var isLowLatency: Bool { partTarget != nil }

  /// All segments with parts or bytes, the open one last.
  var listed: [Segment] { segments + (open.map { [$0] } ?? []) }

  /// The hint of the next part; nil without one.
  var hintedPart: Hint? { hints.first { $0.type == "PART" } }

  /// The number and the index of the next part.
  var nextPart: (segment: Int64, part: Int) { (nextNumber, open?.parts.count ?? 0) }

  /// Whether this playlist lists more than `other`.
  func isNewer(than other: MediaPlaylist) -> Bool { nextPart > other.nextPart }

  private mutating func take(_ line: PlaylistText.Line, _ next: inout Segment) {
    switch line.tag {
    case "#EXT-X-DISCONTINUITY": next.isDiscontinuity = true
    case "#EXT-X-PROGRAM-DATE-TIME":
      next.date = InstantText.date(line.value).map { Double($0.milliseconds) / 1000 }
      next.isTimed = next.isTimed && next.date != nil
    case "#EXT-X-MAP":
      map = line.attributes.flatMap { list in
        list["URI"].map {
          Map(
            uri: $0, range: list["BYTERANGE"].flatMap { ByteRange($0, next: 0) },
            isEncrypted: Self.encryptsAll(keyMethod))
        }
      }
    case "#EXT-X-KEY": keyMethod = line.attributes?["METHOD"]
    default: break
    }
  }

  /// Whether a METHOD encrypts segments as a whole; SAMPLE-AES leaves boxes readable.
  fileprivate static func encryptsAll(_ method: String?) -> Bool {
    method?.hasPrefix("AES-") ?? false
  }

  private mutating func takeHead(_ line: PlaylistText.Line) {
    let value = line.value
    switch line.tag {
    case "#EXT-X-VERSION": version = Int(value)
    case "#EXT-X-TARGETDURATION": targetDuration = AttributeList.seconds(value)
    case "#EXT-X-MEDIA-SEQUENCE": mediaSequence = AttributeList.integer(value) ?? 0
    case "#EXT-X-DISCONTINUITY-SEQUENCE": discontinuitySequence = AttributeList.integer(value) ?? 0
    case "#EXT-X-PLAYLIST-TYPE": type = String(value)
    case "#EXT-X-ENDLIST": hasEnded = true
    case "#EXT-X-PART-INF": partTarget = line.attributes?.seconds("PART-TARGET")
    case "#EXT-X-SERVER-CONTROL":
      guard let attributes = line.attributes else { return }
      control = ServerControl(
        canBlockReload: attributes.isYes("CAN-BLOCK-RELOAD"),
        partHoldBack: attributes.seconds("PART-HOLD-BACK"),
        holdBack: attributes.seconds("HOLD-BACK"),
        canSkipUntil: attributes.seconds("CAN-SKIP-UNTIL"), text: String(value))
    case "#EXT-X-SKIP":
      skipped = line.attributes?["SKIPPED-SEGMENTS"].flatMap { AttributeList.integer($0) }
    case "#EXT-X-PRELOAD-HINT":
      guard let attributes = line.attributes else { return }
      let start = attributes["BYTERANGE-START"].flatMap { AttributeList.integer($0) }
      let length = attributes["BYTERANGE-LENGTH"].flatMap { AttributeList.integer($0) }
        .flatMap { $0 > 0 ? $0 : nil }
      let isWhole = start == nil && length == nil
      hints.append(
        Hint(
          type: attributes["TYPE"] ?? "", uri: attributes["URI"] ?? "",
          range: isWhole ? nil : ByteRange(start: start ?? 0, length: length)))
    case "#EXT-X-RENDITION-REPORT":
      guard let attributes = line.attributes else { return }
      reports.append(
        Report(
          uri: attributes["URI"] ?? "",
          lastSegment: attributes["LAST-MSN"].flatMap { AttributeList.integer($0) },
          lastPart: attributes["LAST-PART"].flatMap { AttributeList.integer($0) }))
    default: break
    }
  }

  /// Gives the segments their numbers, which a skipped part of the list precedes.
  private mutating func number() {
    var number = mediaSequence.addingReportingOverflow(max(0, skipped ?? 0)).partialValue
    for index in segments.indices {
      segments[index].number = number
      number = number.addingReportingOverflow(1).partialValue
    }
  }

  /// The seconds of EXTINF, whose title follows a comma; nil if they are no number.
  static func duration(_ value: Substring) -> Double? {
    AttributeList.seconds(Substring(value.utf8.prefix { $0 != UInt8(ascii: ",") }))
  }
}

extension MediaPlaylist {
  /// The full playlist of a Playlist Delta Update and an earlier full playlist.
  ///
  /// - Returns: nil if the earlier one lacks a skipped segment.
  /// - Source: draft-pantos-hls-rfc8216bis-22 §6.3.7
  func merged(onto earlier: MediaPlaylist) -> MediaPlaylist? {
    guard let skipped, skipped > 0 else { return self }
    let end = mediaSequence.addingReportingOverflow(skipped).partialValue
    let kept = earlier.segments.filter { $0.number >= mediaSequence && $0.number < end }
    guard Int64(kept.count) == skipped else { return nil }
    var full = self
    // Header and key of the newest skipped segment apply until the next tags.
    func continued(_ segment: Segment) -> Segment {
      var segment = segment
      segment.map = segment.map ?? kept.last?.map
      segment.keyMethod = segment.keyMethod ?? kept.last?.keyMethod
      return segment
    }
    full.segments = kept + segments.map(continued)
    full.open = open.map(continued)
    full.skipped = nil
    return full
  }
}
