// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Why a camera cannot be used.
///
/// Each case names the device.
package enum CameraError: Error, Sendable, Hashable, CustomStringConvertible {
  /// No such file exists.
  case notFound(path: String)
  /// The user has no permission to open the device.
  case notAllowed(path: String)
  /// The file is not a camera.
  case notACamera(path: String, reason: String)
  /// The camera offers none of the supported pixel formats; `offered` lists its formats.
  case noUsableFormat(path: String, offered: String)
  /// Another program streams from the camera.
  case busy(path: String)
  /// The camera was removed while in use, or is silent.
  case gone(path: String, reason: String)
  /// A call failed for another reason.
  case failed(path: String, call: String, code: Int32)
  /// The frames of the camera cannot be converted.
  case conversion(path: String, error: FFmpegError)

  /// One line: the device, the error, and the remedy.
  package var description: String {
    switch self {
    case .notFound(let path):
      "\(path): no such device (expected a camera such as /dev/video0; see --list-devices)"
    case .notAllowed(let path):
      "\(path): permission denied; "
        + "the user must be in the group that owns the device, usually 'video'"
    case .notACamera(let path, let reason):
      "\(path): not a camera: \(reason) (expected a V4L2 capture device such as /dev/video0)"
    case .noUsableFormat(let path, let offered):
      "\(path): no usable pixel format: offered \(offered) (expected one of "
        + PixelFormat.allCases.map(\.name).joined(separator: ", ") + ")"
    case .busy(let path):
      "\(path): in use by another program"
    case .gone(let path, let reason):
      "\(path): camera removed (\(reason))"
    case .failed(let path, let call, let code):
      "\(path): \(call): \(Self.text(code))"
    case .conversion(let path, let error):
      "\(path): \(error)"
    }
  }

  /// The error for an errno, positive or negative, while a device is opened or configured.
  static func opening(_ path: String, _ call: String, _ code: Int32) -> CameraError {
    switch abs(code) {
    case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG: .notFound(path: path)
    case EACCES, EPERM, EROFS: .notAllowed(path: path)
    case EBUSY: .busy(path: path)
    case ENODEV, ENXIO: .gone(path: path, reason: text(code))
    case ENOTTY, EISDIR: .notACamera(path: path, reason: text(code))
    case EINVAL where call == "VIDIOC_QUERYCAP" || call == "v4l2_open":
      .notACamera(path: path, reason: text(code))
    default: .failed(path: path, call: call, code: abs(code))
    }
  }

  /// The C library's text for an errno.
  static func text(_ code: Int32) -> String {
    guard let text = unsafe strerror(abs(code)) else { return "error \(abs(code))" }
    return unsafe String(cString: text)
  }
}
