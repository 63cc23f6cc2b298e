// SPDX-License-Identifier: Apache-2.0

package import Media

/// The constants of a stream's MPDs.
///
/// availabilityStartTime is one segment after 1970, with `startNumber` 1 and a presentation time
/// offset of one segment. The number that a client computes from its clock is then the segment
/// number since 1970, also after a restart. The epoch itself is unusable: FFmpeg treats an
/// availabilityStartTime of 0 as missing.
package struct PresentationParameters: Sendable, Equatable {
  /// The stream's name.
  package let name: String
  /// The rule that groups frames into segments.
  package let segmentation: Segmentation
  /// Latency@target in microseconds.
  package let targetLatencyMicroseconds: Int64
  /// How long after its frame time a frame slot stays open, in nanoseconds.
  package let inputDelay: Int64
  /// The longest delay of an AAC frame plus the look-ahead of its encoder, in nanoseconds.
  package let audioDelay: Int64
  /// An upper bound of the time from frame to published chunk, in nanoseconds.
  package let pipelineDelay: Int64

  /// The parameters of a stream.
  ///
  /// - Parameters:
  ///   - name: the stream's name.
  ///   - segmentation: the rule that groups frames into segments.
  ///   - targetLatencyMicroseconds: Latency@target.
  ///   - inputDelay: how long after its frame time a frame slot stays open, in nanoseconds.
  ///   - audioDelay: the longest delay of an AAC frame plus the look-ahead of its encoder, in
  ///     nanoseconds.
  ///   - pipelineDelay: an upper bound of the time from frame to published chunk, in nanoseconds.
  package init(
    name: String, segmentation: Segmentation, targetLatencyMicroseconds: Int64, inputDelay: Int64,
    audioDelay: Int64 = 0, pipelineDelay: Int64 = 20_000_000
  ) {
    self.name = name
    self.segmentation = segmentation
    self.targetLatencyMicroseconds = targetLatencyMicroseconds
    self.inputDelay = inputDelay
    self.audioDelay = audioDelay
    self.pipelineDelay = pipelineDelay
  }

  /// availabilityStartTime: one segment after 1970, in nanoseconds.
  package var availabilityStart: Int64 { segmentation.segmentNanoseconds }

  /// availabilityTimeOffset in milliseconds: how long before its end a segment may be requested.
  ///
  /// The segment duration minus one frame, the input delay and the pipeline delay, rounded down.
  /// Nil if that is below 1 ms: the stream has no low-latency form.
  package var availabilityTimeOffset: Int64? {
    offset(after: segmentation.grid.rate.frameNanoseconds + inputDelay)
  }

  /// availabilityTimeOffset of an audio rendition, whose chunk is a whole part; nil if video has
  /// none.
  func availabilityTimeOffset(ofAudio audio: AudioSegmentation) -> Int64? {
    guard availabilityTimeOffset != nil else { return nil }
    let part =
      (audio.partTicks * 1_000_000_000 + Int64(audio.sampleRate) - 1) / Int64(audio.sampleRate)
    return offset(after: part + audioDelay)
  }

  private func offset(after delay: Int64) -> Int64? {
    let offset = segmentation.segmentNanoseconds - delay - pipelineDelay
    return offset >= 1_000_000 ? offset / 1_000_000 : nil
  }

  /// The duration of a segment in ticks of `timescale`; nil if it is not a whole number.
  func segmentTicks(_ timescale: Int64) -> Int64? {
    let own = Int128(segmentation.grid.rate.timescale)
    let (ticks, rest) = (Int128(segmentation.segmentTicks) * Int128(timescale))
      .quotientAndRemainder(dividingBy: own)
    return rest == 0 ? Int64(ticks) : nil
  }

  /// Latency@target in whole milliseconds.
  var target: Int64 { targetLatencyMicroseconds / 1000 }
}
