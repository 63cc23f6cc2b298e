// SPDX-License-Identifier: Apache-2.0

extension Rule {
  static let targetConstant = Rule(
    "target-duration-constant", .must, draft + "§4.4.3.1", "EXT-X-TARGETDURATION never changes.")
  static let partTargetConstant = Rule(
    "part-target-constant", .should, draft + "§4.4.3.7", "PART-TARGET never changes.")
  static let controlConstant = Rule(
    "server-control-constant", .should, draft + "§4.4.3.8",
    "The values of EXT-X-SERVER-CONTROL never change.")
  static let sequenceGrows = Rule(
    "media-sequence-grows", .must, draft + "§4.4.3.2", "EXT-X-MEDIA-SEQUENCE never falls.")
  static let segmentUnchanged = Rule(
    "segment-unchanged", .must, draft + "§6.2.1",
    "A media sequence number keeps its URI, EXTINF, header, date and EXT-X-DISCONTINUITY.")
  static let partUnchanged = Rule(
    "part-unchanged", .must, draft + "§6.2.1", "A listed part keeps its URI and its attributes.")
  static let discontinuityCounts = Rule(
    "discontinuity-sequence-counts", .must, draft + "§6.2.2",
    "EXT-X-DISCONTINUITY-SEQUENCE rises by one for each EXT-X-DISCONTINUITY that is removed.")
  static let segmentsNotSkipped = Rule(
    "segments-appended", .must, draft + "§6.2.1",
    "The segments of a playlist follow the ones of the playlist before.")
  static let hintKept = Rule(
    "hint-kept", .should, draft + "§6.2.6", "The next part that is listed is the hinted one.")
  static let updatesInTime = Rule(
    "updates-in-time", .must, draft + "§6.2.1",
    "A new segment is listed within 1.5 Target Durations after the one before.")
  static let notOlder = Rule(
    "reload-not-older", .should, draft + "§6.2.1",
    "A later response does not list less than an earlier one.")
  static let endStays = Rule(
    "end-stays", .must, draft + "§6.2.1", "EXT-X-ENDLIST is never removed.")
  static let gapNeeded = Rule(
    "gap-needed", .must, draft + "§4.4.4.7",
    "A segment whose parts were listed with media has no EXT-X-GAP.")

  static let updateRules = [
    targetConstant, partTargetConstant, controlConstant, sequenceGrows, segmentUnchanged,
    partUnchanged, discontinuityCounts, segmentsNotSkipped, hintKept, updatesInTime, notOlder,
    endStays, gapNeeded,
  ]
}

extension Findings {
  /// Checks a full playlist against the one before it.
  ///
  /// - Source: draft-pantos-hls-rfc8216bis-22 §6.2.1, §6.2.2
  mutating func checkUpdate(
    from old: MediaPlaylist, to new: MediaPlaylist, _ place: Place
  ) {
    check(
      .targetConstant, new.targetDuration == old.targetDuration, place,
      seen: "\(new.targetDuration ?? 0) after \(old.targetDuration ?? 0)")
    if old.isLowLatency {
      check(
        .partTargetConstant, new.partTarget == old.partTarget, place,
        seen: "\(new.partTarget ?? 0) after \(old.partTarget ?? 0)")
    }
    if old.control != nil {
      check(
        .controlConstant, new.control?.text == old.control?.text, place,
        seen: "\(new.control?.text ?? "no tag") after \(old.control?.text ?? "")")
    }
    check(
      .sequenceGrows, new.mediaSequence >= old.mediaSequence, place,
      seen: "\(new.mediaSequence) after \(old.mediaSequence)")
    check(
      .notOlder, new.nextPart >= old.nextPart, place,
      seen: "up to \(new.nextPart) after \(old.nextPart)")
    check(
      .segmentsNotSkipped, new.mediaSequence <= old.nextNumber, place,
      seen: "the first segment is \(new.mediaSequence)", expected: "at most \(old.nextNumber)")
    checkSegments(old, new, place)
    checkDiscontinuities(old, new, place)
    checkHint(old, new, place)
  }

