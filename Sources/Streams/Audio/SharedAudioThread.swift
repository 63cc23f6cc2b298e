// SPDX-License-Identifier: Apache-2.0

import Capture
import Sharing
import Time

/// The audio tracks of a session that one thread publishes: those whose packets an input pushes.
///
/// To wake a thread costs more than the packets of a track, so the tracks have one thread together.
/// The first track that is live lends its thread; the threads of the others end.
final class SharedAudioThread: Sendable {
  /// The pipeline of a track, confined to one thread after another.
  private final class Track: @unchecked Sendable {
    var pipeline: AudioTrackPipeline

    init(_ pipeline: consuming AudioTrackPipeline) { self.pipeline = pipeline }
  }

  private struct State: Sendable {
    /// The tracks that the thread has not taken yet.
    var added: [Track] = []
    /// Whether there is a thread.
    var isRunning = false
  }

  /// The polling interval of the queues.
  private static let interval = Interval.milliseconds(5)

  private let state = Locked(State())

  /// Publishes a track until `stop` is set: on the calling thread if it is the first one, else on
  /// that of the first.
  ///
  /// - Parameters:
  ///   - pipeline: the pipeline of the track.
  ///   - stop: ends the thread.
  ///   - ending: set before `stop` if the remaining audio is published.
  /// - Throws: the error if no other encoder of a track can be opened after an error.
  func run(
    _ pipeline: consuming AudioTrackPipeline, until stop: StopFlag, ending: StopFlag
  ) throws(FFmpegError) {
    guard add(Track(pipeline)) else { return }
    var tracks: [Track] = []
    while !stop.isSet {
      SystemClock.sleep(until: SystemClock.monotonicTime + Self.interval)
      tracks += takeAdded(isLast: false)
      for track in tracks { try track.pipeline.advance(to: SystemClock.monotonicTime) }
    }
    // A track that is added later has a thread of its own.
    tracks += takeAdded(isLast: true)
    guard ending.isSet else { return }
    for track in tracks { track.pipeline.finish() }
  }

  /// Adds a track.
  ///
  /// - Returns: whether there is no thread yet.
  private func add(_ track: Track) -> Bool {
    state.withLock { state in
      state.added.append(track)
      defer { state.isRunning = true }
      return !state.isRunning
    }
  }

  private func takeAdded(isLast: Bool) -> [Track] {
    state.withLock { state in
      defer { state.added = [] }
      if isLast { state.isRunning = false }
      return state.added
    }
  }
}
