// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// The segments of a clip in the windows of its tracks.
package struct ClipSelection: Sendable {
  /// The window of a track.
  package struct Track: Sendable {
    /// The newest snapshot.
    package let snapshot: WindowSnapshot
    /// The segmentation of the track.
    package let segmentation: TrackSegmentation

    /// A track whose window has this content.
    package init(_ snapshot: WindowSnapshot, _ segmentation: TrackSegmentation) {
      self.snapshot = snapshot
      self.segmentation = segmentation
    }
  }

  /// A segment of a track.
  package struct Item: Sendable {
    /// The track, from 0.
    package let track: Int
    package let segment: Segment
  }

  /// The result of a selection.
  package enum Outcome: Sendable {
    case ready(ClipSelection)
    /// Media is missing until the first track has this frame, or later.
    case waiting(frame: Int64)
    /// The window begins after the start.
    case before
    /// The stream ended before the end.
    case never
    /// The span has no media.
    case empty
    /// The CMAF header of a track changes at this time.
    case changed(WallTime)
  }

  /// The descriptions of the tracks.
  package let tracks: [TrackDescription]
  /// The span in ticks of the first track.
  package let span: Range<Int64>
  /// The segments in the order of the file: by their numbers, and then by tracks.
  package let items: [Item]
  /// Whether no track lacks a segment of the span.
  package let isWhole: Bool

  /// Selects the segments of a span.
  ///
  /// Video begins with the frame whose slot contains the start, and ends with the last frame that
  /// begins before the end.
  /// - Parameters:
  ///   - span: the wall clock of the start and of the end; not empty.
  ///   - main: the track that is cut at its frames; audio at its samples.
  ///   - audio: the audio beside video; nil for none.
  /// - Returns: the segments, or why there are none yet or at all.
  package static func select(
    _ span: Range<WallTime>, _ main: Track, _ audio: Track?
  ) -> Outcome {
    let last = span.upperBound - .nanoseconds(1)
    let first: Place, end: Place
    do throws(Missing) {
      end = try main.place(of: last)
      guard end.isComplete else { return .waiting(frame: main.next) }
      first = try main.place(of: span.lowerBound)
    } catch { return error.value }
    let (start, stop) =
      main.segmentation.isAudio
      ? (main.sample(span.lowerBound, first), main.sample(span.upperBound, end))
      : (
        main.segmentation.ticks(first.slot), main.segmentation.ticks(end.slot + 1)
      )
    guard start < stop, first.segment <= end.segment else { return .empty }
    var tracks: [Track] = [main]
    var items: [[Segment]] = []
    var isWhole: Bool
    if main.segmentation.isAudio {
      let frames = frames(start..<stop, of: main.segmentation.ticksPerFrame)
      items.append(main.segments(with: frames))
      isWhole = covers(items[0], frames)
    } else {
      items.append(
        main.snapshot.segments.filter { segment in
          (first.segment...end.segment).contains(segment.number) && !segment.isGap
        })
      var coverage = ClipCoverage(of: first.segment..<end.segment.addingSaturated(1))
      for segment in items[0] {
        coverage.add(segment.number, segment.number, segment.number.addingSaturated(1))
      }
      isWhole = coverage.isWhole
    }
    if let audio {
      let samples = frames(
        audio.ticks(
          start, of: main)..<max(
            audio.ticks(start, of: main) + 1, audio.ticks(stop, of: main)),
        of: audio.segmentation.ticksPerFrame)
      guard audio.has(samples.upperBound) else { return .waiting(frame: main.next) }
      tracks.append(audio)
      items.append(audio.segments(with: samples))
      isWhole = isWhole && covers(items[1], samples)
    }
    guard !items[0].isEmpty else { return .empty }
    return complete(tracks, items, start..<stop, isWhole)
  }

  /// Whether segments of audio have all frames of a range.
  private static func covers(_ segments: [Segment], _ frames: ClosedRange<Int64>) -> Bool {
    var coverage = ClipCoverage(of: frames.lowerBound..<frames.upperBound.addingSaturated(1))
    for segment in segments {
      guard let first = segment.chunks.first, let last = segment.chunks.last else { continue }
      coverage.add(segment.number, first.frameIndex, last.lastFrame.addingSaturated(1))
    }
    return coverage.isWhole
  }

  /// The audio frames of `size` samples that contain samples, with the one before.
  private static func frames(_ samples: Range<Int64>, of size: Int64) -> ClosedRange<Int64> {
    // bounded: samples since 1970, a range that is not empty, and a frame has samples
    samples.lowerBound / size - 1...(samples.upperBound - 1) / size
  }

  private static func complete(
    _ tracks: [Track], _ segments: [[Segment]], _ span: Range<Int64>, _ isWhole: Bool
  ) -> Outcome {
    var descriptions: [TrackDescription] = []
    var items: [Item] = []
    for (index, (track, own)) in zip(tracks, segments).enumerated() {
      // Audio may be missing as a whole.
      guard let first = own.first else { continue }
      guard let header = track.snapshot.track(of: first.period) else { return .empty }
      let other = own.first {
        track.snapshot.track(of: $0.period)?.headerHash != header.headerHash
      }
      if let other { return .changed(other.programDateTime) }
      descriptions.append(header)
      items += own.map { Item(track: index, segment: $0) }
    }
    items.sort { ($0.segment.number, $0.track) < ($1.segment.number, $1.track) }
    return .ready(
      ClipSelection(tracks: descriptions, span: span, items: items, isWhole: isWhole))
  }
}

