// SPDX-License-Identifier: Apache-2.0

import Sharing
import TestSupport
import Testing

/// A Media Playlist, parsed by the specification alone; unknown tags are errors.
/// - Source: RFC 8216bis §4
struct ParsedPlaylist: Sendable {
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  struct Part: Equatable, Sendable {
    let line: String
    let uri: String
    let microseconds: Int64
    let isIndependent: Bool
  }

  struct Segment: Equatable, Sendable {
    var number: Int64
    /// Tags before the first part, in order, without EXT-X-MAP.
    var head: [String] = []
    var parts: [Part] = []
    var isGap = false
    var extinf = ""
    var uri = ""

    var isEmpty: Bool { head.isEmpty && parts.isEmpty && !isGap && extinf.isEmpty }
    var startsDiscontinuity: Bool { head.contains("#EXT-X-DISCONTINUITY") }
    var programDateTime: String? {
      head.first { $0.hasPrefix("#EXT-X-PROGRAM-DATE-TIME:") }.map { String($0.dropFirst(25)) }
    }
    var microseconds: Int64 { ParsedPlaylist.microseconds(String(extinf.dropFirst(8).dropLast())) }
    /// Its lines without parts, as a playlist prints them that has removed those.
    var bareLines: [String] { head + (isGap ? ["#EXT-X-GAP"] : []) + [extinf, uri] }
  }

  /// The lines before the first EXT-X-MAP or segment, EXT-X-SKIP excluded.
  private(set) var header: [String] = []
  private(set) var tags: [String: String] = [:]
  private(set) var skip: String?
  /// The SKIPPED-SEGMENTS of `skip`.
  private(set) var skipped = 0
  private(set) var map: String?
  private(set) var segments: [Segment] = []
  /// The parts of the open segment, after the last complete segment.
  private(set) var open: Segment?
  private(set) var hints: [String] = []
  private(set) var isEnded = false
  /// The lines from the first segment that is not skipped on.
  private(set) var tail: [String] = []

  init(_ text: String) throws {
    guard text.hasSuffix("\n") else { throw Malformed(description: "no newline at the end") }
    let lines = text.byteLines.dropLast()
    guard lines.first == "#EXTM3U" else { throw Malformed(description: "#EXTM3U is not first") }
    var segment: Segment?
    for line in lines {
      if segment == nil, map == nil, isHeader(line) {
        header.append(line)
        try take(headerLine: line)
      } else if line.hasPrefix("#EXT-X-SKIP:") {
        guard skip == nil, map == nil, msn != nil else {
          throw Malformed(description: "misplaced \(line)")
        }
        skip = line
        let list = Self.attributes(String(line.dropFirst(12)))
        skipped = list?["SKIPPED-SEGMENTS"].flatMap { Int($0) } ?? 0
      } else if line.hasPrefix("#EXT-X-MAP:") {
        guard map == nil, segment == nil else { throw Malformed(description: "second \(line)") }
        map = line
      } else {
        var current = segment ?? Segment(number: nextNumber)
        tail.append(line)
        if try take(segmentLine: line, &current) {
          segments.append(current)
          segment = nil
        } else {
          segment = current.isEmpty ? nil : current
        }
      }
    }
    open = segment
  }

  var msn: Int64? { tags["MEDIA-SEQUENCE"].flatMap { Int64($0) } }
  var version: Int? { tags["VERSION"].flatMap { Int($0) } }
  var targetDuration: Int64? { tags["TARGETDURATION"].flatMap { Int64($0) } }
  var discontinuitySequence: Int64? { tags["DISCONTINUITY-SEQUENCE"].flatMap { Int64($0) } }
  var partTarget: Int64? { attributes("PART-INF")["PART-TARGET"].map(Self.microseconds) }
  /// The complete segments and, if it has parts, the open one.
  var all: [Segment] { segments + (open.map { [$0] } ?? []) }

  func attributes(_ tag: String) -> [String: String] {
    tags[tag].flatMap { Self.attributes($0) } ?? [:]
  }

  /// This delta update put into the full playlist `old`, as lines of a full playlist.
  func merged(into old: ParsedPlaylist) -> [String] {
    let first = msn ?? 0
    let kept = old.segments.filter { (first..<first + Int64(skipped)).contains($0.number) }
    let head = header.map { $0.hasPrefix("#EXT-X-VERSION:") ? "#EXT-X-VERSION:6" : $0 }
    return head + [map ?? ""] + kept.flatMap(\.bareLines) + tail
  }

