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
    var patience = SoundPatience(patience)
    while !stop.isSet {
      for entry in queue.due(horizon) {
        guard PassedSound(entry.format)?.fits(passed) == true else {
          if refused != entry.format { report(entry.format) }
          refused = entry.format
          continue
        }
        let time = clock().mediaTime(at: entry.captured, on: configuration.cadence)
        note(time, beside: track.next, in: track.cadence, &patience)
        try track.emit(track.take(entry.bytes, at: time), to: outlet)
      }
      try rest(&track, outlet, patience)
    }
  }

  /// Decodes, keeps the sound at its media time and encodes it, until told to stop.
  ///
  /// - Throws: the encoder's error.
  func encode(_ track: inout SoundTrack, emit outlet: SoundOutlet) throws(FFmpegError) {
    var coded = CodedInput(settings: configuration.soundSettings)
    var patience = SoundPatience(patience)
    while !stop.isSet {
      for entry in queue.due(horizon) {
        do throws(FFmpegError) { try coded.take(entry, at: entry.captured) } catch {
          report(entry.format, error)
        }
        while let (sound, captured) = coded.pop() {
          let time = clock().mediaTime(at: captured, on: configuration.cadence)
          note(time, beside: track.next, in: track.cadence, &patience)
          guard let placed = try coded.convert(sound, at: time) else { continue }
          try track.emit(try track.take(placed.sound, at: placed.position), to: outlet)
        }
      }
      try rest(&track, outlet, patience)
    }
  }

  /// Notes sound that comes when there is silence at its time already.
  private func note(
    _ time: Int64, beside next: Int64, in cadence: AudioCadence, _ patience: inout SoundPatience
  ) {
    guard cadence.sample(atOrBefore: time) + AudioCadence.samplesPerFrame / 2 < next else { return }
    let now = clock().mediaTime(at: SystemClock.monotonic, on: configuration.cadence)
    patience.took(late: now - time)
  }

  /// What was captured a coded frame ago has ended by now.
  private var horizon: Int64 {
    let frame = AudioCadence.samplesPerFrame * 1_000_000_000
    return SystemClock.monotonic - frame / Int64(configuration.soundSettings.sampleRate)
  }

  /// What is overdue is silence; then a pause.
  private func rest<Track: LiveSound & ~Copyable>(
    _ track: inout Track, _ outlet: SoundOutlet, _ patience: SoundPatience
  ) throws(FFmpegError) {
    let overdue = clock().mediaTime(
      at: SystemClock.monotonic - patience.nanoseconds, on: configuration.cadence)
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
