// SPDX-License-Identifier: Apache-2.0

extension Rule {
  static let deltaGiven = Rule(
    "delta-given", .should, draft + "§6.2.5.1",
    "A request with _HLS_skip=YES gets a Playlist Delta Update if segments are beyond the Skip "
      + "Boundary.")
  static let deltaBoundary = Rule(
    "delta-boundary", .must, draft + "§6.2.5.1",
    "A Playlist Delta Update skips only segments further from the end than the Skip Boundary.")
  static let deltaMerges = Rule(
    "delta-merges", .must, draft + "§6.2.5.1",
    "A Playlist Delta Update and an earlier playlist make the full playlist.")
  static let deltaVersion = Rule(
    "delta-version", .must, draft + "§4.4.5.2",
    "A Playlist Delta Update has EXT-X-VERSION 9 or higher.")

  static let deltaRules = [deltaGiven, deltaBoundary, deltaMerges, deltaVersion]
}

extension Findings {
  /// Checks a response to `_HLS_skip=YES`.
  ///
  /// - Parameters:
  ///   - delta: the response.
  ///   - earlier: a full playlist before it.
  ///   - full: the full playlist at the time of the response, or later.
  ///   - place: the request.
  /// - Source: draft-pantos-hls-rfc8216bis-22 §6.2.5.1
  mutating func checkDelta(
    _ delta: MediaPlaylist, after earlier: MediaPlaylist, before full: MediaPlaylist,
    _ place: Place
  ) {
    // A playlist that has ended has no further update.
    guard let until = delta.control?.canSkipUntil, !delta.hasEnded else { return }
    guard let skipped = delta.skipped else {
      // The distance of a segment is that of its end from the end of the playlist.
      let first = delta.segments.first?.duration ?? 0
      let length = delta.listed.reduce(0) { $0 + $1.duration }
      check(
        .deltaGiven, length - first <= until + (delta.targetDuration ?? 0), place,
        seen: "a full playlist of \(length) s", expected: "EXT-X-SKIP beyond \(until) s")
      return
    }
    check(
      .deltaVersion, (delta.version ?? 1) >= 9, place, seen: "EXT-X-VERSION \(delta.version ?? 1)")
    let kept = delta.listed.reduce(0) { $0 + $1.duration }
    check(
      .deltaBoundary, kept >= until - 0.001, place,
      seen: "\(skipped) segments up to \(kept) s from the end", expected: "at least \(until) s")
    guard earlier.mediaSequence <= delta.mediaSequence else { return }
    guard let merged = delta.merged(onto: earlier) else {
      check(
        .deltaMerges, false, place,
        seen: "\(skipped) skipped segments, of which the earlier playlist lacks some")
      return
    }
    let later = Dictionary(full.segments.map { ($0.number, $0) }) { first, _ in first }
    let wrong = merged.segments.first { segment in
      guard let same = later[segment.number] else { return false }
      return same.uri != segment.uri || same.duration != segment.duration
    }
    check(
      .deltaMerges, wrong == nil, place,
      seen: "segment \(wrong?.number ?? 0) is \(wrong?.uri ?? "") when merged",
      expected: later[wrong?.number ?? 0]?.uri)
  }
}
