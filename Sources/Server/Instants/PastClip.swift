// SPDX-License-Identifier: Apache-2.0

import Archive
import CMAF
import HTTP
import Media
import Net
import Packaging
import Sharing
import System
import Time

/// A clip that begins before the windows: its segments are those of the archive, and those of the
/// windows after them.
///
/// Each call may block for as long as the disk does.
struct PastClip: Sendable {
  /// The result of a selection.
  enum Outcome: Sendable {
    case response(PreparedResponse)
    /// Media is missing until the media time at which a segment of audio ends.
    case waiting(until: MediaTime)
  }

  let span: Range<WallTime>
  let main: ServedRendition
  /// The audio beside video; nil for none.
  let audio: ServedRendition?
  let archive: StreamArchive

  /// The segments of the clip, if they last a second.
  var cost: Int64 {
    (span.upperBound - span.lowerBound).wholeSeconds.multipliedSaturated(by: audio == nil ? 1 : 2)
  }

  /// Reads the rows of the segments, and plans the clip.
  func read(_ reader: ArchiveReader) throws(ArchiveFailure) -> Outcome {
    var source = ClipSource(reader)
    var items = try source.segments(of: main, 0, during: span)
    guard let first = items.first, let last = items.last else { return .response(missing) }
    var hashes = [first.headerHash]
    // Segments with other headers may have other timescales: their ticks are not comparable.
    if let other = items.first(where: { $0.headerHash != first.headerHash }) {
      return .response(ClipSource.changed(other.start))
    }
    let start: Int64, end: Int64
    if main.isAudio {
      (start, end) = (first.tick(span.lowerBound), last.tick(span.upperBound))
    } else {
      start = try source.slot(span.lowerBound, in: first).lowerBound
      end = try source.slot(span.upperBound - .nanoseconds(1), in: last).upperBound
    }
    // A step of the wall clock may lead to times that fall.
    guard start < end else { return .response(missing) }
    let ticks = start..<end
    var isWhole = Self.covers(items, span)
    if let audio {
      let samples = Self.samples(
        ticks, first.timescale, audio.window.segmentation)
      guard Self.has(samples.upperBound, audio) else {
        return .waiting(until: Self.end(ofSegmentWith: samples.upperBound, audio))
      }
      let margin = Interval.seconds(1)
      let sound = try source.segments(
        of: audio, 1, during: span.lowerBound - margin..<span.upperBound + margin
      ).filter { $0.decodeTime < samples.upperBound && $0.end > samples.lowerBound }
      var coverage = ClipCoverage(of: samples)
      for item in sound { coverage.add(item.number, item.decodeTime, item.end) }
      isWhole = isWhole && coverage.isWhole
      if let first = sound.first { hashes.append(first.headerHash) }
      items += sound
    }
    if let other = items.first(where: { $0.headerHash != hashes[$0.track] }) {
      return .response(ClipSource.changed(other.start))
    }
    items.sort { ($0.number, $0.track) < ($1.number, $1.track) }
    do throws(ClipError) {
      return .response(try response(items, ticks, hashes, isWhole, &source))
    } catch {
      return .response(.error(error == .empty ? 404 : 409, "\(error)"))
    }
  }

  /// The rounding of two times.
  private static let rounding: Int64 = 1000

  /// Whether segments have the media of a span without a hole, at its ends too.
  private static func covers(_ items: [ClipSource.Item], _ span: Range<WallTime>) -> Bool {
    let start = span.lowerBound.nanoseconds.addingSaturated(rounding)
    let end = span.upperBound.nanoseconds.subtractingSaturated(rounding)
    var coverage = ClipCoverage(of: start..<max(start, end))
    for item in items {
      let duration = Interval(
        ticks: item.end.subtractingSaturated(item.decodeTime),
        timescale: Int64(max(1, item.timescale)))
      coverage.add(item.number, item.start.nanoseconds, (item.start + duration).nanoseconds)
    }
    return coverage.isWhole
  }

  private var missing: PreparedResponse {
    .error(404, "the stream has no media in this span")
  }

  /// The samples of audio in a span of the video, from the end of the AAC frame before the first
  /// one on.
  private static func samples(
    _ ticks: Range<Int64>, _ timescale: Int, _ audio: TrackSegmentation
  ) -> Range<Int64> {
    let own = Int(audio.timescale)
    func rescaled(_ tick: Int64) -> Int64 {
      let (from, to) = (Int128(max(1, timescale)), Int128(own))
      return Int64(clamping: floorDivide(2 * Int128(tick) * to + from, 2 * from))
    }
    // bounded: an audio frame has at most 65,536 samples
    let start = rescaled(ticks.lowerBound).subtractingSaturated(2 * audio.ticksPerFrame)
    return start..<max(start.addingSaturated(1), rescaled(ticks.upperBound))
  }

  /// Whether a sample is in a complete segment of a window, or never comes.
  private static func has(_ sample: Int64, _ audio: ServedRendition) -> Bool {
    let snapshot = audio.window.snapshot
    guard snapshot.state != .ended, let last = snapshot.segments.last(where: { !$0.isGap }),
      let chunk = last.chunks.last
    else { return true }
    // bounded: a frame has ticks
    return chunk.lastFrame >= (sample - 1) / audio.window.segmentation.ticksPerFrame
  }

  /// The end of the segment with the sample before `sample`.
  private static func end(ofSegmentWith sample: Int64, _ audio: ServedRendition) -> MediaTime {
    let segmentation = audio.window.segmentation
    let frame = (sample - 1) / segmentation.ticksPerFrame  // bounded: a frame has ticks
    return segmentation.frameTime(
      of: segmentation.firstFrame(of: segmentation.segment(of: frame).addingSaturated(1)))
  }

  private func response(
    _ items: [ClipSource.Item], _ ticks: Range<Int64>, _ hashes: [String],
    _ isWhole: Bool, _ source: inout ClipSource
  ) throws(ClipError) -> PreparedResponse {
    var headers: [[UInt8]] = []
    for (track, hash) in hashes.enumerated() {
      let rendition = track == 0 ? main : audio ?? main
      guard let header = source.header(hash, of: rendition) else {
        return .unavailable("the archive: the CMAF header is missing")
      }
      headers.append(header)
    }
    var planner = try ClipPlanner(headers: headers, span: ticks)
    var digests = ClipDigests(ticks, headerHashes: hashes)
    var pieces: [FileBytes.Piece] = []
    for item in items {
      let indexed: ClipSource.Indexed
      do throws(ArchiveFailure) { indexed = try source.index(of: item) } catch {
        return .unavailable("the archive: \(error)")
      }
      try planner.add(indexed.index, of: item.track)
      digests.add(
        indexed.digest, else: "\(item.number) \(item.decodeTime) \(item.start.nanoseconds)")
      pieces += indexed.pieces
    }
    // The tables are cut in place, and freed before the head is copied.
    let bytes = try (consume planner).plan().head
    let head = SharedBytes(bytes)
    PastMedia.add(texts: [head], at: SystemClock.monotonicTime)
    // Missing segments may be filled later.
    let fields = digests.fields(isVideo: !main.isAudio, isWhole ? .segment : .second)
    return PreparedResponse(
      status: 200, fields: fields, slices: [ByteSlice(head)],
      files: FileBytes(
        pieces, of: OpenFiles(source.files, archive.threads(isStored: source.isStored))))
  }
}
