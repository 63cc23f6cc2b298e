// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Why a camera cannot be used, or no longer: each names the device.
package enum CameraError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no such file.
  case notFound(path: String)
  /// This user may not open it.
  case notAllowed(path: String)
  /// It is something else; `reason` says what was found out.
  case notACamera(path: String, reason: String)
  /// It gives pictures in none of the formats that can be taken; `offered` lists its own.
  case noUsableFormat(path: String, offered: String)
  /// Another program streams from it.
  case busy(path: String)
  /// It was there and is not any longer, or has stopped giving pictures.
  case gone(path: String, reason: String)
  /// A call failed for another reason.
  case failed(path: String, call: String, code: Int32)
  /// Its pictures could not be converted.
  case conversion(path: String, error: FFmpegError)

  /// The device.
  package var path: String {
    switch self {
    case .notFound(let path), .notAllowed(let path), .busy(let path): path
    case .notACamera(let path, _), .noUsableFormat(let path, _), .gone(let path, _): path
    case .failed(let path, _, _), .conversion(let path, _): path
    }
  }

  /// One line: the device, what is wrong, and what would be right.
  package var description: String {
    switch self {
    case .notFound(let path):
      "\(path): no such device; give a camera such as /dev/video0 (--list-devices shows those here)"
    case .notAllowed(let path):
      "\(path): not allowed to open it; the user must be in the group that owns it, mostly 'video'"
    case .notACamera(let path, let reason):
      "\(path): not a camera (\(reason)); give a V4L2 capture device such as /dev/video0"
    case .noUsableFormat(let path, let offered):
      "\(path): no usable format; it offers \(offered), and needed is one of "
        + PixelFormat.allCases.map(\.name).joined(separator: ", ")
    case .busy(let path):
      "\(path): in use by another program; close that, or give another camera"
    case .gone(let path, let reason):
      "\(path): the camera is gone (\(reason))"
    case .failed(let path, let call, let code):
      "\(path): \(call): \(Self.text(code))"
    case .conversion(let path, let error):
      "\(path): \(error)"
    }
  }

  /// What an errno, positive or negative, means for a device that is being opened or configured.
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

  /// What an errno means, in the C library's words.
  static func text(_ code: Int32) -> String {
    guard let text = unsafe strerror(abs(code)) else { return "error \(abs(code))" }
    return unsafe String(cString: text)
  }
}
