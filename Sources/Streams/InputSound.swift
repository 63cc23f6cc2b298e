import Capture
import Logging
import Media
import Sharing

/// The sound of an input on the thread of the sound: passed through, or decoded and coded anew; silence while there is
/// none.
struct InputSound: Sendable {
  /// How often is looked for what has come; nanoseconds.
  private static let interval: Int64 = 5_000_000

  let configuration: StreamConfiguration
  let queue: SoundQueue
  let stop: StopFlag
  let log: Log
  /// The stream's clock as it is now.
  let clock: @Sendable () -> StreamClock
  /// What has not come so long after its time is silence; nanoseconds.
  let patience: Int64

  /// Passes AAC frames through until told to stop.
  ///
  /// - Throws: the encoder's error.
  func pass(
    _ track: inout PassedTrack, _ passed: PassedSound, emit outlet: SoundOutlet
  ) throws(FFmpegError) {
    var refused: InputDescription.Audio?
    while !stop.isSet {
      for entry in queue.due(horizon) {
        guard PassedSound(entry.format)?.fits(passed) == true else {
          if refused != entry.format { report(entry.format) }
          refused = entry.format
          continue
        }
        let time = clock().mediaTime(at: entry.captured, on: configuration.cadence)
        try track.emit(track.take(entry.bytes, at: time), to: outlet)
      }
      try rest(&track, outlet)
    }
  }

  /// Decodes, keeps the sound at its media time and encodes it, until told to stop.
  ///
  /// - Throws: the encoder's error.
  func encode(_ track: inout SoundTrack, emit outlet: SoundOutlet) throws(FFmpegError) {
    var coded = CodedInput(settings: configuration.soundSettings)
    while !stop.isSet {
      for entry in queue.due(horizon) {
        do throws(FFmpegError) { try coded.take(entry) } catch { report(entry.format, error) }
        while let (sound, captured) = coded.pop() {
          let time = clock().mediaTime(at: captured, on: configuration.cadence)
          guard let placed = try coded.convert(sound, at: time) else { continue }
          try track.emit(try track.take(placed.sound, at: placed.position), to: outlet)
        }
      }
      try rest(&track, outlet)
    }
  }

  /// What was captured a coded frame ago has ended by now.
  private var horizon: Int64 {
    let frame = AudioCadence.samplesPerFrame * 1_000_000_000
    return SystemClock.monotonic - frame / Int64(configuration.soundSettings.sampleRate)
  }

  /// What is overdue is silence; then a pause.
  private func rest<Track: LiveSound & ~Copyable>(
    _ track: inout Track, _ outlet: SoundOutlet
  ) throws(FFmpegError) {
    let overdue = clock().mediaTime(
      at: SystemClock.monotonic - patience, on: configuration.cadence)
    try track.fill(to: track.cadence.sample(atOrBefore: overdue), emit: outlet)
    SystemClock.sleep(until: SystemClock.monotonic + Self.interval)
  }

  private func report(_ format: InputDescription.Audio, _ error: FFmpegError? = nil) {
    let reason = error.map { "\($0)" } ?? "other parameters than the stream began with"
    log.write(
      .warning, "sound-refused", stream: configuration.name,
      "\(format.codec), \(format.sampleRate) Hz, \(format.channels) channels: \(reason); silence")
  }
}

extension PassedSound {
  /// Whether a decoder that was set up for `other` understands this sound.
  fileprivate func fits(_ other: PassedSound) -> Bool { settings == other.settings }
}

/// An input's sound on its way through decoder and resampler; confined to one thread.
private struct CodedInput: ~Copyable {
  let settings: AudioEncoderSettings
  private var format: InputDescription.Audio?
  private var decoder: AudioDecoder?
  private var resampler: Resampler?
  private var shape: (rate: Int32, channels: Int)?
  private var decoded: [(sound: DecodedSound, captured: Int64)] = []
  /// When the sound ends that was decoded last.
  private var end: Int64 = 0

  init(settings: AudioEncoderSettings) { self.settings = settings }

  /// Decodes what came; what changed in its format makes a new decoder.
  mutating func take(_ entry: SoundQueue.Entry) throws(FFmpegError) {
    if entry.format != format {
      format = entry.format
      decoder = nil
      decoder = try AudioDecoder(
        codec: entry.format.codec, extradata: entry.format.configuration,
        sampleRate: Int32(clamping: entry.format.sampleRate), channels: entry.format.channels)
    }
    guard let found = try decoder?.decode(entry.bytes, pts: entry.captured) else { return }
    for sound in found where sound.sampleRate > 0 {
      let captured = sound.pts ?? end
      decoded.append((sound, captured))
      end = captured + Int64(sound.sound.count) * 1_000_000_000 / Int64(sound.sampleRate)
    }
  }

  /// The next decoded stretch, and when it was captured.
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
