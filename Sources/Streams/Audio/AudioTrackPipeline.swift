// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Packaging
import Sharing
import Time

/// The work of an audio track: a source, a placer and a publisher, by the media clock.
///
/// Silence replaces audio that is later than the grace period. Beside pass-through video, audio is
/// published up to the newest video frame and has the discontinuity periods of the video. Confined
/// to one thread.
struct AudioTrackPipeline: ~Copyable {
  private let track: AudioTrackSettings
  /// Gets the calls of the codecs.
  private let watch: CallWatchdog
  private let segmentation: AudioSegmentation
  private let clock: any MediaClock
  private let queue: AudioQueue
  private var source: (any LocalAudioSource)?
  /// Nil if audio is never late.
  private var gracePeriod: AudioGracePeriod?
  private var awaited = AwaitedAudio()

  /// The format of copied audio; nil if audio is encoded.
  private var format: CopiedAudioFormat?
  private var placer: AudioPlacer
  private var publisher: AudioPublisher
  /// The current period, or the one that starts next.
  private var index: Int64 = 0
  private var hasBegun: Bool
  /// The times of copied frames in the period minus those of their grid, in samples.
  private var phase: Int64 = 0
  /// AAC frames that are not published yet.
  private var frames: [EncodedAudioFrame] = []
  private var reports: AudioReports
  private let statistics: Locked<StreamStatistics>
  /// Whether the state names the audio of this track.
  private var isUndecodable = false

  /// Opens the encoder and describes the track to the sink.
  ///
  /// - Parameters:
  ///   - output: the track and its sink.
  ///   - stream: the name of the stream, for the log.
  ///   - firstSegment: the first segment; nil if each period starts with its video.
  ///   - published: the end of what an earlier process has published; nil if there is none.
  ///   - clock: the media clock of the video.
  ///   - source: of the audio; nil if an input pushes it to the queue of `output`.
  ///   - gracePeriod: how late audio may be; nil if it is never late.
  ///   - statistics: of the stream.
  ///   - watch: gets the calls of the codecs. Publishing is none: it waits for a slow server.
  ///   - log: of the program.
  /// - Throws: the encoder's or the muxer's error.
  init(
    _ output: AudioOutput, stream: String, from firstSegment: Int64?,
    after published: ResumePoint? = nil, clock: any MediaClock,
    source: (any LocalAudioSource)? = nil, gracePeriod: Interval?,
    statistics: Locked<StreamStatistics>, watch: CallWatchdog = CallWatchdog(), log: Log
  ) throws(FFmpegError) {
    (track, segmentation, queue) = (output.settings, output.segmentation, output.queue)
    self.watch = watch
    self.clock = clock
    self.source = source
    self.gracePeriod = gracePeriod.map(AudioGracePeriod.init)
    reports = AudioReports(stream: stream, log: log)
    self.statistics = statistics
    hasBegun = firstSegment != nil
    // A track with the frames of its source is silent until there are some.
    var format = track.format
    let placer = try AudioPlacer.copying(
      &format, track.encoder,
      from: firstSegment.map { published?.end ?? output.segmentation.firstFrame(of: $0) } ?? 1,
      watch, reports)
    self.format = format
    publisher = AudioPublisher(
      Self.description(placer, track, segmentation), segmentation: segmentation,
      window: output.sink, after: published?.segment, clock: clock, statistics: statistics,
      rendition: output.index)
    self.placer = placer
  }

  /// Fills the window with silence up to the media time `now`.
  ///
  /// - Throws: the encoder's error.
  mutating func prefill(to now: MediaTime) throws(FFmpegError) {
    publisher.prefill(try placer.prefill(to: frame(at: now)))
  }

  /// Publishes the audio of a source that the thread reads, until `stop` is set.
  ///
  /// - Throws: the error if no other encoder can be opened after an error.
  mutating func run(until stop: StopFlag) throws(FFmpegError) {
    while !stop.isSet {
      do throws(FFmpegError) {
        if let placed = try source?.read(into: &placer) { frames += placed }
      } catch { try recover(error) }
      try advance(to: SystemClock.monotonicTime)
    }
  }

  /// Publishes the audio that is available at `now`, and silence for late audio.
  ///
  /// After an error another encoder continues, with silence.
  ///
  /// - Throws: the error if no other encoder can be opened.
  mutating func advance(to now: MonotonicTime) throws(FFmpegError) {
    do throws(FFmpegError) { while try advancePeriod(now) {} } catch { try recover(error) }
  }

