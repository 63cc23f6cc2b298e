// SPDX-License-Identifier: Apache-2.0

extension Rule {
  static let targetDuration = Rule(
    "target-duration", .must, draft + "§4.4.3.1",
    "EXT-X-TARGETDURATION is present: an integer of at least 1.")
  static let segmentWithinTarget = Rule(
    "segment-within-target", .must, draft + "§4.4.3.1",
    "No EXTINF, rounded to the nearest second, is above EXT-X-TARGETDURATION.")
  static let segmentHasURI = Rule(
    "segment-has-uri", .must, draft + "§4.4.4.1", "Each segment has one EXTINF and one URI.")
  static let mapPresent = Rule(
    "map-present", .must, draft + "§3.1.2",
    "Segments of fragmented MP4 have an EXT-X-MAP before them.")
  static let mediaListed = Rule(
    "three-target-durations", .must, draft + "§6.2.2",
    "A live playlist lists at least three Target Durations of media.")
  static let sixSegments = Rule(
    "six-segments", .should, "Apple HLS Authoring 8.11", "A live playlist lists six segments.")
  static let liveType = Rule(
    "live-playlist-type", .must, draft + "§6.2.2",
    "A playlist from which segments are removed has no EXT-X-PLAYLIST-TYPE.")
  static let datePresent = Rule(
    "date-present", .should, "Apple HLS Authoring 8.4",
    "A live playlist has EXT-X-PROGRAM-DATE-TIME.")
  static let dateContinuous = Rule(
    "date-continuous", .should, draft + "§4.4.4.6",
    "A segment begins at the EXT-X-PROGRAM-DATE-TIME of the one before plus its EXTINF; a gap may "
      + "begin later.")
  static let holdBack = Rule(
    "hold-back", .must, draft + "§4.4.3.8",
    "HOLD-BACK is at least three times EXT-X-TARGETDURATION.")
  static let skipBoundary = Rule(
    "skip-boundary", .must, draft + "§4.4.3.8",
    "CAN-SKIP-UNTIL is at least six times EXT-X-TARGETDURATION.")

  static let mediaPlaylistRules = [
    targetDuration, segmentWithinTarget, segmentHasURI, mapPresent, mediaListed, sixSegments,
    liveType, datePresent, dateContinuous, holdBack, skipBoundary,
  ]
}

extension Findings {
  /// Checks one Media Playlist, by itself.
  ///
  /// - Source: draft-pantos-hls-rfc8216bis-22 §4.4.3, §4.4.4, §6.2.2
  mutating func checkMediaPlaylist(_ playlist: MediaPlaylist, _ text: PlaylistText, _ place: Place)
  {
    let targetText = text.tags("#EXT-X-TARGETDURATION").first?.value
    let target = playlist.targetDuration ?? 0
    check(
      .targetDuration, targetText.flatMap { Int64($0) }.map { $0 >= 1 } ?? false, place,
      seen: targetText.map { "EXT-X-TARGETDURATION:\($0)" } ?? "no EXT-X-TARGETDURATION")
    for segment in playlist.segments {
      check(
        .segmentWithinTarget, (segment.duration + 0.5).rounded(.down) <= target, place,
        seen: "EXTINF \(segment.duration) of segment \(segment.number)",
        expected: "less than \(target + 0.5)")
    }
    check(
      .segmentHasURI, playlist.strays.isEmpty, place, seen: playlist.strays.joined(separator: ", "))
    let bare = playlist.listed.first { segment in
      segment.map == nil && Self.isFragmented(segment.uri ?? segment.parts.first?.uri ?? "")
    }
    check(
      .mapPresent, bare == nil, place, seen: "segment \(bare?.number ?? 0) without EXT-X-MAP")
    checkDates(playlist, place)
    if let control = playlist.control, target > 0 {
      if let holdBack = control.holdBack {
        check(
          .holdBack, holdBack >= 3.0 * target, place, seen: "HOLD-BACK=\(holdBack)",
          expected: "at least \(3 * target)")
      }
      if let until = control.canSkipUntil {
        check(
          .skipBoundary, until >= 6.0 * target, place, seen: "CAN-SKIP-UNTIL=\(until)",
          expected: "at least \(6 * target)")
      }
    }
  }

  /// Checks the length of a full live playlist that has been live for a while.
  ///
  /// - Parameters:
  ///   - playlist: the playlist.
  ///   - hasRemoved: whether segments were removed from it.
  ///   - place: where it was seen.
  mutating func checkLength(_ playlist: MediaPlaylist, hasRemoved: Bool, _ place: Place) {
    guard !playlist.hasEnded, playlist.skipped == nil, let target = playlist.targetDuration else {
      return
    }
    let listed = playlist.listed.reduce(0) { $0 + $1.duration }
    check(
      .mediaListed, listed >= 3 * target - 0.001, place, seen: "\(listed) s of media",
      expected: "at least \(3 * target) s")
    check(
      .sixSegments, playlist.segments.count >= 6, place,
      seen: "\(playlist.segments.count) segments")
    check(
      .liveType, playlist.type == nil || !hasRemoved, place,
      seen: "EXT-X-PLAYLIST-TYPE:\(playlist.type ?? "")")
  }

  private mutating func checkDates(_ playlist: MediaPlaylist, _ place: Place) {
    guard !playlist.hasEnded, playlist.skipped == nil else { return }
    check(
      .datePresent, playlist.listed.contains { $0.date != nil }, place,
      seen: "no EXT-X-PROGRAM-DATE-TIME")
    for (before, after) in zip(playlist.segments, playlist.listed.dropFirst()) {
      guard let first = before.date, let second = after.date, !after.isDiscontinuity else {
        continue
      }
      let step = second - first
      // The media of a source that went away ends where it stopped, before the end of its segment.
      let isLate = after.isGap && step > before.duration
      check(
        .dateContinuous, isLate || abs(step - before.duration) <= 0.05, place,
        seen: "segment \(after.number) begins \(step) s after segment \(before.number)",
        expected: "\(before.duration) s")
    }
  }

  private static func isFragmented(_ uri: String) -> Bool {
    let path = uri.prefix { $0 != "?" }
    return [".m4s", ".mp4", ".m4v", ".m4a", ".cmfv", ".cmfa"].contains { path.hasSuffix($0) }
  }
}
