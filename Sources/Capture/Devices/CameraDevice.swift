// SPDX-License-Identifier: Apache-2.0

internal import CV4L2
import Glibc
internal import Media

/// An open V4L2 capture device, accessed through libv4l2.
///
/// Confined to one thread.
@safe
final class CameraDevice {
  let path: String
  /// The driver's name for the camera.
  let card: String
  let descriptor: Int32

  /// Opens the device and checks that it captures video and streams.
  init(path: String) throws(CameraError) {
    cv4l2_silence()
    let descriptor = unsafe cv4l2_open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CameraError.opening(path, "v4l2_open", descriptor)
    }
    self.path = path
    self.descriptor = descriptor
    var capability = v4l2_capability()
    let result = unsafe cv4l2_ioctl(descriptor, CV4L2_QUERYCAP, &capability)
    card = unsafe withUnsafeBytes(of: capability.card) { unsafe Self.text($0) }
    guard result >= 0 else {
      throw CameraError.opening(path, "VIDIOC_QUERYCAP", result)
    }
    let hasOwn = capability.capabilities & V4L2_CAP_DEVICE_CAPS != 0
    let flags = hasOwn ? capability.device_caps : capability.capabilities
    guard flags & UInt32(V4L2_CAP_VIDEO_CAPTURE) != 0, flags & UInt32(V4L2_CAP_STREAMING) != 0
    else {
      throw .notACamera(path: path, reason: "\(card) does not capture video")
    }
  }

  deinit { v4l2_close(descriptor) }

  /// Calls ioctl: 0 or more, or -errno.
  func call<Value>(_ request: UInt, _ value: inout Value) -> Int32 {
    unsafe withUnsafeMutablePointer(to: &value) { pointer in
      unsafe cv4l2_ioctl(descriptor, request, UnsafeMutableRawPointer(pointer))
    }
  }

  /// Calls an ioctl that the camera cannot be used without.
  func configure<Value>(
    _ name: String, _ request: UInt, _ value: inout Value
  ) throws(CameraError) {
    let result = call(request, &value)
    if result < 0 { throw CameraError.opening(path, name, result) }
  }

  private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