  /// Publishes the remaining audio: the stream ends.
  mutating func finish() {
    guard hasBegun, let (period, _) = clock.periods(from: index, now: SystemClock.monotonicTime),
      period.index == index
    else { return }
    do throws(FFmpegError) {
      frames += try placer.finish()
      try publish(period)
    } catch { reports.failed(error) }
    publisher.flush(period)
  }

  /// Continues with another encoder after an error of the present one.
  private mutating func recover(_ error: FFmpegError) throws(FFmpegError) {
    reports.failed(error)
    try placer.recover()
  }

  /// Publishes the available audio of the current period.
  ///
  /// - Returns: whether the period is complete and another one follows.
  private mutating func advancePeriod(_ now: MonotonicTime) throws(FFmpegError) -> Bool {
    guard let (period, next) = clock.periods(from: index, now: now) else { return false }
    // Lateness is relative to the newest video frame, since media that a sender has buffered
    // arrives at once. After the last video frame of a period it is relative to the clock.
    let newest = period.newest.captured
    let followed = period.newestFrame == nil ? newest : awaited.followed(newest, at: now)
    let present = next == nil ? followed : now
    let late = gracePeriod.map { frame(at: period.mediaTime(at: present - $0.interval)) } ?? .min
    if period.index != index || !hasBegun {
      let isDue = next != nil || late > firstFrame(of: period)
      guard try begin(period, next, isDue: isDue) else { return false }
    }
    let end = end(of: period)
    let isOver = try place(period, next, before: end, now)
    try fill(to: isOver ? end : min(late, end), in: period)
    guard next != nil, isOver || late >= end else { return false }
    frames += try placer.finish()
    try publish(period)
    publisher.flush(period)
    frames = []
    hasBegun = false
    index = period.index + 1
    return true
  }

  /// Begins a period with the format of its first packet, or with the last known format.
  ///
  /// - Returns: whether the period has begun; false while a packet may still make the format known.
  private mutating func begin(
    _ period: PeriodAlignment, _ next: PeriodAlignment?, isDue: Bool
  ) throws(FFmpegError) -> Bool {
    let periodStart = start(of: period)
    while queue.pop(where: { $0.captured < periodStart }) != nil {}
    let end = next.map { start(of: $0) } ?? .distantFuture
    let found = queue.first.flatMap { $0.captured < end ? $0 : nil }
    guard found != nil || isDue else { return false }
    if case .input(.some) = track.source, let found { choose(found.format) }
    let placer = try AudioPlacer.copying(
      &format, track.encoder, from: firstFrame(of: period), watch, reports)
    (index, hasBegun) = (period.index, true)
    // Copied frames cannot be cut: their times are those of the source, not those of the grid.
    phase = 0
    if format != nil, let found, period.reference != nil {
      phase = segmentation.phase(
        of: period.mediaTime(pts: found.pts, captured: found.captured))
    }
    publisher.begin(period, Self.description(placer, track, segmentation), phase: phase)
    self.placer = placer
    return true
  }

  /// Copies audio that has the sample rate of the stream, and in a track of AAC its channels.
  ///
  /// Other audio is encoded in the format of the track.
  private mutating func choose(_ found: InputDescription.Audio) {
    let copied = CopiedAudioFormat(found, as: track.alternative?.codec)?
      .speaking(track.encoder.language)
    guard let copied, copied.settings.sampleRate == segmentation.sampleRate,
      copied.length == segmentation.samplesPerFrame,
      track.alternative != nil || copied.isLike(track.encoder)
    else { return }
    if copied != format { reports.changed(found) }
    format = copied
  }

