// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Packaging
import Scheduling
import Sharing
import Time

extension PassThroughTrack {
  /// The state of the track between two access units.
  struct State: Sendable {
    var schedule: PassThroughSchedule
    var fitness: SourceFitness
    var pace = SourcePace()
    /// The presentation of frames whose decoding order is another one.
    var places = PresentationPlaces()
    /// The coding of each rendition; see ``InputDescription/Video/coding``.
    var codings: [[[UInt8]]] = []
    /// The descriptions of the renditions in the next period; empty if the headers stay.
    var descriptions: [TrackDescription] = []
    /// The first part of a period, published as a whole: no playlist may end with a Discontinuity
    /// without media.
    var opening: Opening?
    /// The video with the newest coding; nil while it is that of the facts.
    var video: InputDescription.Video?
    /// Whether a publisher has the rate that it states; nil if nothing is to be found out.
    var trial: RateTrial?
    /// The segment that was published last.
    var segment: Int64?
    /// Called once when the session ends.
    var onEnd: (@Sendable (SessionOutcome) -> Void)?
    /// How the session ends with the next key frame; nil if it goes on.
    var ending: SessionOutcome?
    /// Whether the session ends since the source has changed: nothing more is published.
    var isOver = false

    /// The next IDR begins a period.
    mutating func breakOff() {
      schedule.breakOff()
      fitness.breakOff()
      pace = SourcePace()
      opening = nil
      trial = nil
    }
  }

  /// The start of a period that is not published yet.
  struct Opening: Sendable {
    let period: ClockShift
    /// The timestamp of its first access unit.
    let pts: SourceTime
    /// The capture time of its first access unit.
    let captured: MonotonicTime
    /// The chunks of each rendition.
    var chunks: [[Chunk]]
  }

  // MARK: Statistics

  /// Counts an access unit; `chunks` are nil if it was not published.
  ///
  /// - Parameters:
  ///   - chunks: its chunks.
  ///   - index: its index within its segment.
  ///   - isReplay: whether it arrived before the session existed.
  func count(_ chunks: [Chunk]?, at index: Int64?, _ isReplay: Bool) {
    let segmentation = configuration.segmentation
    let now = SystemClock.wallTime
    statistics.withLock { statistics in
      statistics.inputFrames += 1
      guard let chunks, let index else {
        statistics.surplusFrames += 1
        return
      }
      for (index, chunk) in chunks.enumerated() {
        statistics.renditions[index].mediaBytes += UInt64(chunk.bytes.count)
      }
      guard !isReplay else { return }
      let count = index + 1
      let endsSegment = !segmentation.hasVariableDuration && count == segmentation.framesPerSegment
      // bounded: a part has at least one frame
      guard endsSegment || count % segmentation.framesPerPart == 0 else { return }
      // bounded: a part has at least one frame
      let frames = (count - 1) % segmentation.framesPerPart + 1
      for (index, chunk) in chunks.enumerated() {
        statistics.renditions[index].countPart(
          lateness: now - chunk.captured, duration: segmentation.grid.duration(ofFrames: frames))
      }
    }
  }
}

extension PassThroughAnalysis.Reason {
  /// Why a source of `rate` whose groups may have `maximumGroupTime` must be encoded from now on.
  init(_ fault: SourceFitness.Fault, _ rate: FrameRate, _ maximumGroupTime: Interval) {
    self =
      switch fault {
      case .reordered: .reordered
      case .irregularRate: .irregularRate(rate)
      case .longGroup: .longGroup(maximumGroupTime.wholeSeconds)
      }
  }
}
