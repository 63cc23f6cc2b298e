// SPDX-License-Identifier: Apache-2.0

import Media
import Metadata
import Packaging
import Time

/// The tags EXT-X-CUE-OUT, EXT-X-CUE-OUT-CONT and EXT-X-CUE-IN of breaks.
///
/// Some inserters read no date ranges. The tags precede segments, so each is at the
/// boundary nearest to its splice. No specification has them; the forms are those that inserters
/// commonly read.
struct CueTags {
  private struct Break {
    let start: WallTime
    /// Nil while it is not known.
    let end: WallTime?
    let planned: Interval?
  }

  private let breaks: [Break]

  /// The tags of the breaks among the events of a window.
  init(_ events: [TimedEvent]) {
    breaks = events.compactMap { event in
      guard case .splice(let cue) = event.content, cue.role == .out else { return nil }
      return Break(
        start: event.time, end: event.isOpenEnded ? nil : event.end, planned: cue.plannedDuration)
    }
  }

  /// The tags before a segment, by its date and its duration.
  func lines(at start: WallTime, duration: Interval) -> [String] {
    /// Whether the boundary before the segment is the nearest one to `time`.
    func isNearest(to time: WallTime) -> Bool {
      let distance = time - start
      return distance <= duration / 2 && distance > duration / 2 - duration
    }
    var lines: [String] = []
    for found in breaks where found.end.map(isNearest) ?? false { lines.append("#EXT-X-CUE-IN") }
    for found in breaks {
      let planned = found.planned.map(\.decimalSeconds)
      if isNearest(to: found.start) {
        lines.append("#EXT-X-CUE-OUT" + (planned.map { ":\($0)" } ?? ""))
      } else if start > found.start, found.end.map({ start < $0 && !isNearest(to: $0) }) ?? true {
        let elapsed = "#EXT-X-CUE-OUT-CONT:ElapsedTime=\((start - found.start).decimalSeconds)"
        lines.append(elapsed + (planned.map { ",Duration=\($0)" } ?? ""))
      }
    }
    return lines
  }
}
