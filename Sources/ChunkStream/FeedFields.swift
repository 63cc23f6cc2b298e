// SPDX-License-Identifier: Apache-2.0

package import Time

/// The start of a segment of a feed.
package struct FeedSegment: Sendable, Equatable {
  /// The number of the segment.
  package var number: Int64
  /// The index of its first frame.
  package var firstFrame: Int64
  /// EXT-X-PROGRAM-DATE-TIME.
  package var programDateTime: WallTime
  /// Whether a Discontinuity precedes it.
  package var startsDiscontinuity: Bool
  /// Whether it is prefill.
  package var isPrefill: Bool
  /// The number of Discontinuities before it.
  package var discontinuities: Int64
  /// Its discontinuity period.
  package var period: FeedPeriod
  /// The duration in ticks of a segment without media; nil for a segment with media.
  package var gap: Int64?

  /// The start of a segment.
  package init(
    number: Int64, firstFrame: Int64, programDateTime: WallTime, startsDiscontinuity: Bool,
    isPrefill: Bool, discontinuities: Int64, period: FeedPeriod, gap: Int64?
  ) {
    self.number = number
    self.firstFrame = firstFrame
    self.programDateTime = programDateTime
    self.startsDiscontinuity = startsDiscontinuity
    self.isPrefill = isPrefill
    self.discontinuities = discontinuities
    self.period = period
    self.gap = gap
  }

  init(_ reader: inout FieldReader) throws(MessageError) {
    number = try reader.integer("a segment number", in: ChunkFields.numbers)
    firstFrame = try reader.integer("a frame index", in: ChunkFields.indices)
    programDateTime = WallTime(nanoseconds: try reader.interval("a date").nanoseconds)
    startsDiscontinuity = try reader.boolean("a flag")
    isPrefill = try reader.boolean("a flag")
    discontinuities = try reader.integer("a number of Discontinuities", in: ChunkFields.numbers)
    period = try FeedPeriod(&reader)
    gap = try reader.optional("a flag") { reader throws(MessageError) in
      try reader.integer("the duration of a gap", in: 1...1 << 40)
    }
  }

  func write(to writer: inout FieldWriter) {
    writer.add(number)
    writer.add(firstFrame)
    writer.add(programDateTime.nanoseconds)
    writer.add(startsDiscontinuity)
    writer.add(isPrefill)
    writer.add(discontinuities)
    period.write(to: &writer)
    writer.add(gap) { $0.add($1) }
  }
}

/// A discontinuity period of a feed.
package struct FeedPeriod: Sendable, Equatable {
  /// The number of periods before it.
  package var index: Int64
  /// The number of its first segment; nil for the first period.
  package var firstSegment: Int64?
  /// The index of its first frame; nil for the first period.
  package var firstFrame: Int64?
  /// Wall clock minus media time at its start.
  package var offset: Interval
  /// The hash of its CMAF header; nil for the first header.
  package var headerHash: String?

  /// A period.
  package init(
    index: Int64, firstSegment: Int64?, firstFrame: Int64?, offset: Interval, headerHash: String?
  ) {
    self.index = index
    self.firstSegment = firstSegment
    self.firstFrame = firstFrame
    self.offset = offset
    self.headerHash = headerHash
  }

  init(_ reader: inout FieldReader) throws(MessageError) {
    index = try reader.integer("the index of a period", in: ChunkFields.numbers)
    firstSegment = try reader.optional("a flag") { reader throws(MessageError) in
      try reader.integer("a segment number", in: ChunkFields.numbers)
    }
    firstFrame = try reader.optional("a flag") { reader throws(MessageError) in
      try reader.integer("a frame index", in: ChunkFields.indices)
    }
    offset = try reader.interval("an offset")
    headerHash = try reader.optional("a flag") { reader throws(MessageError) in
      try reader.word("the hash of a header", limit: 8) { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
      }
    }
  }

  func write(to writer: inout FieldWriter) {
    writer.add(index)
    writer.add(firstSegment) { $0.add($1) }
    writer.add(firstFrame) { $0.add($1) }
    writer.add(offset.nanoseconds)
    writer.add(headerHash) { $0.add($1) }
  }
}

/// A chunk of a feed; its bytes are the payload of the message.
package struct FeedChunk: Sendable, Equatable {
  /// The index of its first frame.
  package var frameIndex: Int64
  /// The number of its frames.
  package var frames: Int64
  /// Whether decoding can start with it.
  package var isIndependent: Bool
  /// The duration in ticks.
  package var duration: Int64
  /// The capture time of the first frame.
  package var captured: WallTime
  /// The publish time on the first server; the origin for prefill.
  package var published: WallTime

  /// A chunk.
  package init(
    frameIndex: Int64, frames: Int64, isIndependent: Bool, duration: Int64, captured: WallTime,
    published: WallTime
  ) {
    self.frameIndex = frameIndex
    self.frames = frames
    self.isIndependent = isIndependent
    self.duration = duration
    self.captured = captured
    self.published = published
  }

  init(_ reader: inout FieldReader) throws(MessageError) {
    frameIndex = try reader.integer("a frame index", in: ChunkFields.indices)
    frames = try reader.integer("the number of frames", in: 1...1000)
    isIndependent = try reader.boolean("a flag")
    duration = try reader.integer("the duration of a chunk", in: 1...1 << 32)
    captured = WallTime(nanoseconds: try reader.interval("a capture time").nanoseconds)
    published = WallTime(nanoseconds: try reader.interval("a publish time").nanoseconds)
  }

  func write(to writer: inout FieldWriter) {
    writer.add(frameIndex)
    writer.add(frames)
    writer.add(isIndependent)
    writer.add(duration)
    writer.add(captured.nanoseconds)
    writer.add(published.nanoseconds)
  }
}

/// An event of a feed.
package struct FeedEvent: Sendable, Equatable {
  /// The most bytes of a text.
  private static let largest = 1024

  /// The number of the event.
  package var id: UInt32
  /// The capture time of the frame with which it is raised.
  package var time: WallTime
  /// A JSON text.
  package var text: String

  /// An event.
  package init(id: UInt32, time: WallTime, text: String) {
    self.id = id
    self.time = time
    self.text = text
  }

  init(_ reader: inout FieldReader) throws(MessageError) {
    id = try reader.integer()
    time = WallTime(nanoseconds: try reader.interval("the time of an event").nanoseconds)
    text = try reader.text("an event", limit: Self.largest)
  }

  func write(to writer: inout FieldWriter) {
    writer.add(id)
    writer.add(time.nanoseconds)
    writer.add(text)
  }
}
