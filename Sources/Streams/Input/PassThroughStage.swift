// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Sharing

/// Gives the access units of a live input to the session as received.
final class PassThroughStage: InputStage {
  private let input: PulledInput
  private let track: PassThroughTrack
  private var clock: SourceClock
  private var backlog = Backlog<InputUnit>()

  /// A stage that continues with the mapping of timestamps in `clock`.
  init(_ input: PulledInput, _ track: PassThroughTrack, _ clock: SourceClock) {
    self.input = input
    self.track = track
    self.clock = clock
  }

  /// Gives the session the units that arrived before the session existed.
  func replay(_ units: [InputUnit], _ description: InputDescription) {
    for unit in units {
      let captured = clock.captureTime(ofEarlier: unit.pts, arrival: unit.arrival)
      switch unit {
      case .video(let accessUnit):
        track.take(accessUnit, description.video, captured: captured, isReplay: true)
      case .audio(let packet):
        guard input.takesAudio, let format = description.audio else { break }
        input.target?.audio?(packet, format, captured)
      }
    }
  }

  var isDecoding: Bool { false }

  func connected() {
    clock.breakOff()
    backlog = Backlog()
  }

  func take(_ unit: InputUnit, _ description: InputDescription) -> InputStep {
    if input.resumes() { backlog.begin() }
    for unit in backlog.take(unit) {
      switch unit {
      case .video(let accessUnit):
        input.frameArrived(description, description.video.width, description.video.height)
        track.take(
          accessUnit, description.video,
          captured: clock.captureTime(
            pts: accessUnit.pts, arrival: accessUnit.arrival, sent: accessUnit.senderMonotonic))
      case .audio(let packet):
        guard input.takesAudio else { break }
        let captured = clock.captureTime(.audio, pts: packet.pts, arrival: packet.arrival)
        if let format = description.audio { input.target?.audio?(packet, format, captured) }
      }
    }
    return .stay
  }

  func finish(_ description: InputDescription) -> InputStep { .stay }
}
