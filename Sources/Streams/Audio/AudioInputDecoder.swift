// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Sharing
import Time

/// The decoder and the resampler between an input or a device and the encoder.
///
/// Confined to one thread.
struct AudioInputDecoder: ~Copyable {
  private let settings: AudioEncoderSettings
  private let watch: CallWatchdog
  private var format: InputDescription.Audio?
  private var decoder: AudioDecoder?
  private var resampler: Resampler?
  private var shape: (rate: Int32, channels: Int)?
  /// The packets since the last one that could be decoded.
  private(set) var undecoded = 0
  /// The end of the audio that was decoded last.
  private var end = MediaTime.origin

  /// A decoder of audio for an encoder with `settings`; `watch` gets its calls.
  init(settings: AudioEncoderSettings, _ watch: CallWatchdog) {
    self.settings = settings
    self.watch = watch
  }

  /// Decodes a packet at its media time; another format opens another decoder.
  ///
  /// - Throws: the decoder's error. Later packets of the format are dropped if it did not open.
  mutating func decode(
    _ entry: AudioQueue.Entry, at time: MediaTime
  ) throws(FFmpegError) -> [(audio: PCMBlock, rate: Int32, mediaTime: MediaTime)] {
    if entry.format != format {
      format = entry.format
      decoder = nil
      undecoded = 0
      decoder = try AudioDecoder(
        codec: entry.format.codec, extradata: entry.format.configuration,
        sampleRate: Int32(clamping: entry.format.sampleRate), channels: entry.format.channels)
    }
    let result = try watch.during(.coding) { () throws(FFmpegError) in
      try decoder?.decode(entry.bytes, pts: time.nanoseconds)
    }
    undecoded = result?.isEmpty == false ? 0 : min(undecoded + 1, 1 << 20)
    guard let decoded = result else { return [] }
    var blocks: [(audio: PCMBlock, rate: Int32, mediaTime: MediaTime)] = []
    for block in decoded {
      let mediaTime = block.pts.map(MediaTime.init(nanoseconds:)) ?? end
      blocks.append((block.audio, block.sampleRate, mediaTime))
      // bounded: a division of intervals by 0 is 0
      end = mediaTime + .seconds(Int64(block.audio.count)) / Int64(block.sampleRate)
    }
    return blocks
  }

  /// Converts samples to the rate and the channels of the encoder.
  ///
  /// - Throws: the resampler's error. Later samples of the same rate and channels are dropped if it
  ///   did not open.
  mutating func convert(
    _ audio: PCMBlock, rate: Int32, at mediaTime: MediaTime
  ) throws(FFmpegError) -> Resampler.Output? {
    if shape?.rate != rate || shape?.channels != audio.channels {
      shape = (rate, audio.channels)
      resampler = nil
      resampler = try Resampler(fromRate: rate, channels: audio.channels, to: settings)
    }
    do throws(FFmpegError) {
      return try watch.during(.coding) { () throws(FFmpegError) in
        try resampler?.convert(audio, at: mediaTime)
      }
    } catch {
      shape = nil
      throw error
    }
  }
}
