// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Time

/// Lets the frame at a splice be an IDR in all renditions of an encoded stream.
///
/// The grid of segments is fixed, so no segment begins there: the log names the nearest one.
struct SpliceKeys: Sendable {
  private let keys: KeyRequests
  private let segmentation: Segmentation
  private let stream: String
  private let log: Log

  /// The splices of a session.
  init(_ context: SessionContext) {
    keys = context.keys
    segmentation = context.configuration.segmentation
    stream = context.configuration.name
    log = context.log
  }

  /// Plans an IDR at the frame of a splice.
  func plan(_ frame: Int64) {
    guard keys.plan(frame) else { return }
    let number = segmentation.segment(of: frame)
    let position = segmentation.position(of: frame)
    // bounded: at most the frames of a segment
    let isLate = position > segmentation.framesPerSegment / 2
    let distance = segmentation.grid.duration(
      ofFrames: isLate ? segmentation.framesPerSegment - position : position)
    log.write(
      .info, "splice-key", stream: stream,
      "an IDR is requested at the splice"
        + (position == 0
          ? ", where segment \(number) begins"
          : "; segments are fixed, and the nearest one begins \(distance.milliseconds) ms "
            + (isLate ? "after it" : "before it")))
  }
}
