// SPDX-License-Identifier: Apache-2.0

import Checked

extension Rule {
  static let startConstant = Rule(
    "availability-start-constant", .must, dash + "§5.4.1",
    "availabilityStartTime never changes.")
  static let publishTimeGrows = Rule(
    "publish-time-grows", .must, dash + "§5.4.1",
    "publishTime never falls, and rises if the MPD changes.")
  static let periodUnchanged = Rule(
    "period-unchanged", .must, dash + "§5.4.1",
    "A Period keeps its start, and a Representation its template and the times of its segments; "
      + "a static MPD at the end may begin later.")
  static let timelineUnchanged = Rule(
    "timeline-unchanged", .must, dash + "§5.4.1",
    "A segment of a SegmentTimeline keeps its start, its duration and its number.")

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
      .startConstant,
      new.availabilityStart == old.availabilityStart
        || !new.isDynamic && new.root["availabilityStartTime"] == nil, place,
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
      let change = same.change(to: track, isFinal: !new.isDynamic)
      check(
        .periodUnchanged, change == nil, place, seen: "\(change ?? "") of \(name)",
        expected: "the one of the MPD before")
      if let before = same.template, let after = track.template {
        checkTimeline(from: before, to: after, name, place)
      }
    }
  }

  private mutating func checkTimeline(
    from old: Manifest.Template, to new: Manifest.Template, _ name: String, _ place: Place
  ) {
    guard let before = old.timeline, let after = new.timeline else { return }
    // The last segment may have been open.
    let known = Dictionary(
      before.dropLast().enumerated().map { ($0.element.start, ($0.element.duration, $0.offset)) }
    ) { $1 }
    // bounded: places in arrays of at most 100 000 entries; numbers are below 2^60
    let shift = new.timelineNumber - old.timelineNumber
    let wrong = after.enumerated().first { place, segment in
      guard let (duration, former) = known[segment.start] else { return false }
      return duration != segment.duration || Int64(former - place) != shift
    }
    check(
      .timelineUnchanged, wrong == nil, place,
      seen: "the segment at \(wrong?.element.start ?? 0) of \(name) lasts "
        + "\(wrong?.element.duration ?? 0) and has the number "
        + "\(new.timelineNumber + Int64(wrong?.offset ?? 0))")
  }
}

extension Manifest.Track {
  /// The value of the same Representation in a later MPD by which known segments have another
  /// time or another address; nil if there is none.
  ///
  /// A static MPD has no time shift buffer: it cannot list expired segments, and begins with the
  /// first one that is there. Its segments keep their times, or the timeline begins at zero again.
  ///
  /// - Parameters:
  ///   - next: the Representation in the later MPD.
  ///   - isFinal: whether that MPD is static.
  /// - Returns: the value and its former one, for a report.
  /// - Source: ISO/IEC 23009-1 §5.4.1; DASH-IF Timing Model, "MPD updates" and "End of live
  ///   content"; DASH-IF Live2VOD, "Common aspects"
  fileprivate func change(to next: Manifest.Track, isFinal: Bool) -> String? {
    guard
      next.periodStart == periodStart || isFinal && next.periodStart > periodStart
        || isFinal && next.periodStart == 0
    else { return "start \(next.periodStart) s, before \(periodStart) s," }
    guard let template, let other = next.template else {
      return (template == nil) == (next.template == nil) ? nil : "another addressing"
    }
    guard other.media == template.media, other.duration == template.duration,
      other.timescale == template.timescale
    else { return "another SegmentTemplate" }
    let (before, after) = (template.presentationTimeOffset, other.presentationTimeOffset)
    guard isFinal || before == after else {
      return "presentationTimeOffset \(after), before \(before),"
    }
    if !isFinal || next.periodStart > 0 {
      // Times of MPDs are rounded; a segment is longer than 10 ms.
      let scale = Double(template.timescale)
      let moved = (next.periodStart - periodStart) - Double(after - before) / scale
      guard abs(moved) < 0.01 else { return "presentation times, which are \(moved) s later," }
    }
    guard let duration = template.duration else { return nil }
    // Segment numbers and times of media move together.
    let numbers = Int128(other.startNumber) - Int128(template.startNumber)
    guard numbers * Int128(duration) == Int128(after) - Int128(before) else {
      return "startNumber \(other.startNumber), before \(template.startNumber),"
    }
    return nil
  }
}