/// The place of an instant for a clip.
private struct Place {
  let segment: Int64
  let slot: Int64
  let offset: Interval
  let isComplete: Bool
}

/// Why there is none.
private struct Missing: Error {
  let value: ClipSelection.Outcome
}

extension ClipSelection.Track {
  fileprivate func place(of time: WallTime) throws(Missing) -> Place {
    switch snapshot.position(of: time, segmentation) {
    case .frame(let frame):
      Place(
        segment: frame.segment, slot: frame.slot, offset: frame.offset,
        isComplete: frame.isComplete)
    case .gap(let segment, let slot, let offset):
      Place(segment: segment, slot: slot, offset: offset, isComplete: true)
    case .ahead(let slot): throw Missing(value: .waiting(frame: max(slot, next)))
    case .before: throw Missing(value: .before)
    case .never: throw Missing(value: .never)
    }
  }

  /// The frame after the newest one.
  fileprivate var next: Int64 { (snapshot.newestFrame ?? -1) + 1 }

  /// The sample of audio at an instant near a place.
  fileprivate func sample(_ time: WallTime, _ place: Place) -> Int64 {
    let nanoseconds = Int128(MediaTime(time, minus: place.offset).nanoseconds)
    return Int64(floorDivide(nanoseconds * Int128(segmentation.timescale), 1_000_000_000))
  }

  /// Ticks of another track, rounded.
  fileprivate func ticks(_ ticks: Int64, of other: ClipSelection.Track) -> Int64 {
    Clip.rescale(ticks, Int64(other.segmentation.timescale), Int64(segmentation.timescale))
  }

  /// Whether a frame is in a complete segment, or never comes.
  fileprivate func has(_ frame: Int64) -> Bool {
    guard snapshot.state != .ended else { return true }
    return snapshot.segments.last { !$0.isGap }?.chunks.last.map { $0.lastFrame >= frame } ?? false
  }

  /// The complete segments with frames of a range.
  fileprivate func segments(with frames: ClosedRange<Int64>) -> [Segment] {
    snapshot.segments.filter { segment in
      guard !segment.isPrefill, let first = segment.chunks.first, let last = segment.chunks.last
      else { return false }
      return first.frameIndex <= frames.upperBound && last.lastFrame >= frames.lowerBound
    }
  }
}