  /// Places the packets that belong before the AAC frame `end`, and publishes them.
  ///
  /// - Returns: whether the next packet belongs to the next period.
  private mutating func place(
    _ period: PeriodAlignment, _ next: PeriodAlignment?, before end: Int64, _ now: MonotonicTime
  ) throws(FFmpegError) -> Bool {
    let half = segmentation.samplesPerFrame / 2
    // An AAC frame is available at its end, and a file may supply packets before their time.
    let present = period.mediaTime(at: now)
    let limit =
      period.newestFrame == nil
      ? segmentation.sample(atOrBefore: present) - half : segmentation.ticks(end)
    let nextStart = next.map { start(of: $0) } ?? .distantFuture
    let segmentation = segmentation
    let phase = Interval(ticks: phase, timescale: Int64(segmentation.sampleRate))
    // By the grid, for the positions of frames.
    func mediaTime(_ entry: AudioQueue.Entry) -> MediaTime {
      period.mediaTime(pts: entry.pts, captured: entry.captured) - phase
    }
    func isAhead(_ entry: AudioQueue.Entry) -> Bool {
      segmentation.sample(atOrBefore: mediaTime(entry)) + half >= limit
    }
    while let entry = queue.pop(where: { $0.captured < nextStart && (next != nil || !isAhead($0)) })
    {
      // Audio after the last video frame of a period is omitted.
      if isAhead(entry) { continue }
      guard placer.accepts(entry.format) || placer.canEncode else {
        reports.refused(entry.format, "other parameters than the track has")
        continue
      }
      if format != nil {
        let isCopied = placer.accepts(entry.format)
        reports.placed(entry.format, encodedAt: isCopied ? nil : segmentation.sampleRate)
      }
      awaited.arrived(at: now)
      let mediaTime = mediaTime(entry)
      if segmentation.sample(atOrBefore: mediaTime) + half < placer.next {
        gracePeriod?.count(lateness: present - mediaTime)
      }
      do throws(FFmpegError) { frames += try placer.place(entry, at: mediaTime) } catch {
        reports.refused(entry.format, "\(error)")
        try placer.recover()
      }
      note(entry.format)
      try publish(period)
    }
    return queue.first.map { $0.captured >= nextStart } ?? false
  }

  /// Names audio of this format in log and state if it cannot be decoded.
  private mutating func note(_ format: InputDescription.Audio) {
    guard placer.isUndecodable != isUndecodable else { return }
    isUndecodable.toggle()
    if isUndecodable { reports.undecodable(format) }
    statistics.withLock { [isUndecodable] statistics in
      if isUndecodable {
        statistics.audioFaults.insert(.undecodable)
      } else {
        statistics.audioFaults.remove(.undecodable)
      }
    }
  }

  /// Publishes silence at the positions before the AAC frame `index` that have no audio.
  private mutating func fill(to index: Int64, in period: PeriodAlignment) throws(FFmpegError) {
    // bounded: a frame has samples
    while placer.next / segmentation.samplesPerFrame < index {
      frames += try placer.fill(to: index)
      try publish(period)
    }
    try publish(period)
  }

  /// Publishes the AAC frames up to the newest video frame.
  private mutating func publish(_ period: PeriodAlignment) throws(FFmpegError) {
    let end = end(of: period)
    let count = frames.firstIndex { $0.index >= end } ?? frames.count
    let ready = frames.prefix(count)
    frames.removeFirst(count)
    for frame in ready {
      guard let segment = publisher.publish(frame, in: period) else { continue }
      frames = []
      return try placer.jump(to: segmentation.firstFrame(of: segment))
    }
  }

  // MARK: Positions

  private func frame(at mediaTime: MediaTime) -> Int64 {
    // bounded: a frame has samples
    segmentation.sample(atOrBefore: mediaTime) / segmentation.samplesPerFrame
  }

  private func firstFrame(of period: PeriodAlignment) -> Int64 {
    segmentation.frame(holding: period.first.firstFrame)
  }

  /// The AAC frame before which audio may be published: later audio may belong to another segment
  /// or period.
  private func end(of period: PeriodAlignment) -> Int64 {
    guard let newest = period.newestFrame else { return .max }
    return max(segmentation.frame(holding: newest + 1), firstFrame(of: period) + 1)
  }

  /// Audio that was captured before this time belongs to an earlier period.
  ///
  /// One AAC frame before the first video frame: the AAC frame that contains the start of the video
  /// frame starts earlier.
  private func start(of period: PeriodAlignment) -> MonotonicTime {
    period.captured
      // bounded: a division of intervals by 0 is 0
      - .seconds(segmentation.samplesPerFrame) / Int64(segmentation.sampleRate)
  }

  private static func description(
    _ placer: borrowing AudioPlacer, _ track: AudioTrackSettings,
    _ segmentation: AudioSegmentation
  ) -> TrackDescription {
    TrackDescription(
      track, segmentation, codecs: placer.codecs, channels: placer.channels, header: placer.header)
  }
}
