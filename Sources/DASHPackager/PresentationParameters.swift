// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

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
  /// Latency@target.
  package let targetLatency: Interval
  /// How long after its frame time a frame slot stays open.
  package let inputDelay: Interval
  /// The longest delay of an AAC frame plus the look-ahead of its encoder.
  package let audioDelay: Interval
  /// An upper bound of the time from frame to published chunk.
  package let pipelineDelay: Interval

  /// The parameters of a stream.
  package init(
    name: String, segmentation: Segmentation, targetLatency: Interval, inputDelay: Interval,
    audioDelay: Interval = .zero, pipelineDelay: Interval = .milliseconds(20)
  ) {
    self.name = name
    self.segmentation = segmentation
    self.targetLatency = targetLatency
    self.inputDelay = inputDelay
    self.audioDelay = audioDelay
    self.pipelineDelay = pipelineDelay
  }

  /// The nominal duration of a segment.
  var segmentDuration: Interval { segmentation.segmentDuration }

  /// availabilityStartTime: one segment after 1970.
  package var availabilityStart: WallTime { .origin + segmentDuration }

  /// availabilityTimeOffset: how long before its end a segment may be requested; whole
  /// milliseconds.
  ///
  /// The segment duration minus one frame, the input delay and the pipeline delay, rounded down.
  /// Nil if that is below 1 ms: the stream has no low-latency form.
  package var availabilityTimeOffset: Interval? {
    offset(after: segmentation.grid.rate.frameDuration + inputDelay)
  }

  /// availabilityTimeOffset of an audio rendition, by the duration of its chunks; nil if video has
  /// none.
  func availabilityTimeOffset(ofAudio audio: AudioSegmentation) -> Interval? {
    guard availabilityTimeOffset != nil else { return nil }
    // Rounded up, by the sign.
    let chunk = -Interval(ticks: -audio.chunkTicks, timescale: Int64(audio.sampleRate))
    return offset(after: chunk + audioDelay)
  }

  private func offset(after delay: Interval) -> Interval? {
    let offset = (segmentDuration - delay - pipelineDelay).milliseconds
    return offset >= 1 ? .milliseconds(offset) : nil
  }

  /// The duration of a segment in ticks of `timescale`; nil if it is not a whole number.
  func segmentTicks(_ timescale: Int64) -> Int64? {
    let own = Int128(segmentation.grid.rate.timescale)
    let (ticks, rest) = (Int128(segmentation.segmentTicks) * Int128(timescale))
      .quotientAndRemainder(dividingBy: own)
    return rest == 0 ? Int64(ticks) : nil
  }
}
