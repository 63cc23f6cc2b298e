// SPDX-License-Identifier: Apache-2.0

package import Packaging
import Sharing
package import Time

/// A chunk of a track as it is sent between processes and between servers; its bytes are the
/// payload of the message.
package struct ChunkMessage: FieldValue, Sendable {
  /// The use of a chunk.
  package enum Role: UInt8, Sendable {
    /// It fills the window before the stream is live.
    case prefill
    /// It is the next one.
    case next
    /// It belongs to the first part of a period, which a ``PeriodFields`` message publishes.
    case opening
  }

  /// The number of the track.
  package let track: UInt8
  /// The use of the chunk; ``Role/next`` in a feed.
  package let role: Role
  /// The chunk; its publish time is that of the sender.
  package let chunk: Chunk
  /// Wall clock minus media time in the segment that begins with it; nil if it is that of the
  /// segment before.
  package let offset: Interval?

  /// The message of a chunk.
  package init(_ chunk: Chunk, track: UInt8, role: Role = .next, offset: Interval? = nil) {
    self.track = track
    self.role = role
    self.chunk = chunk
    self.offset = offset
  }

  init(_ reader: inout FieldReader, payload: SharedBytes?) throws(MessageError) {
    guard let payload, payload.count > 0 else {
      throw .invalid(field: "a chunk", value: "without bytes")
    }
    track = try reader.track()
    let value = try reader.integer(UInt8.self)
    guard let role = Role(rawValue: value) else {
      throw .invalid(field: "the role of a chunk", value: "\(value)")
    }
    self.role = role
    chunk = try Self.chunk(&reader, payload)
    offset = try reader.optional { reader throws(MessageError) in
      try reader.interval("an offset")
    }
  }

  private static func chunk(
    _ reader: inout FieldReader, _ bytes: SharedBytes
  ) throws(MessageError) -> Chunk {
    let frameIndex = try reader.frameIndex()
    let frames: Int64 = try reader.integer("the number of frames", in: 1...1000)
    let segment = try reader.optional { reader throws(MessageError) in
      try reader.segmentNumber()
    }
    let flags = try reader.integer(UInt8.self)
    guard flags < 8 else { throw .invalid(field: "the flags of a chunk", value: "\(flags)") }
    let shift = flags & 4 != 0 ? try reader.integer(Int32.self) : 0
    // Each message has one form.
    guard (shift != 0) == (flags & 4 != 0) else {
      throw .invalid(field: "the shift of a chunk", value: "\(shift)")
    }
    return Chunk(
      frameIndex: frameIndex, frames: frames, segment: segment, isIndependent: flags & 1 != 0,
      isStill: flags & 2 != 0,
      duration: try reader.integer("the duration of a chunk", in: 1...1 << 32),
      shift: Int64(shift), captured: try reader.instant("a capture time"),
      published: try reader.instant("a publish time"), bytes: bytes)
  }

  /// Adds all but the bytes, each field by itself: there are many chunks.
  package func write(to writer: inout FieldWriter) {
    let shift = Int32(clamping: chunk.shift)
    let flags: UInt8 =
      (chunk.isIndependent ? 1 : 0) | (chunk.isStill ? 2 : 0) | (shift != 0 ? 4 : 0)
    writer.add(track)
    writer.add(role.rawValue)
    writer.add(chunk.frameIndex)
    writer.add(chunk.frames)
    writer.add(chunk.segment)
    writer.add(flags)
    if shift != 0 { writer.add(shift) }
    writer.add(chunk.duration)
    writer.add(chunk.captured)
    writer.add(chunk.published)
    writer.add(offset)
  }
}
