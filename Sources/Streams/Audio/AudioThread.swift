// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Logging
import Media
import Packaging
import Scheduling
import Sharing

/// The thread of a stream's sound: fills the window with silence, then takes sound where it comes from, encodes and
/// publishes it.
struct AudioThread: Sendable {
  /// How long sound waits for the grid to say whether a segment begins after a step of the wall clock; nanoseconds
  /// beyond the input delay of the pictures.
  private static let patience: Int64 = 2_000_000_000

  let configuration: StreamConfiguration
  let segmentation: AudioSegmentation
  let window: LiveWindow
  /// The clock with which the stream began.
  let clock: StreamClock
  let firstSegment: Int64
  let feed: SlotFeed
  /// The input's sound as it comes.
  let queue: AudioQueue
  /// Ends the thread.
  let stop: StopFlag
  /// Set before `stop` where the stream ends, so that what is left is published.
  let ending: StopFlag
  let statistics: Locked<StreamStatistics>
  let log: Log

  /// Lives for the stream: describes the track, fills its window, encodes and publishes until told to stop.
  ///
  /// - Parameters:
  ///   - opened: called when the encoder is open.
  ///   - goLive: called when the window is full up to now; false where the stream does not begin.
  /// - Throws: the encoder's error.
  func run(
    opened: () -> Void, goLive: () throws(FFmpegError) -> Bool
  ) throws(FFmpegError) {
    if case .input(let passed?) = configuration.audio {
      var track = try CopiedAudioTrack(passed, segmentation: segmentation, from: firstSegment)
      describe(track)
      opened()
      try fill(&track)
      guard try goLive() else { return }
      try input.pass(&track, passed, emit: publish)
      try finish(&track)
    } else {
      var track = try EncodedAudioTrack(
        configuration.audioSettings, segmentation: segmentation, from: firstSegment)
      describe(track)
      opened()
      try fill(&track)
      guard try goLive() else { return }
      try live(&track)
      try finish(&track)
    }
  }

  private func describe<Track: AudioTrack & ~Copyable>(_ track: borrowing Track) {
    let settings = configuration.audioSettings
    window.describe(
      TrackDescription(
        rendition: StreamConfiguration.audioName, codecs: track.codecs,
        bandwidth: settings.peakBandwidth(segmentation),
        averageBandwidth: settings.averageBandwidth(segmentation),
        content: .audio(channels: settings.channels), segmentation: .audio(segmentation),
        header: track.header))
  }

  /// Fills the window with silence up to now.
  private func fill<Track: AudioTrack & ~Copyable>(_ track: inout Track) throws(FFmpegError) {
    let now = clock.mediaTime(at: SystemClock.monotonic, on: configuration.segmentation)
    for chunk in try track.prefill(to: segmentation.sample(atOrBefore: now)) {
      window.appendPrefill(Self.published(chunk, at: 0))
    }
  }

  /// Where the stream ends, and does not only stop, what is left is published.
  private func finish<Track: AudioTrack & ~Copyable>(_ track: inout Track) throws(FFmpegError) {
    guard ending.isSet else { return }
    for chunk in try track.finish() { publish(chunk, at: SystemClock.wall) }
  }

  private func live(_ track: inout EncodedAudioTrack) throws(FFmpegError) {
    switch configuration.audio {
    case .none: return
    case .tone: try tone(&track)
    case .device(let name):
      let device = DeviceAudio(
        device: name, settings: configuration.audioSettings, stream: configuration.name,
        video: configuration.segmentation, stop: stop, log: log, clock: { currentClock },
        mapping: {
          var clock = SourceClock()
          return { clock.captureTime(.audio, pts: $0, arrival: $1) }
        })
      try device.run(&track, emit: publish)
    case .input: try input.encode(&track, emit: publish)
    }
  }

  private var input: InputAudio {
    InputAudio(
      configuration: configuration, queue: queue, stop: stop, log: log, clock: { currentClock },
      patience: configuration.audioPatience)
  }