  /// `1.5` or `1.500000` in units of a millionth.
  static func microseconds(_ text: String) -> Int64 {
    let halves = text.split(separator: ".")
    guard let whole = halves.first.flatMap({ Int64($0) }) else { return -1 }
    let fraction = halves.count > 1 ? String(halves[1]) : ""
    guard fraction.count <= 6 else { return -1 }
    let padded = fraction + String(repeating: "0", count: 6 - fraction.count)
    return whole * 1_000_000 + (Int64(padded) ?? -1)
  }

  /// An attribute list without commas in quotes; nil if an attribute is repeated or malformed.
  static func attributes(_ list: String) -> [String: String]? {
    var result: [String: String] = [:]
    for item in list.split(separator: ",", omittingEmptySubsequences: false) {
      guard let sign = item.firstIndex(of: "=") else { return nil }
      let name = String(item[..<sign])
      var value = item[item.index(after: sign)...]
      guard !name.isEmpty, name.allSatisfy({ $0.isUppercase || $0.isNumber || $0 == "-" }),
        !value.contains(where: \.isWhitespace), result[name] == nil
      else { return nil }
      if value.hasPrefix("\""), value.hasSuffix("\""), value.count >= 2 {
        value = value.dropFirst().dropLast()
      }
      result[name] = String(value)
    }
    return result
  }

  private var nextNumber: Int64 { (msn ?? 0) + Int64(skipped + segments.count) }

  private static let headerTags: Set<Substring> = [
    "#EXTM3U", "#EXT-X-VERSION", "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-TARGETDURATION",
    "#EXT-X-SERVER-CONTROL", "#EXT-X-PART-INF", "#EXT-X-MEDIA-SEQUENCE",
    "#EXT-X-DISCONTINUITY-SEQUENCE",
  ]

  private func isHeader(_ line: String) -> Bool {
    guard line.hasPrefix("#EXT") else { return line.hasPrefix("#") }
    return Self.headerTags.contains(line.prefix { $0 != ":" })
  }

  private mutating func take(headerLine line: String) throws {
    guard line.hasPrefix("#EXT-X-") else { return }
    let halves = line.dropFirst(7).split(separator: ":", maxSplits: 1)
    let name = String(halves[0])
    guard tags[name] == nil, skip == nil else { throw Malformed(description: "misplaced \(line)") }
    tags[name] = halves.count > 1 ? String(halves[1]) : ""
    if name == "SERVER-CONTROL" || name == "PART-INF" {
      guard Self.attributes(tags[name] ?? "") != nil else { throw Malformed(description: line) }
    }
  }

  /// Returns whether the line ends the segment.
  private mutating func take(segmentLine line: String, _ segment: inout Segment) throws -> Bool {
    let misplaced = Malformed(description: "misplaced \(line)")
    guard !isEnded else { throw misplaced }
    if line == "#EXT-X-DISCONTINUITY" || line.hasPrefix("#EXT-X-PROGRAM-DATE-TIME:") {
      guard segment.parts.isEmpty, segment.extinf.isEmpty, !segment.head.contains(line) else {
        throw misplaced
      }
      segment.head.append(line)
    } else if line.hasPrefix("#EXT-X-PART:") {
      guard segment.extinf.isEmpty, !segment.isGap else { throw misplaced }
      segment.parts.append(try Self.part(line))
    } else if line == "#EXT-X-GAP" {
      guard !segment.isGap, segment.extinf.isEmpty else { throw misplaced }
      segment.isGap = true
    } else if line.hasPrefix("#EXTINF:"), line.hasSuffix(",") {
      guard segment.extinf.isEmpty else { throw misplaced }
      segment.extinf = line
    } else if line.hasPrefix("#EXT-X-PRELOAD-HINT:") {
      hints.append(line)
    } else if line == "#EXT-X-ENDLIST" {
      isEnded = true
    } else if !line.hasPrefix("#"), !line.isEmpty, !segment.extinf.isEmpty, hints.isEmpty {
      segment.uri = line
      return true
    } else {
      throw Malformed(description: "unexpected \(line)")
    }
    return false
  }

  /// A part is in dozens of playlists, and is parsed once.
  private static let parts = Locked<[String: Part]>([:])

  private static func part(_ line: String) throws -> Part {
    if let part = parts.withLock({ $0[line] }) { return part }
    let part = try parsed(part: line)
    parts.withLock { $0[line] = part }
    return part
  }

  private static func parsed(part line: String) throws -> Part {
    guard let list = attributes(String(line.dropFirst(12))), let uri = list["URI"],
      let duration = list["DURATION"],
      Set(list.keys).isSubset(of: ["URI", "DURATION", "INDEPENDENT"]),
      ["YES", nil].contains(list["INDEPENDENT"])
    else { throw Malformed(description: line) }
    return Part(
      line: line, uri: uri, microseconds: microseconds(duration),
      isIndependent: list["INDEPENDENT"] == "YES")
  }
}
