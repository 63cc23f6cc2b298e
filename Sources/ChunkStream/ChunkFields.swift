// SPDX-License-Identifier: Apache-2.0

package import Time

/// A chunk as it is sent; its bytes are the payload of the message.
package struct ChunkFields: Sendable, Equatable {
  /// The use of a chunk.
  package enum Role: UInt8, Sendable, CaseIterable {
    /// It fills the window before the stream is live.
    case prefill
    /// It is the next one.
    case next
    /// It belongs to the first part of a period, which a ``PeriodFields`` message publishes.
    case opening
  }

  /// The range of frame indices.
  package static let indices: ClosedRange<Int64> = 0...1 << 48
  /// The range of segment numbers; those of 0.1 s reach the year 5400.
  package static let numbers: ClosedRange<Int64> = 0...1 << 40
  /// The use of the chunk.
  package var role = Role.next
  /// The index of its first frame.
  package var frameIndex: Int64
  /// The number of its frames.
  package var frames: Int64
  /// The number of its segment if the publisher assigns it.
  package var segment: Int64?
  /// Whether decoding can start with it.
  package var isIndependent: Bool
  /// The duration in ticks.
  package var duration: Int64
  /// The capture time of the first frame.
  package var captured: WallTime
  /// Wall clock minus media time in the segment that begins with it; nil if it is that of the
  /// segment before.
  package var offset: Interval?

  /// A chunk with these fields.
  package init(
    role: Role = .next, frameIndex: Int64, frames: Int64, segment: Int64?, isIndependent: Bool,
    duration: Int64, captured: WallTime, offset: Interval? = nil
  ) {
    self.role = role
    self.frameIndex = frameIndex
    self.frames = frames
    self.segment = segment
    self.isIndependent = isIndependent
    self.duration = duration
    self.captured = captured
    self.offset = offset
  }

  init(_ reader: inout FieldReader) throws(MessageError) {
    let value = try reader.integer(UInt8.self)
    guard let role = Role(rawValue: value) else {
      throw .invalid(field: "the role of a chunk", value: "\(value)")
    }
    self.role = role
    frameIndex = try reader.integer("a frame index", in: Self.indices)
    frames = try reader.integer("the number of frames", in: 1...1000)
    segment = try reader.optional("a flag") { reader throws(MessageError) in
      try reader.integer("a segment number", in: Self.numbers)
    }
    isIndependent = try reader.boolean("a flag")
    duration = try reader.integer("the duration of a chunk", in: 1...1 << 32)
    captured = WallTime(nanoseconds: try reader.interval("a capture time").nanoseconds)
    offset = try reader.optional("a flag") { reader throws(MessageError) in
      try reader.interval("an offset")
    }
  }

  func write(to writer: inout FieldWriter) {
    writer.add(role.rawValue)
    writer.add(frameIndex)
    writer.add(frames)
    writer.add(segment) { $0.add($1) }
    writer.add(isIndependent)
    writer.add(duration)
    writer.add(captured.nanoseconds)
    writer.add(offset) { $0.add($1.nanoseconds) }
  }
}
