// SPDX-License-Identifier: Apache-2.0

import Capture
import Media

/// Which stretch of the test tone is made when: pure arithmetic.
///
/// The tone is known beforehand, so it is made as far ahead as the encoder looks: the frame that ends now comes out now.
struct TonePacer: Sendable {
  let segmentation: AudioSegmentation

  /// The sample up to which the tone is to be encoded at the media time `nanoseconds`, so that all frames that have
  /// ended are out.
  func end(at nanoseconds: Int64) -> Int64 {
    let ended = segmentation.sample(atOrBefore: nanoseconds) / AudioSegmentation.samplesPerFrame
    return segmentation.ticks(ended + Int64(AudioEncoder.delayFrames))
  }

  /// The media time at which the next part is complete, when the tone is encoded up to the sample `next`; nanoseconds
  /// since 1970.
  func nextPart(after next: Int64) -> Int64 {
    var frame = next / AudioSegmentation.samplesPerFrame - Int64(AudioEncoder.delayFrames)
    while !segmentation.partPosition(of: frame).endsPart { frame += 1 }
    return segmentation.nanoseconds(frame + 1) + 1
  }
}
