// SPDX-License-Identifier: Apache-2.0

extension Rule {
  static let partTargetPresent = Rule(
    "part-target-present", .must, draft + "§4.4.3.7",
    "A playlist with parts has EXT-X-PART-INF with a PART-TARGET above 0.")
  static let partHoldBack = Rule(
    "part-hold-back", .must, draft + "§4.4.3.8",
    "A playlist with parts has PART-HOLD-BACK of at least twice PART-TARGET.")
  static let partHoldBackThree = Rule(
    "part-hold-back-three", .should, draft + "§4.4.3.8",
    "PART-HOLD-BACK is at least three times PART-TARGET.")
  static let blockingOffered = Rule(
    "blocking-reload-offered", .must, draft + "Appendix B.1",
    "A playlist with parts has CAN-BLOCK-RELOAD=YES.")
  static let deltaOffered = Rule(
    "delta-offered", .should, draft + "Appendix B.1", "A playlist with parts has CAN-SKIP-UNTIL.")
  static let partAttributes = Rule(
    "part-attributes", .must, draft + "§4.4.4.9", "EXT-X-PART has URI and DURATION.")
  static let partWithinTarget = Rule(
    "part-within-target", .must, draft + "§4.4.4.9", "No part is longer than PART-TARGET.")
  static let partLongEnough = Rule(
    "part-85-percent", .must, draft + "§4.4.4.9",
    "A part lasts at least 85 % of PART-TARGET, except the last of a segment, independent ones, "
      + "gaps, and those before a gap.")
  static let partsSum = Rule(
    "parts-sum", .must, draft + "§4.4.4.9",
    "The durations of all parts of a segment add up to its EXTINF.")
  static let tagsBeforeParts = Rule(
    "tags-before-parts", .must, draft + "§4.4.4.9",
    "EXT-X-DISCONTINUITY, EXT-X-MAP, EXT-X-KEY and EXT-X-PROGRAM-DATE-TIME of a segment precede "
      + "its parts.")
  static let oldParts = Rule(
    "old-parts", .should, draft + "§6.2.2",
    "Parts further than three Target Durations from the end are not listed.")
  static let independentParts = Rule(
    "independent-parts", .should, draft + "§4.4.4.9",
    "Each segment with parts has one with INDEPENDENT=YES.")
  static let hintPresent = Rule(
    "hint-present", .must, draft + "§6.2.6",
    "A live playlist with parts has an EXT-X-PRELOAD-HINT of TYPE=PART.")
  static let hintOnce = Rule(
    "hint-once", .must, draft + "§4.4.5.3", "There is one EXT-X-PRELOAD-HINT of each TYPE.")
  static let hintNotAfterEnd = Rule(
    "hint-not-after-end", .must, draft + "§6.2.6",
    "A playlist with EXT-X-ENDLIST has no EXT-X-PRELOAD-HINT of a part.")
  static let reportsPresent = Rule(
    "reports-present", .must, draft + "Appendix B.1",
    "A playlist with parts has an EXT-X-RENDITION-REPORT for each other Media Playlist.")
  static let reportsTrue = Rule(
    "reports-true", .should, draft + "§4.4.5.4",
    "LAST-MSN of an EXT-X-RENDITION-REPORT is that of the other playlist, within one segment.")

  static let partRules = [
    partTargetPresent, partHoldBack, partHoldBackThree, blockingOffered, deltaOffered,
    partAttributes, partWithinTarget, partLongEnough, partsSum, tagsBeforeParts, oldParts,
    independentParts, hintPresent, hintOnce, hintNotAfterEnd, reportsPresent, reportsTrue,
  ]
}

extension Findings {
  /// Durations are printed with at least three digits.
  private static let slack = 0.0011

  /// Checks the parts of one Media Playlist.
  ///
  /// - Source: draft-pantos-hls-rfc8216bis-22 §4.4.3.7 to §4.4.5.3, Appendix B.1
  mutating func checkParts(_ playlist: MediaPlaylist, _ text: PlaylistText, _ place: Place) {
    let hasParts = playlist.listed.contains { !$0.parts.isEmpty }
    guard hasParts || playlist.isLowLatency else { return }
    let target = playlist.partTarget ?? 0
    check(.partTargetPresent, target > 0, place, seen: "no PART-TARGET above 0")
    checkControl(playlist, target, place)
    for line in text.tags("#EXT-X-PART") {
      let attributes = line.attributes
      check(
        .partAttributes,
        attributes?.has("URI") == true && attributes?.seconds("DURATION") != nil, place,
        seen: "#EXT-X-PART:\(line.value.prefix(80))")
    }
    for segment in playlist.listed where !segment.parts.isEmpty {
      checkParts(of: segment, target, place)
    }
    checkAge(playlist, target, place)
    checkHints(playlist, place)
  }

