// SPDX-License-Identifier: Apache-2.0

internal import Media
package import Time

/// Cuts the payloads of a container to whole frames of AAC in LATM with LOAS: a pure state machine.
///
/// A frame may begin in one payload and end in a later one. Its duration follows from the times of
/// payloads and their number of frames.
///
/// - Source: ISO/IEC 14496-3 §1.7.2 (AudioSyncStream)
package struct LOASSplitter: Sendable {
  /// A frame and the time of its first sample.
  package struct Unit: Sendable, Equatable {
    package var bytes: [UInt8]
    package var pts: SourceTime

    package init(bytes: [UInt8], pts: SourceTime) {
      self.bytes = bytes
      self.pts = pts
    }
  }

  /// The bytes before a frame: a syncword of 11 bits and a length of 13 bits.
  private static let headerSize = 3
  /// A frame has at most 2048 samples, at 8 kHz or more.
  private static let longestDuration = Interval.milliseconds(256)

  /// The first bytes of a frame whose end has not arrived.
  private var rest: [UInt8] = []
  /// The newest payload in which frames began, and their number.
  private var newest: (pts: SourceTime, frames: Int64)?
  /// The duration of a frame; at first that of 1024 samples at 48 kHz.
  private var duration = Interval(ticks: 1024, timescale: 48_000)

  package init() {}

  /// Takes a payload whose first frame that begins in it has the time `pts`.
  ///
  /// - Returns: the frames that are complete.
  package mutating func take(_ bytes: [UInt8], pts: SourceTime) -> [Unit] {
    let whole = rest + bytes
    let carried = rest.count
    measure(until: pts)
    var units: [Unit] = []
    var (offset, begun) = (0, Int64(0))
    while offset + Self.headerSize <= whole.count {
      // bounded: within the bytes
      guard let size = Self.size(whole[offset...]) else {
        offset += 1
        continue
      }
      if offset >= carried { begun += 1 }
      guard size <= whole.count - offset else { break }
      // A frame that began before this payload is the last one of the payload before.
      let index = offset < carried ? -1 : begun - 1
      // bounded: intervals saturate, and the frame is within the bytes
      units.append(Unit(bytes: Array(whole[offset..<offset + size]), pts: pts + duration * index))
      offset += size
    }
    // bounded: at most a frame of 8194 bytes
    rest = Array(whole[offset...])
    if begun > 0 { newest = (pts, begun) }
    return units
  }

  /// Measures the duration of a frame by the newest payload, which ends at `pts`.
  private mutating func measure(until pts: SourceTime) {
    guard let newest, newest.frames > 0 else { return }
    // bounded: a division of intervals by 0 is 0
    let measured = (pts - newest.pts) / newest.frames
    if measured > .zero, measured <= Self.longestDuration { duration = measured }
  }

  /// The size of the frame that begins with `bytes`; nil if none begins there.
  private static func size(_ bytes: ArraySlice<UInt8>) -> Int? {
    let head = Array(bytes.prefix(headerSize))
    guard head.count == headerSize, head[0] == 0x56, head[1] >> 5 == 7 else { return nil }
    return headerSize + (Int(head[1] & 0x1F) << 8 | Int(head[2]))
  }
}
