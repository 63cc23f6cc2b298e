// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
package import Time

extension StreamSession {
  /// Publishes nothing from the next segment on: another process or server continues the stream.
  ///
  /// - Parameter margin: how long before its start the segment is left.
  /// - Returns: the first segment of the other one; nil if the two have no common numbers, or a
  ///   window is not live. The stream is not left then.
  package func leave(after margin: Interval) -> Int64? {
    guard !window.segmentation.hasVariableDuration else { return nil }
    // On a slow machine a segment may begin meanwhile.
    for _ in 0..<Self.attempts {
      guard let first = nextSegment(after: margin) else { return nil }
      if renditions.allSatisfy({ $0.window.leave(before: first) }) { return first }
    }
    for rendition in renditions { rendition.window.stay() }
    return nil
  }

  private static let attempts = 5

  /// Whether a window is not open to readers yet: the windows go live one after another.
  var isStarting: Bool {
    renditions.contains { $0.window.snapshot.state == .starting }
  }

  /// The counts of the session while it runs.
  ///
  /// nil if it has no segment, or if its numbers begin with its process.
  var handoverCounts: HandoverCounts? {
    let windows = renditions.map(\.window)
    guard names.numbering == .epoch, var end = WindowEnd(windows.map(\.snapshot)) else {
      return nil
    }
    end.events = []
    end.targetDuration = max(
      windows.map(\.segmentation.targetDuration).max() ?? 0,
      configuration.earlier?.targetDuration ?? 0)
    return HandoverCounts(end)
  }

  /// Whether all segments before `first` are complete.
  package func isComplete(before first: Int64) -> Bool {
    renditions.allSatisfy { rendition in
      let snapshot = rendition.window.snapshot
      return snapshot.open == nil && snapshot.newestSegment.addingSaturated(1) >= first
    }
  }

  /// The first segment that begins after `margin`; nil if the media timeline is not that of the
  /// wall clock, so that another process would have other frame times.
  private func nextSegment(after margin: Interval) -> Int64? {
    let snapshot = window.snapshot
    // Readers do not find the prefill of a window before it is live.
    guard snapshot.state == .live, !isStarting,
      let newest = snapshot.open?.period ?? snapshot.segments.last?.period, newest.offset == .zero
    else { return nil }
    let segmentation = configuration.segmentation
    let edge =
      snapshot.open?.chunks.last.map { $0.lastFrame + 1 }
      ?? segmentation.firstFrame(of: snapshot.newestSegment + 1)
    let frames = TrackSegmentation.video(segmentation).frames(covering: margin)
    return segmentation.segment(of: edge.addingSaturated(frames)).addingSaturated(1)
  }
}
