// SPDX-License-Identifier: Apache-2.0

import Capture

extension CopiedAudioFormat {
  /// A coded frame of silence.
  ///
  /// - Throws: the encoder's error.
  func silence() throws(FFmpegError) -> [UInt8] {
    switch coding {
    case .aac: try ContinuousAudioEncoder.silence(settings)
    case .opus(let track): track.silence
    case .dolby(let track): try track.silence()
    case .flac(let track): track.silence
    }
  }
}
