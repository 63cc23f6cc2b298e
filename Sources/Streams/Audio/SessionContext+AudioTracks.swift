// SPDX-License-Identifier: Apache-2.0

import Capture
import Media

extension SessionContext {
  /// Starts the thread of each audio track; live tracks of an input then have one thread together.
  ///
  /// - Parameters:
  ///   - clock: the media clock of the video.
  ///   - firstSegment: the first segment; nil if each period starts with its video.
  ///   - source: creates the source that the thread reads; nil for the audio of an input.
  ///   - goLive: opens the window; returns whether the stream starts.
  /// - Returns: the results of opening the encoders.
  /// - Throws: the failure if the system refuses a thread.
  func startAudio(
    clock: any MediaClock, from firstSegment: Int64?,
    source: @escaping @Sendable (AudioOutput) -> (any LocalAudioSource)? = { _ in nil },
    goLive:
      @escaping @Sendable (AudioOutput, inout AudioTrackPipeline) throws(FFmpegError) -> Bool
  ) throws(SessionFailure) -> [OpeningResult] {
    let shared = SharedAudioThread()
    return try audio.map { output throws(SessionFailure) in
      try startEncoder(output.settings.name) { [self] opened throws(FFmpegError) in
        let source = source(output)
        var pipeline = try AudioTrackPipeline(
          output, stream: configuration.name, from: firstSegment,
          after: anchor.end(ofTrack: output.index), clock: clock, source: source,
          gracePeriod: configuration.gracePeriod(of: output.settings), statistics: statistics,
          watch: watch, log: log)
        opened()
        guard try goLive(output, &pipeline) else { return }
        guard source != nil else {
          return try shared.run(pipeline, until: stop, ending: ending)
        }
        try pipeline.run(until: stop)
        if ending.isSet { pipeline.finish() }
      }
    }
  }
}
