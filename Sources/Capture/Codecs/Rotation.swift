// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Checked
import Media

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
