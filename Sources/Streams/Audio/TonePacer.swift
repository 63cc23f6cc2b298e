// SPDX-License-Identifier: Apache-2.0

import Capture
import Media

/// When the test tone is encoded, and how much of it: pure arithmetic.
///
/// The tone is known in advance, so it is encoded as far ahead as the encoder looks: the encoder
/// returns an AAC frame when that frame ends.
struct TonePacer: Sendable {
  let segmentation: AudioSegmentation

  /// The sample up to which the tone is encoded at the media time `nanoseconds`: the encoder has
  /// then returned all AAC frames that have ended.
  func end(at nanoseconds: Int64) -> Int64 {
    let ended = segmentation.sample(atOrBefore: nanoseconds) / AudioSegmentation.samplesPerFrame
    return segmentation.ticks(ended + Int64(AudioEncoder.delayFrames))
  }

  /// The media time at which the next part is complete, if the tone is encoded up to the sample
  /// `next`; nanoseconds since 1970.
  func nextPart(after next: Int64) -> Int64 {
    var frame = next / AudioSegmentation.samplesPerFrame - Int64(AudioEncoder.delayFrames)
    while !segmentation.partPosition(of: frame).endsPart { frame += 1 }
    return segmentation.nanoseconds(frame + 1) + 1
  }
}