  /// Makes the test tone as time passes.
  private func tone(_ track: inout EncodedAudioTrack) throws(FFmpegError) {
    SystemClock.sharpenSleep()
    let settings = configuration.audioSettings
    let tone = TestTone(sampleRate: settings.sampleRate, channels: settings.channels)
    let pacer = TonePacer(segmentation: segmentation)
    while !stop.isSet {
      let clock = currentClock
      let due = clock.monotonic(
        at: pacer.nextPart(after: track.next), on: configuration.segmentation)
      let now = SystemClock.monotonic
      guard due <= now else {
        SystemClock.sleep(until: min(due, now + 50_000_000))
        continue
      }
      let next = track.next
      let end = pacer.end(at: clock.mediaTime(at: now, on: configuration.segmentation))
      // A second at a time, since the grid may have skipped ahead.
      let audio = tone.audio(
        from: next, count: Int(min(end - next, Int64(segmentation.sampleRate))),
        announced: clock.announcedOffset)
      try track.emit(try track.take(audio, at: next), to: publish)
    }
  }

  /// The stream's clock with what it has taken over of the wall clock since.
  private var currentClock: StreamClock { feed.read(\.clock) ?? clock }

  /// Publishes a chunk; where it begins a segment that the grid has skipped, it is dropped instead.
  private func publish(_ chunk: AudioChunk) -> Int64? {
    let place = segmentation.partPosition(of: chunk.firstFrame)
    if place.position == 0, let step = step(before: place.segment) {
      window.announce(offset: step.offset, skipped: step.skipped)
      if step.skipped > 0 { return step.segment }
    }
    publish(chunk, at: SystemClock.wall)
    return nil
  }

  private func publish(_ chunk: AudioChunk, at wall: Int64) {
    window.publish(Self.published(chunk, at: wall))
    let end = segmentation.nanoseconds(chunk.firstFrame + chunk.frames)
    let due = currentClock.monotonic(at: end, on: configuration.segmentation)
    let lateness = SystemClock.monotonic - due
    let place = configuration.renditions.count
    statistics.withLock { statistics in
      statistics.renditions[place].mediaBytes += UInt64(chunk.bytes.count)
      statistics.renditions[place].partLateness.observe(Double(lateness) / 1e9)
      let duration = chunk.frames * AudioSegmentation.samplesPerFrame
      statistics.renditions[place].partDuration.observe(
        Double(duration) / Double(segmentation.sampleRate))
    }
  }

  private static func published(_ chunk: AudioChunk, at wall: Int64) -> Chunk {
    Chunk(
      frame: chunk.firstFrame, frames: chunk.frames, isIndependent: true,
      duration: chunk.frames * AudioSegmentation.samplesPerFrame, captured: chunk.captured,
      published: wall, bytes: chunk.bytes)
  }

  /// The step of the wall clock with which segment `number` begins, if there is one: waits until the grid has come to
  /// it, which it has as a rule, so that the Discontinuities of all renditions stand before the same segment.
  private func step(before number: Int64) -> ClockStep? {
    let first = configuration.segmentation.firstFrame(of: number)
    let deadline = SystemClock.monotonic + configuration.inputDelay + Self.patience
    while !stop.isSet, SystemClock.monotonic < deadline {
      if let (next, steps) = feed.read({ ($0.nextFrameIndex, $0.steps) }), next > first {
        return steps.last { $0.expected == number }
      }
      SystemClock.sleep(until: SystemClock.monotonic + 1_000_000)
    }
    return nil
  }
}

extension AudioEncoderSettings {
  /// AVERAGE-BANDWIDTH: what the encoder is told to make, and what boxes add; bits a second, constant.
  func averageBandwidth(_ segmentation: AudioSegmentation) -> Int64 {
    let part = ChunkWriter.overhead(ofRun: Int(segmentation.framesPerPart))
    let boxes = part * segmentation.mostPartsPerSegment + ChunkWriter.overhead.segment
    let segment = max(1, segmentation.video.segmentNanoseconds)
    return Int64(bitrateKilobits) * 1000 + boxes * 8 * 1_000_000_000 / segment
  }

  /// BANDWIDTH: a segment may be a tenth larger; bits a second, constant.
  func peakBandwidth(_ segmentation: AudioSegmentation) -> Int64 {
    averageBandwidth(segmentation) + Int64(bitrateKilobits) * 100
  }
}
