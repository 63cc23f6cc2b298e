// SPDX-License-Identifier: Apache-2.0

package import Media
package import Packaging
import Sharing
package import Time

/// A stream without a camera or an encoder: publishes frames of the grid into a live window.
///
/// The bytes of a chunk contain the index of its frame. A frame enters the window two milliseconds
/// after its frame time.
package struct SyntheticStream {
  /// The grouping of frames into parts and segments.
  package let segmentation: Segmentation
  /// The window of the published frames.
  package let window: LiveWindow
  /// The index of the next frame.
  package private(set) var next: Int64
  /// The segment of the next frame, if segments have variable duration.
  private var begun: (number: Int64, firstFrame: Int64)?

  /// A stream that begins with the segment of 2026-11-20T06:22:00Z; nothing is published yet.
  ///
  /// Its segments have variable duration if `maximumGroupTime`, in microseconds, is given.
  package init(
    _ rate: FrameRate, segment: Int64 = 1_000_000, part: Int64 = 100_000, playlistLength: Int = 10,
    retained: Int = 20, maximumGroupTime: Int64? = nil, after earlier: WindowEnd? = nil,
    marksOutages: Bool = false
  ) {
    let segmentation = Segmentation(
      rate: rate, segmentMicroseconds: segment, partMicroseconds: part,
      maximumGroupMicroseconds: maximumGroupTime)
    self.segmentation = segmentation
    window = LiveWindow(
      segmentation: .video(segmentation), playlistLength: playlistLength, retained: retained,
      after: earlier, with: earlier?.media(for: [("video", .video(segmentation))], nil)["video"],
      marksOutages: marksOutages)
    let now = segmentation.grid.atOrAfter(1_795_155_720_000_000_000)
    next = segmentation.firstFrame(
      of: segmentation.segment(of: now + segmentation.framesPerSegment - 1))
    if let size = VideoSize(width: 640, height: 360) {
      window.describe(
        TrackDescription(
          rendition: "video", codecs: "avc1.64001e", bandwidth: 1_034_000, size: size,
          segmentation: segmentation,
          header: Array("header".utf8)))
    }
  }

  /// The chunk of frame `index`, with the index as its bytes.
  package static func chunk(
    _ index: Int64, _ segmentation: Segmentation, segment: Int64? = nil, isKey: Bool? = nil,
    isPrefill: Bool = false, isStill: Bool = false
  ) -> Chunk {
    let tick = WallTime(segmentation.grid.frameTime(of: index), plus: .zero)
    return Chunk(
      frameIndex: index, segment: segment,
      isIndependent: isKey ?? (segmentation.position(of: index) == 0),
      isStill: isStill, duration: segmentation.grid.rate.ticksPerFrame, captured: tick,
      published: isPrefill ? .origin : tick + .milliseconds(2),
      bytes: SharedBytes("<\(index)>"))
  }

  /// Publishes the next `count` frames, as those of a rendition that is left out if `areStill`.
  package mutating func publish(frames count: Int64, areStill: Bool = false) {
    for _ in 0..<count {
      window.publish(Self.chunk(next, segmentation, isStill: areStill))
      next += 1
    }
  }

  /// Publishes a GOP of variable-duration segments: its key frame begins a segment if the previous
  /// segment is long enough.
  package mutating func publish(group count: Int64) {
    let last = begun ?? (segmentation.segment(of: next) - 1, next - segmentation.framesPerSegment)
    let isFull = next - last.firstFrame >= segmentation.framesPerSegment
    begun = isFull ? (last.number + 1, next) : last
    window.publish(Self.chunk(next, segmentation, segment: begun?.number, isKey: true))
    next += 1
    publish(more: count - 1)
  }

  /// Publishes more frames of the GOP.
  package mutating func publish(more count: Int64) {
    for _ in 0..<count {
      window.publish(Self.chunk(next, segmentation, segment: begun?.number, isKey: false))
      next += 1
    }
  }

  /// Publishes frames until `count` more parts are complete.
  package mutating func publish(parts count: Int64) {
    for _ in 0..<count {
      let place = segmentation.position(of: next)
      let end = min(
        (place / segmentation.framesPerPart + 1) * segmentation.framesPerPart,
        segmentation.framesPerSegment)
      publish(frames: end - place)
    }
  }

  /// Publishes frames until `count` more segments are complete.
  package mutating func publish(segments count: Int64, areStill: Bool = false) {
    for _ in 0..<count {
      publish(
        frames: segmentation.framesPerSegment - segmentation.position(of: next),
        areStill: areStill)
    }
  }

  /// Fills the window with `segments` segments of prefill and opens it to readers.
  package mutating func goLive(prefill segments: Int64) {
    for _ in 0..<segments * segmentation.framesPerSegment {
      window.appendPrefill(Self.chunk(next, segmentation, isPrefill: true))
      next += 1
    }
    window.goLive()
  }

  /// Continues with segment `number`, without an announcement.
  package mutating func jump(to number: Int64) { next = segmentation.firstFrame(of: number) }

  /// Skips the rest of an open segment and `segments` whole segments, as after a forward step of
  /// the wall clock.
  package mutating func skip(_ segments: Int64, offset: Interval = .zero) {
    window.announce(offset: offset, skipped: segments)
    let following = segmentation.segment(of: next + segmentation.framesPerSegment - 1)
    next = segmentation.firstFrame(of: following + segments)
  }
}
