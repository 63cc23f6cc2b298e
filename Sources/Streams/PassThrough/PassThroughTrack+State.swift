// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Scheduling
import Time

extension PassThroughTrack {
  /// The state of the track between two access units.
  struct State: Sendable {
    var schedule: PassThroughSchedule
    var fitness: SourceFitness
    /// The coding of each rendition; see ``InputDescription/Video/coding``.
    var codings: [[[UInt8]]] = []
    /// The descriptions of the renditions in the next period; empty if the headers stay.
    var descriptions: [TrackDescription] = []
    /// The first part of a period, published as a whole: no playlist may end with a Discontinuity
    /// without media.
    var opening: Opening?
    /// The segment that was published last.
    var segment: Int64?
    var faults = 0
    /// Called once when the session ends.
    var onEnd: (@Sendable (SessionOutcome) -> Void)?
    /// Whether the session ends since the source has changed: nothing more is published.
    var isOver = false

    /// The next IDR begins a period.
    mutating func breakOff() {
      schedule.breakOff()
      fitness.breakOff()
      opening = nil
    }
  }

  /// The start of a period that is not published yet.
  struct Opening: Sendable {
    let period: PassThroughSchedule.PeriodStart
    /// The timestamp of its first access unit.
    let pts: SourceTime
    /// The capture time of its first access unit.
    let captured: MonotonicTime
    /// The chunks of each rendition.
    var chunks: [[Chunk]]
  }
}
