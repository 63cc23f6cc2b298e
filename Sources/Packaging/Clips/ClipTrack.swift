// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import Time

/// One track of a clip: its frames, their new times, and the edit that cuts them.
struct ClipTrack {
  /// An edit after an empty one, in ticks of the movie and of the track.
  struct Edit: Equatable {
    /// The time before the media begins, in ticks of the movie.
    var lead: Int64 = 0
    /// The time of the media, in ticks of the movie.
    var duration: Int64 = 0
    /// The first tick of the media.
    var mediaTime: Int64 = 0
  }

  let header: ClipHeader
  /// The frames, in the order of decoding.
  private(set) var samples = ClipSamples()
  /// The new durations.
  private(set) var durations = RunLengths()
  /// The new composition offsets; empty if all are 0.
  private(set) var shifts = RunLengths()
  private(set) var edit = Edit()
  /// The frames that are shown.
  private(set) var shown = 0

  init(_ header: ClipHeader) { self.header = header }

  /// Adds the frames of the next segment, without those that a clip from `start` on does not need.
  ///
  /// `position` is the place of the segment among those of the clip.
  mutating func add(
    _ index: SegmentIndex, at position: Int, from start: Int64
  ) throws(ClipError) {
    var time = index.decodeTime
    for frame in index.frames {
      if header.isVideo {
        // Decoding starts at the last key frame that is not after the start.
        if frame.isSync, time.addingSaturated(frame.shift) <= start { samples.keepLast(0) }
        if samples.count == 0, !frame.isSync {
          time = time.addingSaturated(frame.duration)
          continue
        }
      } else if time <= start {
        // The AAC frame before the first one that is heard: its transform overlaps.
        samples.keepLast(1)
      }
      try samples.append(frame, at: time, in: position)
      time = time.addingSaturated(frame.duration)
    }
  }

  // MARK: Video

  /// Cuts video at a span; the times before it become one tick for each frame.
  ///
  /// - Returns: the start, which is later than that of the span if the frames are.
  /// - Throws: ``ClipError/empty`` if the span has no frame.
  mutating func cutVideo(_ span: Range<Int64>) throws(ClipError) -> Int64 {
    var kept = 0
    var before: Int?, after: Int?
    var (latest, earliest) = (Int64.min, Int64.max)
    samples.forEachTime { index, _, time in
      guard time < span.upperBound else { return }
      kept = index + 1
      if time <= span.lowerBound {
        if time >= latest { (latest, before) = (time, index) }
      } else if time < earliest {
        (earliest, after) = (time, index)
      }
    }
    guard let first = before ?? after else { throw .empty }
    samples.keepFirst(kept)
    let start = before == nil ? earliest : span.lowerBound
    if samples.isInOrder {
      cutInOrder(first, start..<span.upperBound)
    } else {
      cutReordered(first, start..<span.upperBound)
    }
    edit.duration = Clip.ticks(span.upperBound - start, header.timescale)
    return start
  }

  private mutating func cutInOrder(_ first: Int, _ span: Range<Int64>) {
    durations.append(1, count: first)
    var begun: Int64?
    samples.forEachTime { index, time, _ in
      guard index >= first else { return }
      if let begun { durations.append(time - begun) }
      begun = max(time, span.lowerBound)
    }
    if let begun { durations.append(span.upperBound - begun) }
    edit.mediaTime = Int64(first)
    shown = samples.count - first
  }

  /// Frames that are decoded before they are shown have composition offsets, which are not
  /// negative: all frames are shown later by the same time, which the edit removes.
  private mutating func cutReordered(_ first: Int, _ span: Range<Int64>) {
    var times: [(decode: Int64, presentation: Int64)] = []
    times.reserveCapacity(samples.count)
    samples.forEachTime { times.append(($1, $2)) }
    let start = times[first].presentation
    let leading = times.indices.filter { times[$0].presentation < start }
      .sorted { times[$0].presentation < times[$1].presentation }
    var ranks: [Int: Int64] = [:]
    for (rank, index) in leading.enumerated() { ranks[index] = Int64(rank) }
    let turn = times.firstIndex { $0.presentation >= start } ?? first
    var delay: Int64 = 0
    for index in times.indices {
      let decode =
        index <= turn
        ? Int64(index) : times[index].decode - times[turn].decode + Int64(turn)
      let presentation = ranks[index] ?? times[index].presentation - start + Int64(leading.count)
      times[index] = (decode, presentation)
      delay = max(delay, decode - presentation)
      if ranks[index] == nil, presentation < span.upperBound - start + Int64(leading.count) {
        shown += 1
      }
    }
    let last = samples.durations.runs.last?.value ?? 1
    for (index, time) in times.enumerated() {
      let next = index + 1 < times.count ? times[index + 1].decode : time.decode + last
      durations.append(next - time.decode)
      shifts.append(time.presentation + delay - time.decode)
    }
    edit.mediaTime = Int64(leading.count) + delay + span.lowerBound - start
  }

  // MARK: Audio

  /// Cuts audio at a span; a track without frames in it is left out of the clip.
  mutating func cutAudio(_ span: Range<Int64>) {
    var kept = 0
    samples.forEachTime { index, time, _ in if time < span.upperBound { kept = index + 1 } }
    samples.keepFirst(kept)
    let (start, end) = (max(samples.start, span.lowerBound), min(samples.end, span.upperBound))
    guard start < end else { return samples.keepLast(0) }
    durations = samples.durations
    shown = kept
    // The end is a tick of the movie, so that two tracks of equal spans end together.
    let lead = Clip.ticks(start - span.lowerBound, header.timescale)
    edit = Edit(
      lead: lead, duration: Clip.ticks(end - span.lowerBound, header.timescale) - lead,
      mediaTime: start - samples.start)
  }
}

/// Times of the movie of a clip.
enum Clip {
  /// Ticks per second.
  static let timescale: Int64 = 90_000

  /// Ticks of the movie, rounded.
  static func ticks(_ ticks: Int64, _ timescale: Int64) -> Int64 {
    rescale(ticks, timescale, Self.timescale)
  }

  /// Ticks of another timescale, rounded.
  static func rescale(_ ticks: Int64, _ from: Int64, _ to: Int64) -> Int64 {
    let (from, to) = (Int128(from), Int128(to))
    return Int64(clamping: floorDivide(2 * Int128(ticks) * to + from, 2 * from))
  }
}
