// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Media
import Packaging
import Scheduling
import Sharing
import Time

/// Joins AAC frames to chunks, and publishes and counts the chunks.
///
/// Confined to one thread.
struct AudioPublisher: Sendable {
  /// What was published of a part.
  private struct UnfinishedPart {
    /// The duration in samples.
    var ticks: Int64 = 0
    /// The frame after the last one.
    var end: Int64
    /// The lateness of the newest chunk.
    var lateness: Interval
  }

  private let segmentation: AudioSegmentation
  private let sink: any ChunkSink
  private let clock: any MediaClock
  private let statistics: Locked<StreamStatistics>
  /// The number of the track in the statistics.
  private let rendition: Int

  private var chunker: AudioChunker
  /// The period whose first chunk is not complete yet, with its description if the description has
  /// changed.
  private var opening: (period: PeriodAlignment, track: TrackDescription?)?
  private var headerHash: String
  /// The segment of the next chunk, if segments have variable duration.
  private var segment: Int64?
  /// The segment of the newest published chunk.
  private var newest: Int64?
  /// The chunks of the unfinished part; nil before its first one.
  private var part: UnfinishedPart?

  /// Describes the track to the sink.
  ///
  /// `newest` is the segment that an earlier process has published last; nil if there is none.
  init(
    _ track: TrackDescription, segmentation: AudioSegmentation,
    window sink: any ChunkSink, after newest: Int64? = nil, clock: any MediaClock,
    statistics: Locked<StreamStatistics>, rendition: Int
  ) {
    self.segmentation = segmentation
    self.sink = sink
    self.newest = newest
    self.clock = clock
    self.statistics = statistics
    self.rendition = rendition
    chunker = AudioChunker(segmentation: segmentation)
    // The newest period of an earlier process may have another header.
    headerHash = newest == nil ? track.headerHash : ""
    sink.describe(track)
  }

  /// Starts a period with the next chunk.
  ///
  /// - Parameters:
  ///   - period: the period.
  ///   - track: the description of the track in it.
  ///   - phase: the times of its frames minus those of the grid, in samples.
  mutating func begin(_ period: PeriodAlignment, _ track: TrackDescription, phase: Int64 = 0) {
    chunker.phase = phase
    opening = (period, track.headerHash == headerHash ? nil : track)
    headerHash = track.headerHash
  }

  /// Appends AAC frames from before the stream is live.
  mutating func prefill(_ frames: [EncodedAudioFrame]) {
    for frame in frames {
      let captured = WallTime(segmentation.frameTime(of: frame.index), plus: .zero)
      for chunk in chunker.add(frame.bytes, frame: frame.index, captured: captured) {
        sink.appendPrefill(
          published(chunk, in: segmentation.segment(of: chunk.firstFrame), at: .origin))
      }
    }
  }

  /// Publishes the chunks that the next AAC frame completes.
  ///
  /// The unfinished chunk of a segment with variable duration is published when the first AAC frame
  /// of the next segment arrives: the video frame that starts the next segment is then published.
  /// - Returns: the segment to continue with if the grid has skipped segments; audio before that
  ///   segment is dropped.
  mutating func publish(_ frame: EncodedAudioFrame, in period: PeriodAlignment) -> Int64? {
    var start: Int64?
    if segmentation.video.hasVariableDuration {
      let current = period.segments.last {
        segmentation.frame(holding: $0.firstFrame) <= frame.index
      }
      start = current.map { segmentation.frame(holding: $0.firstFrame) }
      if start == frame.index { flush(period) }
      segment = current?.number ?? segment ?? period.first.number
    }
    let offset = period.segments.last?.offset ?? period.offset
    let captured = WallTime(time(of: frame.index), plus: offset)
    let chunks = chunker.add(frame.bytes, frame: frame.index, captured: captured, from: start)
    for chunk in chunks {
      if let next = publish(chunk, in: period) { return next }
    }
    return nil
  }

  /// Publishes the AAC frames of an incomplete chunk: the period or the stream ends.
  mutating func flush(_ period: PeriodAlignment) {
    for chunk in chunker.flush() { _ = publish(chunk, in: period) }
    // The part may end with a chunk that was complete already.
    endPart()
  }

  private mutating func publish(_ chunk: AudioChunk, in period: PeriodAlignment) -> Int64? {
    let nominal = segmentation.segment(of: chunk.firstFrame)
    if chunk.firstFrame == segmentation.firstFrame(of: nominal),
      let step = clock.step(before: nominal)
    {
      sink.announce(offset: step.offset, skipped: step.skipped)
      if step.skipped > 0 {
        let phase = chunker.phase
        chunker = AudioChunker(segmentation: segmentation)
        chunker.phase = phase
        part = nil
        return step.segment
      }
    }
    let number = segment ?? nominal
    let published = published(chunk, in: number, at: SystemClock.wallTime)
    if let (period, track) = opening {
      let skipped = newest.map { number - $0 - 1 } ?? 0
      sink.begin([published], offset: period.offset, skipped: skipped, track: track)
      opening = nil
    } else {
      sink.publish(published, offset: period.offset(in: number))
    }
    newest = number
    let end = time(of: chunk.firstFrame + chunk.frames)
    count(published, endsPart: chunk.endsPart, lateness: clock.lateness(of: end, in: period))
    return nil
  }

  /// The media time of a frame in the present period.
  private func time(of frame: Int64) -> MediaTime {
    segmentation.frameTime(of: frame)
      + Interval(ticks: chunker.phase, timescale: Int64(segmentation.sampleRate))
  }

  private func published(_ chunk: AudioChunk, in segment: Int64, at wall: WallTime) -> Chunk {
    Chunk(
      frameIndex: chunk.firstFrame, frames: chunk.frames, segment: segment, isIndependent: true,
      duration: segmentation.ticks(chunk.frames), captured: chunk.captured, published: wall,
      bytes: chunk.bytes)
  }

  private mutating func count(_ chunk: Chunk, endsPart: Bool, lateness: Interval) {
    statistics.withLock {
      $0.renditions[rendition].mediaBytes += UInt64(chunk.bytes.count)
    }
    // A missing frame ends a part too.
    if let part, part.end != chunk.frameIndex { endPart() }
    let end = chunk.frameIndex.addingSaturated(chunk.frames)
    let ticks = (part?.ticks ?? 0).addingSaturated(chunk.duration)
    part = UnfinishedPart(ticks: ticks, end: end, lateness: lateness)
    if endsPart { endPart() }
  }

  /// Counts the unfinished part, if any.
  private mutating func endPart() {
    guard let part else { return }
    self.part = nil
    let duration = Interval(ticks: part.ticks, timescale: Int64(segmentation.sampleRate))
    statistics.withLock {
      $0.renditions[rendition].countPart(lateness: part.lateness, duration: duration)
    }
  }
}
