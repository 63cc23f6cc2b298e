// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing

/// The body of a motion JPEG: pictures that replace each other.
///
/// The delimiter after a picture is sent with it, so that a client which waits for the delimiter
/// shows the picture at once.
/// - Source: RFC 2046 §5.1.1
enum MotionPictureBody {
  private static let delimiter = "--picture"

  /// Status and fields.
  static let head = PreparedResponse(
    status: 200,
    fields: ResponseFields.fields("multipart/x-mixed-replace; boundary=picture", .noStore))

  /// The first delimiter.
  static let start = SharedBytes(delimiter)

  /// A picture with its fields and the delimiter after it.
  static func part(_ still: SharedBytes) -> SharedBytes {
    let fields = "\r\nContent-Type: image/jpeg\r\nContent-Length: \(still.count)\r\n\r\n"
    return SharedBytes(Array(fields.utf8) + still.array + Array("\r\n\(delimiter)".utf8))
  }

  /// The bytes that make the last delimiter that of the end.
  static let end = SharedBytes("--\r\n")
}
