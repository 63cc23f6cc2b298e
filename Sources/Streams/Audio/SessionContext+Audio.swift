// SPDX-License-Identifier: Apache-2.0

import Capture
import Media

extension SessionContext {
  /// Starts the audio thread, if the stream has audio.
  ///
  /// - Parameters:
  ///   - clock: the media clock of the video.
  ///   - firstSegment: the first segment; nil if each period starts with its video.
  ///   - source: creates the source that the thread reads; nil for the audio of an input.
  ///   - goLive: opens the window; returns whether the stream starts.
  /// - Returns: the result of opening the encoder; nil without audio.
  /// - Throws: the failure if the system refuses a thread.
  func startAudio(
    clock: any MediaClock, from firstSegment: Int64?,
    source: @escaping @Sendable () -> (any LocalAudioSource)? = { nil },
    goLive: @escaping @Sendable (inout AudioPipeline) throws(FFmpegError) -> Bool
  ) throws(SessionFailure) -> OpeningResult? {
    guard let audioSink, let segmentation = configuration.audioSegmentation else { return nil }
    return try startEncoder(StreamConfiguration.audioName) { [self] opened throws(FFmpegError) in
      var pipeline = try AudioPipeline(
        configuration, segmentation: segmentation, window: audioSink, from: firstSegment,
        after: publishedAudio, clock: clock, source: source(), queue: audioQueue,
        gracePeriod: configuration.audioGracePeriod, statistics: statistics, watch: watch, log: log)
      opened()
      guard try goLive(&pipeline) else { return }
      try pipeline.run(until: stop)
      if ending.isSet { pipeline.finish() }
    }
  }
}
