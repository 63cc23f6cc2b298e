// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// Why a frame is planned.
enum SplicePoint: Sendable, Equatable {
  /// The frame of the time that a message states.
  case timed
  /// The frame at which a message without a time arrives: a later one is taken if an encoder has
  /// it.
  case immediate
  /// The end of a break that needs no other message.
  case autoReturn
  /// A splice of the API, or the end of its break.
  case requested
}

/// Takes the frames of splices: an encoder begins them with an IDR, else the nearest one is logged.
protocol SplicePlanner: Sendable {
  /// Takes the frame of a splice.
  ///
  /// - Returns: the frame at which the splice is.
  func plan(_ frame: Int64, _ point: SplicePoint) -> Int64

  /// Takes the frame that shows the picture of a splice which was announced for another frame.
  ///
  /// It does not block.
  /// - Returns: writes a line; nil if there is nothing to write.
  func plan(pictureAt frame: Int64, announced: Int64) -> (() -> Void)?

  /// Forgets a frame that has not come yet.
  func cancel(_ frame: Int64)
}

extension SplicePlanner {
  func plan(pictureAt frame: Int64, announced: Int64) -> (() -> Void)? { nil }
}

/// Takes the splices of sources that need no key frames.
struct NoSplices: SplicePlanner {
  func plan(_ frame: Int64, _ point: SplicePoint) -> Int64 { frame }
  func cancel(_ frame: Int64) {}
}

extension FrameGrid {
  /// How far a frame is from another one, such as "120 ms before".
  func distance(of frame: Int64, from other: Int64) -> String {
    let distance = duration(ofFrames: frame.subtractingSaturated(other))
    return "\(distance.magnitude.milliseconds) ms \(frame < other ? "before" : "after")"
  }
}
