// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging

/// The segments of a Period one by one, for segments with variable duration.
///
/// The open segment is listed with its minimum duration, so that players can request it; the MPD
/// with the next segment has its true duration.
/// - Source: ISO/IEC 23009-1 §5.3.9.6
struct SegmentTimeline: Equatable {
  /// A segment, in ticks of the track's timescale.
  struct Entry: Equatable {
    let start: Int64
    let duration: Int64
  }

  /// The number of the first entry since 1970; numbers are consecutive.
  let firstNumber: Int64
  let entries: [Entry]

  /// The listed segments of `period`, and the open one if `withOpen`; nil if there are none.
  init?(_ snapshot: WindowSnapshot, _ period: Period, withOpen: Bool = true) {
    guard let segmentation = snapshot.track?.segmentation else { return nil }
    var begun = snapshot.listed.filter { $0.period.index == period.index && !$0.isGap }
      .map { (number: $0.number, frame: $0.firstFrame, duration: $0.duration) }
    if withOpen, let open = snapshot.open, open.period.index == period.index {
      begun.append((open.number, open.firstFrame, segmentation.nominalSegmentTicks))
    }
    guard let first = begun.first else { return nil }
    firstNumber = first.number
    entries = begun.enumerated().map { index, segment in
      let start = segmentation.ticks(segment.frame)
      // Lost frames leave no gap between segments: the start of the next one gives the duration.
      let next =
        index + 1 < begun.count ? segmentation.ticks(begun[index + 1].frame) - start : nil
      return Entry(start: start, duration: next ?? segment.duration)
    }
  }

  func write(to out: inout XMLText) {
    out.element("SegmentTimeline", []) { out in
      for (index, entry) in entries.enumerated() {
        let follows = index > 0 && entries[index - 1].end == entry.start
        out.element(
          "S", [("t", follows ? nil : "\(entry.start)"), ("d", "\(entry.duration)")])
      }
    }
  }
}

extension SegmentTimeline.Entry {
  /// The start of the next segment.
  var end: Int64 { start + duration }
}
