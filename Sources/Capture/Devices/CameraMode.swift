// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import Media

/// What a camera is set to.
package struct CameraMode: Sendable, Hashable, CustomStringConvertible {
  /// The four characters of V4L2, such as `MJPG` or `YUYV`.
  package let pixelFormat: String
  /// The size of its pictures; those handed out have the wished size.
  package let size: VideoSize
  /// Pictures a second as the driver says; nil where it does not say.
  package let rate: FrameRate?
  /// Whether libv4l2 converts from a format that is not taken.
  package let isEmulated: Bool

  /// One line for a log, such as `MJPG 1280x720 at 30 frames a second`.
  package var description: String {
    let rate = rate.map { " at \($0) frames a second" } ?? ""
    return "\(pixelFormat) \(size)\(rate)\(isEmulated ? ", converted by libv4l2" : "")"
  }
}

/// A mode that a camera offers.
struct OfferedMode: Sendable, Hashable {
  var format: PixelFormat
  var isEmulated = false
  var size: VideoSize
  /// nil where the driver does not tell.
  var rate: FrameRate?
}

/// Which of the offered modes is taken.
enum ModeChoice {
  /// The mode nearest to the wish; nil where nothing is offered.
  ///
  /// Native modes go before those libv4l2 would convert. Then the sum of the distances of width, height and rate, each
  /// as a power of two, decides: half the rate is as far off as half the width; more pictures than asked count little,
  /// since they cost only their transport. Between equals JPEG wins from 720p on, since raw pictures of that size do
  /// not fit USB 2, and raw pictures below; then the larger.
  static func nearest(
    _ modes: [OfferedMode], to wish: VideoSize, rate: FrameRate
  ) -> OfferedMode? {
    modes.min { one, other in
      let (a, b) = (cost(one, wish, rate), cost(other, wish, rate))
      if one.isEmulated != other.isEmulated { return other.isEmulated }
      if abs(a - b) > 0.001 { return a < b }
      if rank(one) != rank(other) { return rank(one) < rank(other) }
      return one.size.width * one.size.height > other.size.width * other.size.height
    }
  }

  private static func cost(_ mode: OfferedMode, _ wish: VideoSize, _ rate: FrameRate) -> Double {
    func octaves(_ value: Int, _ wish: Int) -> Double { abs(log2(Double(value) / Double(wish))) }
    let size = octaves(mode.size.width, wish.width) + octaves(mode.size.height, wish.height)
    guard let offered = mode.rate else { return size }
    let ratio =
      Double(offered.numerator) * Double(rate.denominator)
      / (Double(offered.denominator) * Double(rate.numerator))
    return size + (ratio < 1 ? -log2(ratio) : 0.1 * log2(ratio))
  }

  private static func rank(_ mode: OfferedMode) -> Int {
    let large = mode.size.width * mode.size.height >= 1280 * 720
    switch mode.format {
    case .mjpeg: return large ? 0 : 6
    case .jpeg: return large ? 1 : 7
    case .yuyv: return 2
    case .uyvy: return 3
    case .nv12: return 4
    case .yu12: return 5
    }
  }
}
