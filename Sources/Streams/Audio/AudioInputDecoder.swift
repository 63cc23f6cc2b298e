// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Sharing

/// An input's sound on its way through decoder and resampler; confined to one thread.
struct AudioInputDecoder: ~Copyable {
  let settings: AudioEncoderSettings
  private var format: InputDescription.Audio?
  private var decoder: AudioDecoder?
  private var resampler: Resampler?
  private var shape: (rate: Int32, channels: Int)?
  private var decoded: [(audio: DecodedAudio, time: Int64)] = []
  /// When the sound ends that was decoded last, by the same clock.
  private var end: Int64 = 0

  init(settings: AudioEncoderSettings) { self.settings = settings }

  /// Decodes what came and belongs to `time`; what changed in its format makes a new decoder.
  mutating func take(_ entry: AudioQueue.Entry, at time: Int64) throws(FFmpegError) {
    if entry.format != format {
      format = entry.format
      decoder = nil
      decoder = try AudioDecoder(
        codec: entry.format.codec, extradata: entry.format.configuration,
        sampleRate: Int32(clamping: entry.format.sampleRate), channels: entry.format.channels)
    }
    guard let found = try decoder?.decode(entry.bytes, pts: time) else { return }
    // Nothing real has less, and each sample of it would become hundreds.
    for audio in found where audio.sampleRate >= 1000 {
      let time = audio.pts ?? end
      decoded.append((audio, time))
      end = time + Int64(audio.audio.count) * 1_000_000_000 / Int64(audio.sampleRate)
    }
  }

  /// The next decoded stretch, and its time: by the clock of what was taken.
  mutating func pop() -> (DecodedAudio, Int64)? {
    decoded.isEmpty ? nil : decoded.removeFirst()
  }

  /// Brings a stretch to its place in the stream.
  mutating func convert(
    _ decoded: DecodedAudio, at mediaTime: Int64
  ) throws(FFmpegError) -> Resampler.Output? {
    let (rate, channels) = (decoded.sampleRate, decoded.audio.channels)
    if shape?.rate != rate || shape?.channels != channels {
      shape = (rate, channels)
      resampler = try Resampler(fromRate: rate, channels: channels, to: settings)
    }
    return try resampler?.convert(decoded.audio, at: mediaTime)
  }
}
