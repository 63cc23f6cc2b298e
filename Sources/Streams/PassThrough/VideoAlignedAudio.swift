// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Logging
import Media
import Packaging
import Sharing

/// The sound of a stream whose pictures are passed through: goes where they go, run by run; one thread's own.
///
/// Segments are the pictures', and sound is published only as far as there are pictures: so it is never ahead of what
/// they decide, and each of their runs is a run of the sound, before the same segment. What has not come in time is
/// silence.
struct VideoAlignedAudio: ~Copyable {
  /// How often is looked for what has come; nanoseconds.
  private static let interval: Int64 = 5_000_000

  private let configuration: StreamConfiguration
  private let segmentation: AudioSegmentation
  private let window: LiveWindow
  private let timeline: Locked<VideoTimeline>
  private let queue: AudioQueue
  private let statistics: Locked<StreamStatistics>
  private let log: Log
  /// What has not come so long after its time is silence; nanoseconds.
  private var patience: AudioGracePeriod

  private var chunker: AudioChunker
  /// The run that comes, or is being published.
  private var index: Int64 = 0
  private var hasBegun = false
  private var audio: PeriodAudio
  /// What can go out as it comes; nil where sound is decoded and coded anew.
  private var passed: CopiedAudioFormat?
  private var headerHash: String
  /// Coded frames behind which there are no pictures yet.
  private var waiting: [EncodedAudioFrame] = []
  /// The run whose first chunk has not been made yet, with its header where that is another.
  private var opening: (run: VideoTimeline.Period, track: TrackDescription?)?
  /// What the wall clock is ahead of media time, in nanoseconds.
  private var offset: Int64 = 0
  /// The segment of the frames that make the next chunk, and that of the chunk that was published last.
  private var segment: Int64?
  private var published: Int64?
  private var refused: InputDescription.Audio?

  /// Describes the track to the window and opens that.
  ///
  /// - Throws: the encoder's or the muxer's error.
  init(
    _ configuration: StreamConfiguration, segmentation: AudioSegmentation, window: LiveWindow,
    timeline: Locked<VideoTimeline>, queue: AudioQueue, patience: Int64,
    statistics: Locked<StreamStatistics>, log: Log
  ) throws(FFmpegError) {
    self.configuration = configuration
    self.segmentation = segmentation
    self.window = window
    self.timeline = timeline
    self.queue = queue
    self.statistics = statistics
    self.log = log
    self.patience = AudioGracePeriod(patience)
    chunker = AudioChunker(segmentation: segmentation)
    if case .input(let passed) = configuration.audio { self.passed = passed }
    let audio = try PeriodAudio(passed, configuration.audioSettings, from: 1)
    let track = Self.description(audio, configuration, segmentation)
    headerHash = track.headerHash
    self.audio = audio
    window.describe(track)
    window.goLive()
  }

  /// Publishes what can be published at the monotonic time `now`; never waits.
  ///
  /// - Throws: the encoder's error.
  mutating func advance(to now: Int64) throws(FFmpegError) {
    while try pass(now) {}
  }

  /// Publishes what comes until told to stop.
  ///
  /// - Throws: the encoder's error.
  mutating func run(until stop: StopFlag) throws(FFmpegError) {
    while !stop.isSet {
      let now = SystemClock.monotonic
      try advance(to: now)
      SystemClock.sleep(until: now + Self.interval)
    }
  }

  /// Publishes what is left, since the stream ends.
  mutating func finish() {
    for chunk in chunker.flush() { publish(chunk) }
  }

  /// Publishes what there is of the current run; true where it is complete and another one follows.
  private mutating func pass(_ now: Int64) throws(FFmpegError) -> Bool {
    let pictures = timeline.withLock { $0 }
    guard let run = pictures.run(atOrAfter: index) else { return false }
    let next = pictures.run(atOrAfter: run.index + 1)
    // Pictures say how late it is: what was kept for a while comes at once, and sound a little behind them. Where they
    // have gone, the clock does.
    let present = next == nil ? run.newestCaptured : now
    let late = pictures.mediaTime(at: present - patience.nanoseconds, in: run)
    let overdue = segmentation.sample(atOrBefore: late) / AudioSegmentation.samplesPerFrame
    if run.index != index || !hasBegun {
      guard try begin(run, next, isDue: next != nil || overdue > first(of: run)) else {
        return false
      }
    }
    // What was captured after the last picture may belong to another segment, or run.
    let end = max(segmentation.frame(holding: run.end), first(of: run) + 1)
    let isOver = try take(run, next, before: end, pictures, now)
    waiting += try audio.fill(to: isOver ? end : min(overdue, end))
    guard next != nil, isOver || overdue >= end else {
      publish(run, before: end)
      return false
    }
    waiting += try audio.finish()
    publish(run, before: end)
    finish()
    waiting = []
    hasBegun = false
    index = run.index + 1
    return true
  }

  /// Begins a run with the format of what comes first in it, or the last known; false where that may come yet.
  private mutating func begin(
    _ run: VideoTimeline.Period, _ next: VideoTimeline.Period?, isDue: Bool
  ) throws(FFmpegError) -> Bool {
    let border = border(before: run)
    while queue.pop(where: { $0.captured < border }) != nil {}
    let end = next.map { self.border(before: $0) } ?? .max
    let comes = queue.first.flatMap { $0.captured < end ? $0.format : nil }
    guard comes != nil || isDue else { return false }
    (index, hasBegun, offset) = (run.index, true, run.offset)
    if case .input(.some) = configuration.audio, let comes { choose(comes) }
    audio = try PeriodAudio(passed, configuration.audioSettings, from: first(of: run))
    let track = Self.description(audio, configuration, segmentation)
    opening = (run, track.headerHash == headerHash ? nil : track)
    headerHash = track.headerHash
    return true
  }

