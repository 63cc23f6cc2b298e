// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Scheduling
import Sharing
import Time

/// Lets the frame at a splice be an IDR in all renditions of an encoded stream.
///
/// The grid of segments is fixed, so no segment begins there: the log names the nearest one.
struct SpliceKeys: SplicePlanner {
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

  func plan(_ frame: Int64, _ point: SplicePoint) -> Int64 {
    let plan = keys.plan(frame, isImmediate: point == .immediate)
    let name =
      switch point {
      case .timed, .immediate: "the splice"
      case .autoReturn: "the return of a break"
      case .requested: "a splice, or at the return of a break"
      }
    if let text = text(plan, at: name) { write(text) }
    return plan.frame
  }

  func plan(pictureAt frame: Int64, announced: Int64) -> (() -> Void)? {
    let name = "the picture of a splice, \(distance(frame, announced)) its announced time"
    return text(keys.plan(frame), at: name).map { text in { write(text) } }
  }

  func cancel(_ frame: Int64) {
    guard keys.cancel(frame) else { return }
    write("no IDR is requested at a splice that was cancelled, or at a return that comes earlier")
  }

  /// What becomes of a frame; nil if a line has said so.
  private func text(_ plan: SplicePlan, at place: String) -> String? {
    let frame = plan.frame
    switch plan.outcome {
    case .known: return nil
    case .planned:
      return "an IDR is requested at \(place)"
        + (plan.isForAll ? "" : ", in the renditions that have not encoded it")
        + (segmentation.position(of: frame) == 0 ? ", where " : "; segments are fixed, and ")
        + segment(nearestTo: frame)
    case .late:
      return "the frame of \(place) is encoded already: "
        + (plan.nearest == frame
          ? "it is an IDR" : "the nearest IDR is \(distance(plan.nearest, frame)) it")
    case .refused:
      return "no IDR is requested at \(place): too many splices are near it, or to come"
    }
  }

  private func segment(nearestTo frame: Int64) -> String {
    let position = segmentation.position(of: frame)
    // bounded: at most the frames of a segment
    let isLate = position > segmentation.framesPerSegment / 2
    let start = frame - position + (isLate ? segmentation.framesPerSegment : 0)
    guard position > 0 else { return "segment \(segmentation.segment(of: frame)) begins" }
    let number = segmentation.segment(of: start)
    return "the nearest one, \(number), begins \(distance(start, frame)) it"
  }

  private func distance(_ frame: Int64, _ other: Int64) -> String {
    segmentation.grid.distance(of: frame, from: other)
  }

  private func write(_ text: String) {
    log.write(.info, "splice-key", stream: stream, text)
  }
}
