// SPDX-License-Identifier: Apache-2.0

package import Sharing
import Time

/// The frames of a segment as rows: where their bytes are, and their times.
///
/// The rows are read from the boxes of the chunks, whose media is not copied. Accepts any bytes;
/// bounded in time and memory. Sizes and durations of frames are those of `tfhd` and `trun`, not of
/// `trex`: `ChunkWriter` states all of them.
/// - Source: ISO/IEC 14496-12 §8.8
package struct SegmentIndex: Sendable, Equatable {
  /// One frame, in the order of decoding.
  package struct Frame: Sendable, Equatable {
    /// The first byte of its payload in the segment.
    package let offset: Int
    /// The bytes of its payload.
    package let size: Int
    /// The ticks until the decode time of the next frame; of the last frame, as its chunk states.
    package fileprivate(set) var duration: Int64
    /// Presentation minus decode time, in ticks.
    package let shift: Int64
    /// Whether decoding can start here.
    package let isSync: Bool

    /// A row with these fields.
    package init(offset: Int, size: Int, duration: Int64, shift: Int64, isSync: Bool) {
      self.offset = offset
      self.size = size
      self.duration = duration
      self.shift = shift
      self.isSync = isSync
    }
  }

  /// The frames in the order of decoding; empty in a gap.
  package private(set) var frames: [Frame] = []
  /// The decode time of the first frame, in ticks of the track's timescale since 1970; 0 in a gap.
  package private(set) var decodeTime: Int64 = 0
  /// The durations of all frames, in ticks.
  package private(set) var duration: Int64 = 0
  /// The bytes of the segment.
  package private(set) var size = 0
  /// The bytes of each `moof` and `mdat` in the segment, in order.
  ///
  /// Two origins that pass the same source through differ in the other boxes only: `prft` has the
  /// time of arrival.
  package private(set) var media: [Range<Int>] = []
  /// Whether a chunk carries an event with JSON data: `emsg` of ``EventMessage/Scheme/data``.
  package private(set) var hasEvents = false
  /// The KID that the first fragment states; nil if its samples have that of the header.
  package private(set) var keyIdentifier: [UInt8]?

  /// The bytes of a chunk that are copied at first; the boxes before the media of one frame fit.
  private static let usualHead = 512
  /// The maximum number of frames of a segment.
  private static let maximumFrames = 65_536

  /// The index of a segment without a chunk.
  package init() {}

  /// The index of a segment of `size` bytes with these rows, which were read before; without
  /// ``media``.
  package init(frames: [Frame], decodeTime: Int64, size: Int) {
    self.frames = frames
    self.decodeTime = decodeTime
    self.size = size
    duration = frames.reduce(0) { $0.addingSaturated($1.duration) }
  }

  /// The index of the segment that consists of these chunks.
  ///
  /// - Throws: ``BoxError`` as ``append(_:)``.
  package init(_ chunks: [SharedBytes]) throws(BoxError) {
    for chunk in chunks { try append(chunk) }
  }

  /// Adds the frames of the next chunk, or of several whole chunks.
  ///
  /// - Throws: ``BoxError`` if the bytes are not whole boxes, a fragment has not one track, a frame
  ///   has no bytes after its `moof`, or times do not rise. Discard the index after an error.
  package mutating func append(_ chunks: SharedBytes) throws(BoxError) {
    var bytes = chunks.prefix(Self.usualHead)
    var position = 0
    while position < chunks.count {
      let head = try BoxHead(bytes, at: position, end: bytes.count)
      // bounded: a position in the bytes, and a size below 2^48
      let end = head.map { $0.size.map { position + $0 } ?? chunks.count }
      let needed = head.flatMap { head in
        switch head.type {
        case "moof": end
        // bounded: a position in the bytes
        case "emsg": end.map { min($0, position + EventMessage.dataSize) }
        default: nil
        }
      }
      guard let head, let end, (needed ?? 0) <= bytes.count else {
        guard bytes.count < chunks.count else {
          throw .truncated("chunk", needed: end ?? position + 8, have: bytes.count)
        }
        bytes = chunks.array
        continue
      }
      guard end <= chunks.count else {
        throw .truncated(head.type, needed: end, have: chunks.count)
      }
      switch head.type {
      case "moof":
        let content = position + head.count..<end
        let box = BoxFields(bytes, content, head.type, head: head.count)
        try take(box, at: position, count: chunks.count)
        addMedia(position..<end)
      case "mdat": addMedia(position..<end)
      case "emsg": hasEvents = hasEvents || EventMessage.hasData(bytes, at: position)
      default: break
      }
      position = end
    }
    size += chunks.count
  }

  /// Adds the frames of a fragment at `position` of `count` bytes.
  private mutating func take(
    _ box: BoxFields, at position: Int, count: Int
  ) throws(BoxError) {
    let fragment = try MovieFragment(box, maximumSamples: ChunkSamples.maximumSamples)
    guard fragment.tracks == 1 else {
      throw fragment.tracks == 0 ? .missing("traf") : .several("traf")
    }
    guard fragment.samples.count <= Self.maximumFrames - frames.count else {
      throw .samples(most: Self.maximumFrames)
    }
    if frames.isEmpty { keyIdentifier = fragment.keyIdentifier }
    for sample in fragment.samples {
      // bounded: offsets and sizes of 32 bits, at most 1024 times, and a position in memory
      let first = position + sample.offset
      guard first >= position + box.size, sample.size <= count - first else { throw .sampleRange }
      try end(before: sample.decodeTime)
      let (total, isBeyond) = duration.addingReportingOverflow(sample.duration)
      guard !isBeyond else { throw .time }
      duration = total
      frames.append(
        Frame(
          // bounded: positions in memory
          offset: size + first, size: sample.size, duration: sample.duration, shift: sample.shift,
          isSync: sample.isSync))
    }
  }

  /// Lets the last frame end at the decode time of the next one.
  private mutating func end(before time: Int64) throws(BoxError) {
    guard !frames.isEmpty else {
      decodeTime = time
      return
    }
    let last = frames.count - 1
    // bounded: the duration of the last frame is a term of the sum, and times are not negative
    let before = duration - frames[last].duration
    let (start, isLate) = decodeTime.addingReportingOverflow(before)
    guard !isLate, time >= start else { throw .time }
    frames[last].duration = time - start
    duration = time - decodeTime
  }

  private mutating func addMedia(_ range: Range<Int>) {
    // bounded: positions in memory
    let range = size + range.lowerBound..<size + range.upperBound
    guard let last = media.last, last.upperBound == range.lowerBound else {
      return media.append(range)
    }
    media[media.count - 1] = last.lowerBound..<range.upperBound
  }
}
