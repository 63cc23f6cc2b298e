// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging

/// The segments of a Period one by one, where they have no common duration.
///
/// The one that is being made stands in it with the least that it may last, so that players may ask for it; the MPD
/// that lists the next has its true duration.
/// - Source: ISO/IEC 23009-1 §5.3.9.6
struct SegmentTimeline: Equatable {
  /// A segment: ticks of the track's timescale.
  struct Entry: Equatable {
    let start: Int64
    let duration: Int64
  }

  /// The number of the first entry, counted from 1970; each that follows is one more.
  let firstNumber: Int64
  let entries: [Entry]

  /// The segments that `snapshot` lists of the run that is `period`; nil where there are none.
  init?(_ snapshot: WindowSnapshot, _ period: Period) {
    guard let segmentation = snapshot.track?.segmentation else { return nil }
    var begun = snapshot.listed.filter { $0.run.index == period.index && !$0.isGap }
      .map { (number: $0.number, frame: $0.firstFrame, duration: $0.duration) }
    if let open = snapshot.open, open.run.index == period.index {
      begun.append((open.number, open.firstFrame, segmentation.nominalSegmentTicks))
    }
    guard let first = begun.first else { return nil }
    firstNumber = first.number
    entries = begun.enumerated().map { location, segment in
      let start = segmentation.ticks(segment.frame)
      // Lost pictures leave no hole between segments: the next one's start tells the duration.
      let next =
        location + 1 < begun.count ? segmentation.ticks(begun[location + 1].frame) - start : nil
      return Entry(start: start, duration: next ?? segment.duration)
    }
  }

  func write(to out: inout XMLText) {
    out.element("SegmentTimeline", []) { out in
      for (location, entry) in entries.enumerated() {
        let follows = location > 0 && entries[location - 1].end == entry.start
        out.element(
          "S", [("t", follows ? nil : "\(entry.start)"), ("d", "\(entry.duration)")])
      }
    }
  }
}

extension SegmentTimeline.Entry {
  /// Where the next begins.
  var end: Int64 { start + duration }
}
