// SPDX-License-Identifier: Apache-2.0

package import Packaging
package import Time

/// What viewers may play before the window: the past of an MPD.
package struct ManifestPast: Sendable, Hashable {
  /// Successive segments that are one Period.
  package struct Run: Sendable, Hashable {
    /// Its segments, and their clock.
    package let segments: SegmentRuns.Run
    /// The renditions with their CMAF headers at that time, in the order of the MPD; at least one
    /// video.
    package let tracks: [TrackDescription]

    /// Segments of these renditions.
    package init(_ segments: SegmentRuns.Run, _ tracks: [TrackDescription]) {
      self.segments = segments
      self.tracks = tracks
    }

    package static func == (left: Run, right: Run) -> Bool {
      left.segments == right.segments && left.headers == right.headers
    }

    package func hash(into hasher: inout Hasher) {
      hasher.combine(segments)
      hasher.combine(headers)
    }

    private var headers: [String] { tracks.map { $0.rendition + "/" + $0.headerHash } }
  }

  /// timeShiftBufferDepth.
  package let depth: Interval
  /// The runs within the depth, oldest first; those of the window too.
  ///
  /// The end of the newest one may be that of the window.
  package let runs: [Run]

  /// A past; without runs only the depth of the MPD differs.
  package init(depth: Interval, runs: [Run] = []) {
    self.depth = depth
    self.runs = runs
  }

  /// The newest run with segments of the first Period of the window, which ends before segment
  /// `next`; nil if all runs are older.
  ///
  /// Slate has numbers that the archive may have from the session before.
  func current(_ snapshot: WindowSnapshot, before next: Int64) -> Run? {
    if let listed = snapshot.listed.first(where: { !$0.isPrefill && !$0.isListedAsGap }) {
      return runs.last { $0.segments.end > listed.number && $0.segments.start < next }
    }
    let first = snapshot.startOfStream?.start
    return runs.last { run in
      // The top rendition may be left out for longer than the window lasts.
      let isOfStream = first.map { run.segments.start >= $0 || run.segments.end > $0 } ?? true
      return isOfStream && run.segments.start < next
    }
  }

  /// The past as editions of MPDs differ by it: the end of the newest run moves with the window.
  var edition: ManifestPast {
    guard let last = runs.last else { return self }
    let (run, tracks) = (last.segments, last.tracks)
    let open = SegmentRuns.Run(
      start: run.start, end: .max, offset: run.offset, headerHash: run.headerHash)
    return ManifestPast(depth: depth, runs: runs.dropLast() + [Run(open, tracks)])
  }
}
