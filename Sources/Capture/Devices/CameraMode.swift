// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import Media

/// The mode of a camera.
package struct CameraMode: Sendable, Hashable, CustomStringConvertible {
  /// The four-character code of V4L2, such as `MJPG` or `YUYV`.
  package let pixelFormat: String
  /// The size of the camera's frames; returned frames are scaled to the requested size.
  package let size: VideoSize
  /// The frame rate that the driver reports; nil if it reports none.
  package let rate: FrameRate?
  /// Whether libv4l2 converts from an unsupported format.
  package let isEmulated: Bool

  /// One line for a log, such as `MJPG 1280x720 at 30 frames per second`.
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
  /// nil if the driver reports none.
  var rate: FrameRate?
}

/// The choice among the offered modes.
enum ModeChoice {
  /// The mode nearest to the requested one; nil if no mode is offered.
  ///
  /// Native modes precede modes that libv4l2 converts. The sum of the distances of width, height
  /// and rate, each as a power of two, decides among them: half the rate counts as much as half the
  /// width. A higher rate counts little, since it costs only transport. Between equal modes JPEG
  /// wins from 720p on, since raw frames of that size exceed USB 2; below 720p raw frames win; then
  /// the larger size wins.
  static func nearest(
    _ modes: [OfferedMode], to requested: VideoSize, rate: FrameRate
  ) -> OfferedMode? {
    modes.min { one, other in
      let (a, b) = (cost(one, requested, rate), cost(other, requested, rate))
      if one.isEmulated != other.isEmulated { return other.isEmulated }
      if abs(a - b) > 0.001 { return a < b }
      if rank(one) != rank(other) { return rank(one) < rank(other) }
      return one.size.width * one.size.height > other.size.width * other.size.height
    }
  }

  private static func cost(_ mode: OfferedMode, _ requested: VideoSize, _ rate: FrameRate) -> Double
  {
    func octaves(_ value: Int, _ requested: Int) -> Double {
      abs(log2(Double(value) / Double(requested)))
    }
    let size =
      octaves(mode.size.width, requested.width) + octaves(mode.size.height, requested.height)
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
