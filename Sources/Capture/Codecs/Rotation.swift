// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Checked
internal import Media

/// The clockwise rotation for display, as phones declare for portrait video.
package enum Rotation: Int, Sendable, Equatable, Codable {
  case none, quarter, half, threeQuarters

  /// Whether the rotation swaps width and height.
  var isSideways: Bool { self == .quarter || self == .threeQuarters }

  /// The angle, in degrees.
  var degrees: Double { Double(rawValue) * 90 }

  /// The size of frames before their rotation to `size`.
  func unrotated(_ size: VideoSize) -> VideoSize {
    isSideways ? VideoSize(width: size.height, height: size.width) ?? size : size
  }

  /// The rotation of a stream's display matrix; mirroring is ignored.
  @unsafe
  init(_ stream: UnsafePointer<AVStream>) {
    let degrees = unsafe cff_stream_rotation(stream)
    self = Rotation(rawValue: Int(clamping: (degrees / 90).rounded()) & 3) ?? .none
  }
}

extension Canvas {
  /// Copies a rotated canvas; a quarter turn swaps width and height.
  func copy(from other: Canvas, rotatedBy rotation: Rotation) {
    let fits =
      rotation.isSideways
      ? other.width == height && other.height == width
      : other.width == width && other.height == height
    precondition(fits, "frames of two sizes")
    switch rotation {
    case .none: copy(from: other)
    case .quarter: fill(from: other) { x, y, width, _ in (y, width - 1 - x) }
    case .half: fill(from: other) { x, y, width, height in (width - 1 - x, height - 1 - y) }
    case .threeQuarters: fill(from: other) { x, y, _, height in (height - 1 - y, x) }
    }
  }
}

extension Rotation {
  /// The payload type of the display orientation.
  private static let displayOrientation = 47

  /// The rotation by the display orientation in a NAL unit of SEI; nil if the unit has none.
  ///
  /// An orientation that is cancelled is none. A single flip is ignored, both are a half turn.
  /// - Parameters:
  ///   - unit: the NAL unit, with its header.
  ///   - codec: its codec.
  /// - Source: ITU-T H.264 §D.1.26, §D.2.26; ITU-T H.265 §D.2.17
  init?(sei unit: ArraySlice<UInt8>, _ codec: NALCodec) {
    let messages = SEIMessages(unit: unit, codec).all
    guard let message = messages.first(where: { $0.type == Self.displayOrientation }) else {
      return nil
    }
    var bits = BitReader(message.payload)
    guard bits.flag() == false, let isMirrored = bits.flag(), let isFlipped = bits.flag(),
      let anticlockwise = bits.take(16)
    else { return nil }
    // bounded: 16 bits for a whole turn
    let quarters = (anticlockwise + 0x2000) >> 14
    let turns = (isMirrored && isFlipped ? 2 : 0) - quarters
    self = Rotation(rawValue: turns & 3) ?? .none
  }
}
