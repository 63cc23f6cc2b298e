// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import CV4L2

/// The pixel formats that are accepted from cameras.
enum PixelFormat: CaseIterable, Sendable {
  case yuyv, uyvy, nv12, yu12, mjpeg, jpeg

  /// The format of a V4L2 code; nil if it is not supported.
  init?(code: UInt32) {
    guard let found = Self.allCases.first(where: { $0.code == code }) else { return nil }
    self = found
  }

  /// The four-character code of V4L2 as a number.
  var code: UInt32 {
    switch self {
    case .yuyv: CV4L2_PIX_YUYV
    case .uyvy: CV4L2_PIX_UYVY
    case .nv12: CV4L2_PIX_NV12
    case .yu12: CV4L2_PIX_YU12
    case .mjpeg: CV4L2_PIX_MJPEG
    case .jpeg: CV4L2_PIX_JPEG
    }
  }

  /// The four-character code.
  var name: String { Self.name(code) }

  /// Whether each frame is a JPEG image.
  var isCompressed: Bool { self == .mjpeg || self == .jpeg }

  /// The libavutil format of raw frames.
  var rawFormat: AVPixelFormat {
    switch self {
    case .yuyv: AV_PIX_FMT_YUYV422
    case .uyvy: AV_PIX_FMT_UYVY422
    case .nv12: AV_PIX_FMT_NV12
    case .yu12, .mjpeg, .jpeg: AV_PIX_FMT_YUV420P
    }
  }

  /// A V4L2 code as text.
  static func name(_ code: UInt32) -> String {
    let letters = [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: code >> $0) & 0x7F }
    let text = String(decoding: letters.map { $0 < 0x20 ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
    return String(text.reversed().drop { $0 == " " }.reversed())
  }
}
