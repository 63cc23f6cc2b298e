// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Scheduling
import Sharing
import Time

/// Logs which key frame and which segment of passed-through video are nearest to each splice.
final class PassedSplices: SplicePlanner {
  private let state = Locked(NearestKeyFrames())
  private let grid: FrameGrid
  private let stream: String
  private let log: Log

  /// The splices of a session.
  init(_ configuration: StreamConfiguration, _ log: Log) {
    grid = configuration.segmentation.grid
    stream = configuration.name
    self.log = log
  }

  /// Takes the frame of a splice, which may still be to come.
  func plan(_ frame: Int64, _ point: SplicePoint) -> Int64 {
    state.withLock { $0.plan(frame) }
    return frame
  }

  func cancel(_ frame: Int64) { state.withLock { $0.cancel(frame) } }

  /// Takes the next frame; writes a line for each splice whose nearest key frame is known now.
  func take(_ position: PassThroughSchedule.Position, isKey: Bool) {
    let found = state.withLock { state in
      if position.periodStart != nil { state.beginPeriod() }
      return state.take(
        position.frameIndex, isKey: isKey,
        startOf: position.indexInSegment == 0 ? position.segment : nil)
    }
    for one in found { log.write(.info, "splice-key", stream: stream, text(of: one)) }
  }

  private func text(of found: NearestKeyFrames.Found) -> String {
    func distance(of frame: Int64) -> String { grid.distance(of: frame, from: found.splice) }
    let key =
      found.key == found.splice
      ? "the splice is at a key frame of the source"
      : "the nearest key frame of the source is \(distance(of: found.key)) the splice"
    return key
      + (found.start == found.splice
        ? ", where segment \(found.segment) begins"
        : "; the nearest segment, \(found.segment), begins \(distance(of: found.start)) it")
  }
}
