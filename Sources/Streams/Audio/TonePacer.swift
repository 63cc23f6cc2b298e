// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Time

/// When the test tone is encoded, and how much of it: pure arithmetic.
///
/// The tone is known in advance. It is encoded ahead by the look-ahead of the encoder, which so
/// returns each AAC frame at its end.
struct TonePacer: Sendable {
  let segmentation: AudioSegmentation

  /// The sample up to which the tone is encoded at `mediaTime`: the encoder has then returned all
  /// AAC frames that have ended.
  func end(at mediaTime: MediaTime) -> Int64 {
    let sample = segmentation.sample(atOrBefore: mediaTime)
    let ended = sample / AudioSegmentation.samplesPerAACFrame
    return segmentation.ticks(ended + Int64(AudioEncoder.delayFrames))
  }

  /// The media time at which the next chunk is complete, if the tone is encoded up to the
  /// sample `next`: with the last frame of a part, and with each second frame before it.
  func nextChunk(after next: Int64) -> MediaTime {
    var frame = next / AudioSegmentation.samplesPerAACFrame - Int64(AudioEncoder.delayFrames)
    while !endsChunk(frame) { frame += 1 }
    return segmentation.frameTime(of: frame + 1) + .nanoseconds(1)
  }

  private func endsChunk(_ frame: Int64) -> Bool {
    let position = segmentation.partPosition(of: frame)
    // bounded: frames of one segment
    let inPart = position.position - position.part * segmentation.framesPerPart
    return position.endsPart || (inPart + 1) % AudioSegmentation.maximumFramesPerChunk == 0
  }
}