  /// Sound of the stream's rate goes out as it comes, with a header of its own where it must; other sound is coded anew
  /// at that rate.
  private mutating func choose(_ format: InputDescription.Audio) {
    let found = CopiedAudioFormat(format).flatMap {
      $0.settings.sampleRate == segmentation.sampleRate ? $0 : nil
    }
    if found != passed {
      log.write(
        .info, "sound-parameters", stream: configuration.name,
        "the source's sound is another now: \(format.codec), \(format.sampleRate) Hz, "
          + "\(format.channels) channels; "
          + (found == nil ? "decoded and encoded at \(segmentation.sampleRate) Hz" : "as it comes"))
    }
    passed = found
  }

  /// Takes what has come of the sound before the AAC frame `end`; true where what comes is of the next run.
  private mutating func take(
    _ run: VideoTimeline.Period, _ next: VideoTimeline.Period?, before end: Int64,
    _ pictures: VideoTimeline, _ now: Int64
  ) throws(FFmpegError) -> Bool {
    let present = pictures.mediaTime(at: now, in: run)
    let border = next.map { self.border(before: $0) } ?? .max
    let half = AudioSegmentation.samplesPerFrame / 2
    func time(_ entry: AudioQueue.Entry) -> Int64 {
      pictures.mediaTime(pts: entry.pts, captured: entry.captured, in: run)
    }
    func isAhead(_ entry: AudioQueue.Entry) -> Bool {
      segmentation.sample(atOrBefore: time(entry)) + half >= segmentation.ticks(end)
    }
    while let entry = queue.pop(where: { $0.captured < border && (next != nil || !isAhead($0)) }) {
      // Where the run has ended, what is behind its last picture is left out.
      if isAhead(entry) { continue }
      guard audio.accepts(entry.format) else {
        report(entry.format, "other parameters than the run began with")
        continue
      }
      if segmentation.sample(atOrBefore: time(entry)) + half < audio.next {
        patience.took(late: present - time(entry))
      }
      do throws(FFmpegError) { waiting += try audio.take(entry, at: time(entry)) } catch {
        report(entry.format, "\(error)")
      }
    }
    return queue.first.map { $0.captured >= border } ?? false
  }

  /// What was captured before it is of an earlier run; monotonic nanoseconds.
  ///
  /// The frame that contains the first picture's moment begins earlier.
  private func border(before run: VideoTimeline.Period) -> Int64 {
    run.captured - AudioSegmentation.samplesPerFrame * 1_000_000_000
      / Int64(segmentation.sampleRate)
  }

  private func first(of run: VideoTimeline.Period) -> Int64 {
    segmentation.frame(holding: run.first)
  }

  // MARK: Publishing

  /// Makes chunks of the frames that are before the AAC frame `end`.
  ///
  /// Where segments are free the last chunk of one is complete with the first frame of the next: only then the picture
  /// is there that says so.
  private mutating func publish(_ run: VideoTimeline.Period, before end: Int64) {
    let count = waiting.firstIndex { $0.index >= end } ?? waiting.count
    let frames = waiting.prefix(count)
    waiting.removeFirst(count)
    for frame in frames {
      let begun = run.segments.last { segmentation.frame(holding: $0.first) <= frame.index }
      let captured = segmentation.nanoseconds(frame.index) + offset
      let start = begun.flatMap {
        segmentation.video.hasVariableDuration ? segmentation.frame(holding: $0.first) : nil
      }
      if let start, start == frame.index { finish() }
      let segment = begun?.number ?? segment ?? run.number
      self.segment = segment
      for chunk in chunker.add(frame.bytes, frame: frame.index, captured: captured, from: start) {
        publish(chunk)
      }
    }
  }

  private mutating func publish(_ chunk: AudioChunk) {
    let wall = SystemClock.wall
    let number =
      segmentation.video.hasVariableDuration ? segment : segmentation.segment(of: chunk.firstFrame)
    let made = Chunk(
      frame: chunk.firstFrame, frames: chunk.frames, segment: number, isIndependent: true,
      duration: segmentation.ticks(chunk.frames), captured: chunk.captured, published: wall,
      bytes: chunk.bytes)
    if let (run, track) = opening {
      let skipped = published.map { run.number - $0 - 1 } ?? 0
      window.begin([made], offset: run.offset, skipped: skipped, track: track)
      opening = nil
    } else {
      window.publish(made)
    }
    published = number
    let end = segmentation.nanoseconds(chunk.firstFrame + chunk.frames) + offset
    let (place, rate) = (configuration.renditions.count, Double(segmentation.sampleRate))
    statistics.withLock { statistics in
      statistics.renditions[place].mediaBytes += UInt64(chunk.bytes.count)
      statistics.renditions[place].partLateness.observe(Double(wall - end) / 1e9)
      statistics.renditions[place].partDuration.observe(Double(made.duration) / rate)
    }
  }

  private static func description(
    _ audio: borrowing PeriodAudio, _ configuration: StreamConfiguration,
    _ segmentation: AudioSegmentation
  ) -> TrackDescription {
    let settings = configuration.audioSettings
    return TrackDescription(
      rendition: StreamConfiguration.audioName, codecs: audio.codecs,
      bandwidth: settings.peakBandwidth(segmentation),
      averageBandwidth: settings.averageBandwidth(segmentation),
      content: .audio(channels: audio.channels), segmentation: .audio(segmentation),
      header: audio.header)
  }

  private mutating func report(_ format: InputDescription.Audio, _ reason: String) {
    guard refused != format else { return }
    refused = format
    log.write(
      .warning, "sound-refused", stream: configuration.name,
      "\(format.codec), \(format.sampleRate) Hz, \(format.channels) channels: \(reason); silence")
  }
}
