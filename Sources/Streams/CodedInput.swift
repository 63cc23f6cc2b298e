import Capture
import Media
import Sharing

/// An input's sound on its way through decoder and resampler; confined to one thread.
struct CodedInput: ~Copyable {
  let settings: AudioEncoderSettings
  private var format: InputDescription.Audio?
  private var decoder: AudioDecoder?
  private var resampler: Resampler?
  private var shape: (rate: Int32, channels: Int)?
  private var decoded: [(sound: DecodedSound, time: Int64)] = []
  /// When the sound ends that was decoded last, by the same clock.
  private var end: Int64 = 0

  init(settings: AudioEncoderSettings) { self.settings = settings }

  /// Decodes what came and belongs to `time`; what changed in its format makes a new decoder.
  mutating func take(_ entry: SoundQueue.Entry, at time: Int64) throws(FFmpegError) {
    if entry.format != format {
      format = entry.format
      decoder = nil
      decoder = try AudioDecoder(
        codec: entry.format.codec, extradata: entry.format.configuration,
        sampleRate: Int32(clamping: entry.format.sampleRate), channels: entry.format.channels)
    }
    guard let found = try decoder?.decode(entry.bytes, pts: time) else { return }
    // Nothing real has less, and each sample of it would become hundreds.
    for sound in found where sound.sampleRate >= 1000 {
      let time = sound.pts ?? end
      decoded.append((sound, time))
      end = time + Int64(sound.sound.count) * 1_000_000_000 / Int64(sound.sampleRate)
    }
  }

  /// The next decoded stretch, and its time: by the clock of what was taken.
  mutating func pop() -> (DecodedSound, Int64)? {
    decoded.isEmpty ? nil : decoded.removeFirst()
  }

  /// Brings a stretch to its place in the stream.
  mutating func convert(
    _ decoded: DecodedSound, at mediaTime: Int64
  ) throws(FFmpegError) -> Resampler.Placed? {
    let (rate, channels) = (decoded.sampleRate, decoded.sound.channels)
    if shape?.rate != rate || shape?.channels != channels {
      shape = (rate, channels)
      resampler = try Resampler(fromRate: rate, channels: channels, to: settings)
    }
    return try resampler?.convert(decoded.sound, at: mediaTime)
  }
}
