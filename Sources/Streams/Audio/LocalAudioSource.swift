// SPDX-License-Identifier: Apache-2.0

import Capture

/// A source of audio that the audio thread reads itself.
protocol LocalAudioSource {
  /// Reads and places audio; blocks for at most about 100 ms.
  ///
  /// - Returns: the AAC frames that are complete.
  /// - Throws: the resampler's or the encoder's error.
  mutating func read(into placer: inout AudioPlacer) throws(FFmpegError) -> [EncodedAudioFrame]
}
