// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Scheduling
import Sharing
import Time

/// Names the audio of an input that is away while its video goes on, and its return.
///
/// The track is silent meanwhile.
final class AudioAbsence: Sendable {
  private let tracks: [AudioTrackSettings]
  private let stream: String
  private let log: Log
  private let statistics: Locked<StreamStatistics>
  private let presences: Locked<[TrackPresence]>

  /// The audio of the tracks of a session.
  init(
    _ tracks: [AudioTrackSettings], stream: String, statistics: Locked<StreamStatistics>, log: Log
  ) {
    (self.tracks, self.stream, self.log) = (tracks, stream, log)
    self.statistics = statistics
    presences = Locked(Array(repeating: TrackPresence(), count: tracks.count))
  }

  /// Notes an access unit; `isAnnounced`: for each track, whether the input has it.
  ///
  /// A track that the input does not have is that of an earlier session: listeners miss its audio.
  func videoArrived(at arrival: MonotonicTime, isAnnounced: [Bool]) {
    for (index, track) in tracks.enumerated() where track.alternative == nil {
      let (change, limit) = presences.withLock { presences in
        let change = presences[index].otherArrived(at: arrival, isExpected: true)
        return (change, presences[index].limit)
      }
      guard case .gone(let hasBeenHeard, let isRare) = change else { continue }
      write(
        isRare ? .warning : .debug, "audio-gone", index,
        "no audio for \(limit.wholeSeconds) s while the video goes on"
          + (hasBeenHeard ? "" : Self.reason(isAnnounced.dropFirst(index).first == true))
          + ": silence until it arrives")
      update()
    }
  }

  /// Notes a packet of the track `index`.
  func audioArrived(_ index: Int, at arrival: MonotonicTime) {
    let change = presences.withLock { $0[index].arrived(at: arrival) }
    guard case .returned(let absence, let isRare) = change else { return }
    write(
      isRare ? .info : .debug, "audio-back", index,
      "audio arrives again after \(absence.wholeSeconds) s")
    update()
  }

  /// Sets the state by the track that viewers get unless they choose another one.
  private func update() {
    let isGone = presences.withLock { presences in
      zip(presences, tracks).contains { $0.isGone && $1.isDefault }
    }
    statistics.withLock { statistics in
      if isGone {
        statistics.audioFaults.insert(.gone)
      } else {
        statistics.audioFaults.remove(.gone)
      }
    }
  }

  private static func reason(_ isAnnounced: Bool) -> String {
    isAnnounced ? ", although the source announces it" : ", of which the source has none"
  }

  private func write(_ level: Log.Level, _ event: StaticString, _ index: Int, _ text: String) {
    let name = tracks.count(where: { $0.alternative == nil }) > 1 ? "\(tracks[index].name): " : ""
    log.write(level, event, stream: stream, name + text)
  }
}
