// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Logging
import Media
import Packaging
import Scheduling
import Sharing
import Time

@testable import Streams

/// The windows of a stream, and what fills them from an input: no threads, no encoders of video.
final class MediaSession {
  static let segment = Interval.milliseconds(400)
  private static let size = VideoSize(width: 128, height: 96) ?? .hd720
  /// The frame before the first of the input; the same in all sessions.
  private static let slate = Result { () throws(FFmpegError) in try SlateFrame.make(size: size) }

  let target: InputTarget
  /// The track of a stream that is passed through; nil if frames are decoded.
  let track: PassThroughTrack?
  /// The property that does not hold; nil if all hold.
  private(set) var violation: String?

  private let video: LiveWindow
  private let audio: LiveWindow?
  private let feed = SlotFeed(renditions: 1, capacity: 4)
  private var pipeline: AudioTrackPipeline?
  private var last: MonotonicTime

  /// A session that begins at `now`.
  ///
  /// - Throws: the error of the encoder, or in the parameter sets.
  init(_ facts: SourceFacts, now: MonotonicTime) throws(FFmpegError) {
    var fit: PassThroughAnalysis.Fit?
    if case .fits(let found) = facts.passThrough { fit = found }
    let rate = fit?.rate ?? facts.rate
    let length = fit.map { FrameGrid(rate: rate).duration(ofFrames: $0.segmentFrames).microseconds }
    let segmentation = Segmentation(
      rate: rate, segmentMicroseconds: max(length ?? 0, Self.segment.microseconds),
      partMicroseconds: 100_000,
      maximumGroupMicroseconds: fit?.hasVariableDuration == true ? 4_000_000 : nil)
    var configuration = StreamConfiguration(
      renditions: RenditionSettings.ladder([(size: Self.size, bitrateKilobits: 2500)]),
      segmentation: segmentation)
    configuration.source = .network(facts)
    configuration.passesThrough = fit != nil
    configuration.audioTracks = [facts.description.audio].compactMap(\.self)
      .map { AudioTrackSettings($0) }
    let log = Log(format: .text, least: .debug) { _ in }
    if case .unfit(let reason) = facts.passThrough {
      log.write(.info, "passthrough", stream: "live", "\(reason)")
    }
    let statistics = Locked(StreamStatistics(renditions: 2))
    video = LiveWindow(segmentation: .video(segmentation), playlistLength: 10, retained: 100)
    last = now
    let clock = StreamClock(
      wall: WallTime(now, plus: SystemClock.wallMinusMonotonic), monotonic: now)
    let frame = clock.frame(atOrAfter: now, on: segmentation.grid)
    let first = segmentation.segment(of: frame)
    let kind: InputTarget.Video
    let mediaClock: any MediaClock
    if fit != nil {
      let track = PassThroughTrack(
        configuration, windows: [video], first: first, statistics: statistics, log: log)
      try track.open([facts.description.video])
      self.track = track
      kind = .accessUnits(to: track)
      mediaClock = VideoTimelineClock(timeline: track.timeline)
    } else {
      track = nil
      feed.open(
        SlotSchedule(
          segmentation: segmentation, clock: clock, first: frame, inputDelay: facts.inputDelay,
          initial: try Self.slate.get()))
      kind = .frames(to: feed, size: configuration.size, grid: segmentation.grid)
      mediaClock = FrameGridClock(
        segmentation: segmentation, start: clock, feed: feed, stop: StopFlag(), stepTimeout: .zero)
    }
    var queue: AudioQueue?
    if case .audio(let settings, let grouping)? = configuration.tracks.last {
      let audio = LiveWindow(segmentation: .audio(grouping), playlistLength: 10, retained: 100)
      let output = AudioOutput(settings: settings, segmentation: grouping, sink: audio, index: 1)
      pipeline = try AudioTrackPipeline(
        output, stream: configuration.name, from: fit == nil ? first - 2 : nil, clock: mediaClock,
        gracePeriod: configuration.gracePeriod(of: settings), statistics: statistics, log: log)
      if fit == nil {
        let mediaTime = clock.mediaTime(at: now, on: configuration.segmentation)
        try pipeline?.prefill(to: mediaTime)
      }
      audio.goLive()
      (self.audio, queue) = (audio, output.queue)
    } else {
      audio = nil
    }
    target = InputTarget(video: kind, statistics: statistics) {
      [queue] packet, description, captured in
      guard let format = description.audio else { return }
      queue?.push(
        .init(bytes: packet.bytes, format: format, pts: packet.pts, captured: captured))
    }
  }

  /// Publishes the audio that is available at `now`.
  func advance(to now: MonotonicTime) {
    last = now
    do throws(FFmpegError) { try pipeline?.advance(to: now) } catch {
      violation = "the audio ends: \(error)"
    }
  }

  /// Ends the session; the property that does not hold, or nil.
  func finish() -> String? {
    advance(to: last + .milliseconds(500))
    pipeline?.finish()
    feed.close()
    while feed.next(0) != nil {}
    return violation ?? Self.check(video) ?? audio.flatMap(Self.check)
  }

  /// Whether the chunks of a window are whole boxes, in order, in segments in order.
  private static func check(_ window: LiveWindow) -> String? {
    let snapshot = window.snapshot
    var number = Int64.min
    var frame = Int64.min
    for (next, chunks) in snapshot.segments.map({ ($0.number, $0.chunks) })
      + [snapshot.open].compactMap({ $0.map { ($0.number, $0.chunks) } })
    {
      guard next > number else { return "segment \(next) after \(number)" }
      number = next
      for chunk in chunks {
        guard chunk.frameIndex > frame else { return "frame \(chunk.frameIndex) after \(frame)" }
        frame = chunk.lastFrame
        if let reason = check(chunk.bytes.array) { return reason }
      }
    }
    return nil
  }

  private static func check(_ bytes: [UInt8]) -> String? {
    var reader = BoxReader(bytes)
    var types: [String] = []
    do throws(BoxError) {
      while let box = try reader.next() { types.append(box.type) }
    } catch { return "a chunk of \(types): \(error)" }
    return types.suffix(2) == ["moof", "mdat"] ? nil : "a chunk of \(types)"
  }
}