  private mutating func checkControl(
    _ playlist: MediaPlaylist, _ target: Double, _ place: Place
  ) {
    let holdBack = playlist.control?.partHoldBack ?? 0
    check(
      .partHoldBack, holdBack >= 2.0 * target, place, seen: "PART-HOLD-BACK=\(holdBack)",
      expected: "at least \(2 * target)")
    check(
      .partHoldBackThree, holdBack >= 3.0 * target - Self.slack, place,
      seen: "PART-HOLD-BACK=\(holdBack)", expected: "at least \(3 * target)")
    let control = playlist.control?.text ?? "no EXT-X-SERVER-CONTROL"
    check(.blockingOffered, playlist.control?.canBlockReload == true, place, seen: control)
    check(.deltaOffered, playlist.control?.canSkipUntil != nil, place, seen: control)
  }

  private mutating func checkParts(
    of segment: MediaPlaylist.Segment, _ target: Double, _ place: Place
  ) {
    for (index, part) in segment.parts.enumerated() {
      let name = "part \(index) of segment \(segment.number)"
      check(
        .partWithinTarget, part.duration <= target + Self.slack, place,
        seen: "\(name) lasts \(part.duration)", expected: "at most \(target)")
      let isLast = index == segment.parts.count - 1
      let isBeforeGap = !isLast && segment.parts[index + 1].isGap
      guard !isLast, !part.isIndependent, !part.isGap, !isBeforeGap else { continue }
      check(
        .partLongEnough, part.duration >= 0.85 * target - Self.slack, place,
        seen: "\(name) lasts \(part.duration)", expected: "at least \(0.85 * target)")
    }
    check(
      .tagsBeforeParts, segment.lateTags.isEmpty, place,
      seen: "\(segment.lateTags.joined(separator: ", ")) after a part of segment \(segment.number)")
    guard segment.uri != nil else { return }
    let sum = segment.partSum
    check(
      .partsSum, abs(sum - segment.duration) <= 0.02, place,
      seen: "the parts of segment \(segment.number) last \(sum)", expected: "\(segment.duration)")
    check(
      .independentParts, segment.isGap || segment.parts.contains { $0.isIndependent || $0.isGap },
      place, seen: "no INDEPENDENT=YES in segment \(segment.number)")
  }

  /// Checks that old segments have no parts.
  private mutating func checkAge(_ playlist: MediaPlaylist, _ part: Double, _ place: Place) {
    guard let target = playlist.targetDuration else { return }
    var distance = playlist.open?.duration ?? 0
    for segment in playlist.segments.reversed() {
      check(
        .oldParts, segment.parts.isEmpty || distance <= 3.0 * target + part, place,
        seen: "parts of segment \(segment.number), \(distance) s from the end",
        expected: "at most \(3 * target) s")
      distance += segment.duration
    }
  }

  private mutating func checkHints(_ playlist: MediaPlaylist, _ place: Place) {
    let count = playlist.hints.count { $0.type == "PART" }
    guard !playlist.hasEnded else {
      check(.hintNotAfterEnd, count == 0, place, seen: "EXT-X-PRELOAD-HINT and EXT-X-ENDLIST")
      return
    }
    check(.hintPresent, count > 0, place, seen: "no EXT-X-PRELOAD-HINT of TYPE=PART")
    let types = playlist.hints.map(\.type)
    check(
      .hintOnce, Set(types).count == types.count, place,
      seen: "\(types.count) hints of \(Set(types).count) types")
  }

  /// Checks the Rendition Reports of a playlist.
  ///
  /// - Parameters:
  ///   - playlist: the playlist.
  ///   - others: the other Media Playlists of the stream, by their addresses.
  ///   - place: where the playlist was seen.
  ///   - resolve: the absolute address of an URI in the playlist.
  mutating func checkReports(
    _ playlist: MediaPlaylist, _ others: [String: MediaPlaylist], _ place: Place,
    _ resolve: (String) -> String
  ) {
    guard playlist.isLowLatency, !playlist.hasEnded else { return }
    var reports: [Substring: MediaPlaylist.Report] = [:]
    for report in playlist.reports { reports[resolve(report.uri).prefix { $0 != "?" }] = report }
    for (url, other) in others {
      let report = reports[url.prefix { $0 != "?" }]
      check(
        .reportsPresent, report != nil, place, seen: "no EXT-X-RENDITION-REPORT for \(url)")
      guard let last = report?.lastSegment else { continue }
      let newest = other.nextPart.segment
      check(
        .reportsTrue, abs(last.subtractingReportingOverflow(newest).partialValue) <= 2, place,
        seen: "LAST-MSN=\(last) for \(url)", expected: "about \(newest)")
    }
  }
}
