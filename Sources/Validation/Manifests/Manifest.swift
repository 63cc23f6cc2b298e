// SPDX-License-Identifier: Apache-2.0

import Checked
import Media
import Time
package import XML

/// A live MPD as values: pure.
///
/// A malformed value is nil; ``manifestRules`` report it.
///
/// - Source: ISO/IEC 23009-1 §5.3
package struct Manifest: Sendable, Equatable {
  /// One Representation, with inherited values.
  struct Track: Sendable, Equatable {
    let period: String
    /// The start of the Period after availabilityStartTime, in seconds.
    let periodStart: Double
    let id: String
    let mimeType: String
    let bandwidth: Int64?
    let codecs: String?
    /// The SegmentTemplate that applies; nil without one.
    let template: Template?
    /// The absolute or relative base of its addresses.
    let base: String
  }

  /// A SegmentTemplate.
  struct Template: Sendable, Equatable {
    let media: String?
    let initialization: String?
    let timescale: Int64
    /// Ticks; nil with a SegmentTimeline.
    let duration: Int64?
    let startNumber: Int64
    let presentationTimeOffset: Int64
    /// Seconds; nil if it is not stated.
    let availabilityTimeOffset: Double?
    let isCompleteAtOnce: Bool
    /// Start and duration of each segment, in ticks; nil without a SegmentTimeline.
    let timeline: [(start: Int64, duration: Int64)]?
    /// The number of the first segment of ``timeline``.
    let timelineNumber: Int64

    static func == (first: Template, second: Template) -> Bool {
      first.media == second.media && first.duration == second.duration
        && first.startNumber == second.startNumber
        && first.timeline?.count == second.timeline?.count
    }
  }

  let root: XMLElement
  var isDynamic: Bool { root["type"] == "dynamic" }
  /// Seconds since 1970.
  let availabilityStart, publishTime: Double?
  /// Seconds.
  let updatePeriod, timeShiftDepth: Double?
  /// The end of the last Period after availabilityStartTime, in seconds; nil if it is not stated.
  private(set) var end: Double?
  private(set) var tracks: [Track] = []
  /// The unread parts, in words.
  private(set) var unread: [String] = []
  /// The segments that timelines of further Representations may have.
  private var remainingSegments = Self.maximumSegments

  /// The most Representations that are read.
  private static let maximumTracks = 1000
  /// The most segments of all timelines together: Representations may share one.
  private static let maximumSegments = 1_000_000
  /// The most bytes of an address.
  fileprivate static let longestAddress = 8192

  /// Reads an MPD.
  ///
  /// - Parameters:
  ///   - text: the document.
  ///   - now: when it was received, in seconds since 1970: the end of timelines that repeat.
  /// - Throws: the fault of the document.
  package init(_ text: String, now: Double? = nil) throws(XMLFault) {
    root = try Self.document(text)
    availabilityStart = root["availabilityStartTime"].flatMap { Self.date($0) }
    publishTime = root["publishTime"].flatMap { Self.date($0) }
    updatePeriod = root["minimumUpdatePeriod"].flatMap { Self.duration($0) }
    timeShiftDepth = root["timeShiftBufferDepth"].flatMap { Self.duration($0) }
    var start = 0.0
    let periods = root.all("Period")
    for (index, period) in periods.enumerated() {
      start = period["start"].flatMap { Self.duration($0) } ?? start
      let following = periods.dropFirst(index + 1).first?["start"].flatMap { Self.duration($0) }
      let length =
        period["duration"].flatMap { Self.duration($0) } ?? following.map { $0 - start }
        ?? root["mediaPresentationDuration"].flatMap { Self.duration($0) }.map { $0 - start }
      end = length.map { start + $0 }
      var live: Double?
      if isDynamic, let now, let availabilityStart { live = now - availabilityStart - start }
      for set in period.all("AdaptationSet") {
        for representation in set.all("Representation") {
          add(representation, set, period, start, TimelineEnd(period: length, live: live))
        }
      }
      if let length = period["duration"].flatMap({ Self.duration($0) }) { start += length }
    }
  }

  /// The bounds of an MPD.
  static let limits = XMLLimits(
    bytes: 16 << 20, depth: 32, elements: 100_000, attributes: 500_000)

  /// Reads an MPD as XML.
  ///
  /// - Throws: the fault of the document.
  static func document(_ text: String) throws(XMLFault) -> XMLElement {
    let root = try XMLDocument(Array(text.utf8), limits).root
    guard root.name == "MPD" else { throw XMLFault("the root is \(XMLFault.excerpt(root.name))") }
    return root
  }

  private mutating func add(
    _ representation: XMLElement, _ set: XMLElement, _ period: XMLElement, _ start: Double,
    _ end: TimelineEnd
  ) {
    guard tracks.count < Self.maximumTracks else {
      return note("Representations after the first \(Self.maximumTracks)")
    }
    let chain = [period, set, representation]
    let templates = chain.compactMap { $0.first("SegmentTemplate") }
    var bases = ([root] + chain).compactMap { $0.first("BaseURL")?.text }
    if bases.contains(where: { $0.utf8.count > Self.longestAddress }) {
      note("a BaseURL of more than \(Self.longestAddress) bytes")
      bases = []
    }
    let template =
      templates.isEmpty ? nil : Template(templates, end, maximumSegments: remainingSegments)
    // bounded: a timeline has at most the remaining segments
    remainingSegments -= template?.timeline?.count ?? 0
    if remainingSegments == 0 {
      note("segments after the first \(Self.maximumSegments) of all timelines")
    }
    func stated(_ name: String) -> String? { representation[name] ?? set[name] }
    tracks.append(
      Track(
        period: period["id"] ?? "", periodStart: start, id: representation["id"] ?? "",
        mimeType: stated("mimeType") ?? "",
        bandwidth: representation["bandwidth"].flatMap { Int64($0) },
        codecs: stated("codecs"),
        template: template, base: bases.joined(separator: "\n")))
  }

  /// Notes an unread part, once.
  private mutating func note(_ text: String) {
    if !unread.contains(text) { unread.append(text) }
  }

  /// A duration such as `PT1H2M3.5S` or `P1DT2S`, in seconds; a year has 365 days, a month 30.
  static func duration(_ text: String) -> Double? {
    guard text.hasPrefix("P"), text.last?.isNumber == false, text.last != "T", text.count > 2
    else { return nil }
    let halves = text.dropFirst().split(separator: "T", omittingEmptySubsequences: false)
    guard
      halves.count <= 2,
      let days = halves[0].wholeMatch(of: #/(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,6})D)?/#),
      let time = (halves.count > 1 ? halves[1] : "").wholeMatch(
        of: #/(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12}(?:\.\d{1,12})?)S)?/#)
    else { return nil }
    func number(_ text: Substring?) -> Double { text.flatMap { Double($0) } ?? 0 }
    let count = number(days.1) * 365.0 + number(days.2) * 30.0 + number(days.3)
    return count * 86_400.0 + number(time.1) * 3600.0 + number(time.2) * 60.0 + number(time.3)
  }

  private static func date(_ text: String) -> Double? {
    InstantText.date(text).map { Double($0.milliseconds) / 1000 }
  }
}

extension Manifest.Template {
  /// The template that a Representation has, from that of its Period to its own, with at most
  /// `maximumSegments` segments of a timeline.
  init(_ chain: [XMLElement], _ end: TimelineEnd, maximumSegments: Int) {
    func value(_ name: String) -> String? { chain.reversed().compactMap { $0[name] }.first }
    func integer(_ name: String) -> Int64? {
      value(name).flatMap { Int64($0) }.flatMap { (0...1 << 60).contains($0) ? $0 : nil }
    }
    media = value("media")
    initialization = value("initialization")
    timescale = max(1, integer("timescale") ?? 1)
    duration = integer("duration")
    startNumber = integer("startNumber") ?? 1
    presentationTimeOffset = integer("presentationTimeOffset") ?? 0
    availabilityTimeOffset = value("availabilityTimeOffset").flatMap { Double($0) }
    isCompleteAtOnce = value("availabilityTimeComplete") != "false"
    let element = chain.reversed().compactMap { $0.first("SegmentTimeline") }.first
    let (scale, offset, early) = (timescale, presentationTimeOffset, availabilityTimeOffset ?? 0)
    let segments = element.map {
      TimelineSegments(
        $0, end, timescale: scale, presentationTimeOffset: offset, availabilityTimeOffset: early,
        maximum: maximumSegments)
    }
    timeline = segments?.list
    timelineNumber = startNumber.addingReportingOverflow(segments?.skipped ?? 0).partialValue
  }

  /// The duration of a segment with a constant one, in seconds.
  var seconds: Double? { duration.map { Double($0) / Double(timescale) } }

  /// The duration of the newest segment, in seconds; nil if it is not stated.
  var newestSeconds: Double? {
    seconds ?? timeline?.last.map { Double($0.duration) / Double(timescale) }
  }

  /// The address of a segment of a Representation, cut after
  /// about ``Manifest/longestAddress`` bytes.
  ///
  /// - Source: ISO/IEC 23009-1 §5.3.9.4.4
  func uri(_ pattern: String, id: String, bandwidth: Int64?, number: Int64, time: Int64) -> String {
    var result = ""
    var parts = pattern.split(separator: "$", omittingEmptySubsequences: false)[...]
    let id = id.utf8.count > Manifest.longestAddress ? "" : id
    while result.utf8.count <= Manifest.longestAddress, let text = parts.popFirst() {
      result += text
      guard let identifier = parts.popFirst() else { break }
      let name = identifier.prefix { $0 != "%" }
      let width = identifier.dropFirst(name.count).filter(\.isNumber)
      switch name {
      case "": result += "$"
      case "RepresentationID": result += id
      case "Bandwidth": result += "\(bandwidth ?? 0)"
      case "Number": result += Self.padded(number, width)
      case "Time": result += Self.padded(time, width)
      default: result += "$\(identifier)$"
      }
    }
    return result
  }

  private static func padded(_ number: Int64, _ width: String) -> String {
    Checked.padded("\(number)", to: min(20, Int(width) ?? 0))
  }
}
