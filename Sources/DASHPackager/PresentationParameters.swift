// SPDX-License-Identifier: Apache-2.0

package import Media

/// What the MPDs of a stream say of themselves; constant for the stream's whole life.
///
/// The presentation is anchored one segment after 1970 for ever, with `startNumber` 1 and a presentation time offset of
/// one segment: so the number that a client computes from its clock is the segment's number since 1970, over restarts
/// too. The epoch itself would not do, since FFmpeg takes an availabilityStartTime of 0 as missing.
package struct PresentationParameters: Sendable, Equatable {
  /// The stream's name.
  package let name: String
  /// How frames fall into segments.
  package let segmentation: Segmentation
  /// Latency@target in microseconds.
  package let targetLatencyMicroseconds: Int64
  /// How long after its tick a frame may still come from the source; nanoseconds.
  package let inputDelay: Int64
  /// How long after its end a frame of sound may still come, with how far its encoder looks ahead; nanoseconds.
  package let audioDelay: Int64
  /// An upper bound of the time from picture to published chunk; nanoseconds.
  package let pipelineDelay: Int64

  /// The terms of a stream.
  ///
  /// - Parameters:
  ///   - name: the stream's name.
  ///   - segmentation: how frames fall into segments.
  ///   - targetLatencyMicroseconds: Latency@target.
  ///   - inputDelay: how long after its tick a frame may still come from the source; nanoseconds.
  ///   - audioDelay: how long after its end a frame of sound may still come, with how far its encoder looks ahead;
  ///     nanoseconds.
  ///   - pipelineDelay: an upper bound of the time from picture to published chunk; nanoseconds.
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

  /// availabilityTimeOffset in milliseconds: how long before its end a segment may be asked for.
  ///
  /// It is true: a chunk of one frame, the input delay and the pipeline are taken off, and the rest is rounded down.
  /// Nil where nothing is left: such a stream has no low-latency form.
  package var availabilityTimeOffset: Int64? {
    offset(after: segmentation.grid.rate.frameNanoseconds + inputDelay)
  }

  /// availabilityTimeOffset of a rendition of sound, whose chunk is a whole part; nil where pictures have none.
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

  /// The duration of a segment in units of which there are `timescale` in a second; nil where it is not whole.
  func segmentTicks(_ timescale: Int64) -> Int64? {
    let own = Int128(segmentation.grid.rate.timescale)
    let (ticks, rest) = (Int128(segmentation.segmentTicks) * Int128(timescale))
      .quotientAndRemainder(dividingBy: own)
    return rest == 0 ? Int64(ticks) : nil
  }

  /// Latency@target in whole milliseconds.
  var target: Int64 { targetLatencyMicroseconds / 1000 }
}
