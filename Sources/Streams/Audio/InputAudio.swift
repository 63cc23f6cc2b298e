// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Sharing

/// The sound of an input on the thread of the sound: passed through, or decoded and coded anew; silence while there is
/// none.
struct InputAudio: Sendable {
  /// How often is looked for what has come; nanoseconds.
  private static let interval: Int64 = 5_000_000

  let configuration: StreamConfiguration
  let queue: AudioQueue
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
    _ track: inout CopiedAudioTrack, _ passed: CopiedAudioFormat, emit outlet: AudioChunkHandler
  ) throws(FFmpegError) {
    var refused: InputDescription.Audio?
    var patience = AudioGracePeriod(patience)
    while !stop.isSet {
      for entry in queue.due(horizon) {
        guard CopiedAudioFormat(entry.format)?.fits(passed) == true else {
          if refused != entry.format { report(entry.format) }
          refused = entry.format
          continue
        }
        let time = clock().mediaTime(at: entry.captured, on: configuration.segmentation)
        note(time, beside: track.next, in: track.segmentation, &patience)
        try track.emit(track.take(entry.bytes, at: time), to: outlet)
      }
      try rest(&track, outlet, patience)
    }
  }

  /// Decodes, keeps the sound at its media time and encodes it, until told to stop.
  ///
  /// - Throws: the encoder's error.
  func encode(_ track: inout EncodedAudioTrack, emit outlet: AudioChunkHandler) throws(FFmpegError)
  {
    var coded = AudioInputDecoder(settings: configuration.audioSettings)
    var patience = AudioGracePeriod(patience)
    while !stop.isSet {
      for entry in queue.due(horizon) {
        do throws(FFmpegError) { try coded.take(entry, at: entry.captured) } catch {
          report(entry.format, error)
        }
        while let (audio, captured) = coded.pop() {
          let time = clock().mediaTime(at: captured, on: configuration.segmentation)
          note(time, beside: track.next, in: track.segmentation, &patience)
          guard let placed = try coded.convert(audio, at: time) else { continue }
          try track.emit(try track.take(placed.audio, at: placed.position), to: outlet)
        }
      }
      try rest(&track, outlet, patience)
    }
  }

  /// Notes sound that comes when there is silence at its time already.
  private func note(
    _ time: Int64, beside next: Int64, in segmentation: AudioSegmentation,
    _ patience: inout AudioGracePeriod
  ) {
    guard segmentation.sample(atOrBefore: time) + AudioSegmentation.samplesPerFrame / 2 < next
    else { return }
    let now = clock().mediaTime(at: SystemClock.monotonic, on: configuration.segmentation)
    patience.took(late: now - time)
  }

  /// What was captured a coded frame ago has ended by now.
  private var horizon: Int64 {
    let frame = AudioSegmentation.samplesPerFrame * 1_000_000_000
    return SystemClock.monotonic - frame / Int64(configuration.audioSettings.sampleRate)
  }

  /// What is overdue is silence; then a pause.
  private func rest<Track: AudioTrack & ~Copyable>(
    _ track: inout Track, _ outlet: AudioChunkHandler, _ patience: AudioGracePeriod
  ) throws(FFmpegError) {
    let overdue = clock().mediaTime(
      at: SystemClock.monotonic - patience.nanoseconds, on: configuration.segmentation)
    try track.fill(to: track.segmentation.sample(atOrBefore: overdue), emit: outlet)
    SystemClock.sleep(until: SystemClock.monotonic + Self.interval)
  }

  private func report(_ format: InputDescription.Audio, _ error: FFmpegError? = nil) {
    let reason = error.map { "\($0)" } ?? "other parameters than the stream began with"
    log.write(
      .warning, "sound-refused", stream: configuration.name,
      "\(format.codec), \(format.sampleRate) Hz, \(format.channels) channels: \(reason); silence")
  }
}
