// SPDX-License-Identifier: Apache-2.0

package import Sharing
package import Time

/// A CMAF chunk in the window: one access unit or a few AAC frames, written once and never changed.
package final class Chunk: Sendable {
  /// Its position, duration and capture time.
  package let properties: ChunkProperties
  /// The publish time; the origin for the prefill.
  package let published: WallTime
  /// The bytes: `[styp] prft moof mdat`.
  package let bytes: SharedBytes

  /// A chunk with these properties.
  package init(_ properties: ChunkProperties, published: WallTime, bytes: SharedBytes) {
    self.properties = properties
    self.published = published
    self.bytes = bytes
  }

  /// A chunk with these properties.
  package convenience init(
    frameIndex: Int64, frames: Int64 = 1, segment: Int64? = nil, isIndependent: Bool,
    isStill: Bool = false, duration: Int64, shift: Int64 = 0, captured: WallTime,
    published: WallTime, bytes: SharedBytes
  ) {
    let properties = ChunkProperties(
      frameIndex: frameIndex, frames: frames, segment: segment, isIndependent: isIndependent,
      isStill: isStill, duration: duration, shift: shift, captured: captured)
    self.init(properties, published: published, bytes: bytes)
  }

  /// The number of its bytes.
  package var size: Int { bytes.count }
  /// See ``ChunkProperties/frameIndex``.
  package var frameIndex: Int64 { properties.frameIndex }
  /// See ``ChunkProperties/segment``.
  package var segment: Int64? { properties.segment }
  /// See ``ChunkProperties/frames``.
  package var frames: Int64 { properties.frames }
  /// See ``ChunkProperties/isIndependent``.
  package var isIndependent: Bool { properties.isIndependent }
  /// See ``ChunkProperties/isStill``.
  package var isStill: Bool { properties.isStill }
  /// See ``ChunkProperties/duration``.
  package var duration: Int64 { properties.duration }
  /// See ``ChunkProperties/shift``.
  package var shift: Int64 { properties.shift }
  /// See ``ChunkProperties/captured``.
  package var captured: WallTime { properties.captured }
  /// See ``ChunkProperties/lastFrame``.
  package var lastFrame: Int64 { properties.lastFrame }
}
