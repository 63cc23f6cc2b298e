// SPDX-License-Identifier: Apache-2.0

extension Rule {
  private static let dash = "ISO/IEC 23009-1 "

  static let startConstant = Rule(
    "availability-start-constant", .must, dash + "§5.4.1",
    "availabilityStartTime never changes.")
  static let publishTimeGrows = Rule(
    "publish-time-grows", .must, dash + "§5.4.1",
    "publishTime never falls, and rises if the MPD changes.")
  static let periodUnchanged = Rule(
    "period-unchanged", .must, dash + "§5.4.1",
    "A Period keeps its start, and a Representation its template.")
  static let timelineUnchanged = Rule(
    "timeline-unchanged", .must, dash + "§5.4.1",
    "A segment of a SegmentTimeline keeps its start and its duration.")

  static let manifestUpdateRules = [
    startConstant, publishTimeGrows, periodUnchanged, timelineUnchanged,
  ]
}

extension Findings {
  /// Checks an MPD against the one before it.
  ///
  /// - Source: ISO/IEC 23009-1 §5.4.1
  mutating func checkUpdate(
    from old: Manifest, to new: Manifest, _ place: Place
  ) {
    guard old.isDynamic else { return }
    check(
      .startConstant, new.availabilityStart == old.availabilityStart, place,
      seen: "\(new.root["availabilityStartTime"] ?? "none")",
      expected: old.root["availabilityStartTime"])
    if let before = old.publishTime, let after = new.publishTime {
      check(
        .publishTimeGrows, after >= before && (after > before || new.root == old.root), place,
        seen: "publishTime \(new.root["publishTime"] ?? "") after \(old.root["publishTime"] ?? "")"
          + (new.root == old.root ? "" : ", with other content"))
    }
    for track in new.tracks {
      guard let same = old.tracks.first(where: { $0.period == track.period && $0.id == track.id })
      else { continue }
      let name = "Representation \(track.id) of Period \(track.period)"
      check(
        .periodUnchanged,
        same.periodStart == track.periodStart && same.template?.media == track.template?.media
          && same.template?.duration == track.template?.duration
          && same.template?.timescale == track.template?.timescale,
        place, seen: "\(name) has another start or template than before")
      guard let before = same.template?.timeline, let after = track.template?.timeline else {
        continue
      }
      // The last segment may have been open.
      let known = Dictionary(before.dropLast().map { ($0.start, $0.duration) }) { $1 }
      let wrong = after.first {
        known[$0.start].map { [duration = $0.duration] in $0 != duration } ?? false
      }
      check(
        .timelineUnchanged, wrong == nil, place,
        seen: "the segment at \(wrong?.start ?? 0) of \(name) lasts \(wrong?.duration ?? 0)")
    }
  }
}