  private mutating func checkSegments(
    _ old: MediaPlaylist, _ new: MediaPlaylist, _ place: Place
  ) {
    let before = Dictionary(old.listed.map { ($0.number, $0) }) { first, _ in first }
    for segment in new.listed {
      guard let earlier = before[segment.number] else { continue }
      if let uri = earlier.uri {
        // Dates are optional; the tag before the first segment may be counted already.
        let isSame =
          segment.uri == uri && segment.duration == earlier.duration && segment.map == earlier.map
          && (segment.date ?? earlier.date) == (earlier.date ?? segment.date)
          && (segment.isDiscontinuity == earlier.isDiscontinuity
            || segment.number == new.mediaSequence)
        check(
          .segmentUnchanged, isSame, place,
          seen: "segment \(segment.number) is \(segment.summary)", expected: earlier.summary)
      }
      let common = min(segment.parts.count, earlier.parts.count)
      let hasParts = !segment.parts.isEmpty
      let isSame =
        !hasParts
        || common == earlier.parts.count
          && segment.parts.prefix(common).elementsEqual(earlier.parts)
      check(
        .partUnchanged, isSame, place, seen: "other parts of segment \(segment.number) than before")
      guard segment.isGap, !earlier.isGap else { continue }
      check(
        .gapNeeded, !earlier.parts.contains { !$0.isGap }, place,
        seen: "EXT-X-GAP at segment \(segment.number), whose parts had media")
    }
  }

  private mutating func checkDiscontinuities(
    _ old: MediaPlaylist, _ new: MediaPlaylist, _ place: Place
  ) {
    guard new.skipped == nil, old.skipped == nil, new.mediaSequence <= old.nextNumber else {
      return
    }
    let removed = old.segments.filter { $0.number < new.mediaSequence }
    // The tag before a segment that is still listed may stay there, or be counted already.
    let count = Int64(removed.count { $0.isDiscontinuity })
    let stays = old.listed.first { $0.number == new.mediaSequence }?.isDiscontinuity == true
    let isStill = new.listed.first?.isDiscontinuity == true
    let most = old.discontinuitySequence.addingReportingOverflow(count).partialValue
    let expected = stays && !isStill ? most.addingReportingOverflow(1).partialValue : most
    check(
      .discontinuityCounts, new.discontinuitySequence == expected, place,
      seen: "\(new.discontinuitySequence)", expected: "\(expected)")
  }

  private mutating func checkHint(
    _ old: MediaPlaylist, _ new: MediaPlaylist, _ place: Place
  ) {
    guard let hint = old.hintedPart, new.isNewer(than: old) else { return }
    let (number, index) = old.nextPart
    let segment = new.listed.first { $0.number == number }
    let part: MediaPlaylist.Part?
    if let segment, segment.parts.indices.contains(index) {
      part = segment.parts[index]
    } else if segment?.uri != nil, segment?.parts.count == index {
      // The segment ended before the hinted part.
      part =
        new.listed.first { $0.number == number.addingReportingOverflow(1).partialValue }?
        .parts.first
    } else {
      part = nil
    }
    guard let part else { return }
    check(
      .hintKept, part.isHinted(by: hint), place, seen: "\(part.uri) was listed",
      expected: hint.uri + (hint.range.map { " from the byte \($0.start)" } ?? ""))
  }

  /// Checks the time between two new segments, in seconds by the clock of the client.
  mutating func checkPace(_ playlist: MediaPlaylist, _ elapsed: Double, _ place: Place) {
    guard let target = playlist.targetDuration, target > 0 else { return }
    check(
      .updatesInTime, elapsed <= 1.5 * target + 0.5, place,
      seen: "\((elapsed * 1000).rounded() / 1000) s without a new segment",
      expected: "at most \(1.5 * target) s")
  }
}

extension MediaPlaylist.Segment {
  /// The values that a segment keeps, for a report.
  fileprivate var summary: String {
    "\(uri ?? "open"), \(duration) s, \(map?.uri ?? "no header"), "
      + "\(date.map { "\($0) s since 1970" } ?? "no date")"
      + (isDiscontinuity ? ", discontinuity" : "")
  }
}
