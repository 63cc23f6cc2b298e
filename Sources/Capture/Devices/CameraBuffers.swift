// SPDX-License-Identifier: Apache-2.0

internal import CV4L2
import Glibc
import Time

/// The mapped and queued buffers of a streaming camera.
///
/// Confined to one thread.
@safe
final class CameraBuffers {
  /// A buffer filled by the camera.
  struct Filled {
    fileprivate let index: Int
    let bytesUsed: Int
    let sequence: UInt32
    /// Whether the driver marks the data as damaged.
    let isDamaged: Bool
    /// The kernel's timestamp; nil if the driver uses another clock than CLOCK_MONOTONIC.
    let monotonic: MonotonicTime?

    fileprivate init(_ buffer: v4l2_buffer) {
      unsafe index = Int(buffer.index)
      unsafe bytesUsed = Int(buffer.bytesused)
      unsafe sequence = buffer.sequence
      let (flags, timestamp) = unsafe (buffer.flags, buffer.timestamp)
      isDamaged = flags & UInt32(V4L2_BUF_FLAG_ERROR) != 0
      let clock = flags & UInt32(V4L2_BUF_FLAG_TIMESTAMP_MASK)
      let isMonotonic = clock == UInt32(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
      monotonic =
        isMonotonic
        ? .origin + .seconds(Int64(timestamp.tv_sec)) + .microseconds(Int64(timestamp.tv_usec))
        : nil
    }
  }

  /// More buffers would let a slow reader lag; fewer would leave the driver without one.
  private static let count: UInt32 = 4

  private let device: CameraDevice
  private var mapped: [UnsafeMutableRawBufferPointer]
  private var isStreaming = false

  /// Requests, maps and queues the buffers, and starts the stream.
  init(_ device: CameraDevice) throws(CameraError) {
    self.device = device
    unsafe mapped = []
    var request = v4l2_requestbuffers()
    request.count = Self.count
    request.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    request.memory = V4L2_MEMORY_MMAP.rawValue
    try device.configure("VIDIOC_REQBUFS", CV4L2_REQBUFS, &request)
    guard request.count > 0 else {
      throw .failed(path: device.path, call: "VIDIOC_REQBUFS", code: ENOMEM)
    }
    for index in 0..<request.count {
      var buffer = unsafe Self.buffer(index)
      try unsafe device.configure("VIDIOC_QUERYBUF", CV4L2_QUERYBUF, &buffer)
      let length = unsafe Int(buffer.length)
      let memory = unsafe v4l2_mmap(
        nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, device.descriptor, Int64(buffer.m.offset))
      guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
        throw CameraError.opening(device.path, "v4l2_mmap", errno)
      }
      unsafe mapped.append(UnsafeMutableRawBufferPointer(start: memory, count: length))
      try unsafe device.configure("VIDIOC_QBUF", CV4L2_QBUF, &buffer)
    }
    var type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    try device.configure("VIDIOC_STREAMON", CV4L2_STREAMON, &type)
    isStreaming = true
  }

  deinit {
    if isStreaming {
      var type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
      _ = device.call(CV4L2_STREAMOFF, &type)
    }
    unsafe mapped.forEach { memory in unsafe v4l2_munmap(memory.baseAddress, memory.count) }
    // Frees the buffers, so that the next program finds the device idle.
    var request = v4l2_requestbuffers()
    request.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    request.memory = V4L2_MEMORY_MMAP.rawValue
    _ = device.call(CV4L2_REQBUFS, &request)
  }

  /// Dequeues the oldest filled buffer without waiting: 0 and the buffer, or -errno.
  func take() -> (result: Int32, filled: Filled?) {
    var buffer = unsafe Self.buffer(0)
    let result = unsafe device.call(CV4L2_DQBUF, &buffer)
    guard result >= 0 else { return (result, nil) }
    let filled = unsafe Filled(buffer)
    guard unsafe filled.index < mapped.count else { return (-EIO, nil) }
    return (0, filled)
  }

  /// Queues a buffer again: 0, or -errno.
  @discardableResult
  func giveBack(_ filled: Filled) -> Int32 {
    var buffer = unsafe Self.buffer(UInt32(filled.index))
    return unsafe device.call(CV4L2_QBUF, &buffer)
  }

  /// The bytes of a filled buffer; valid until the buffer is queued again.
  @unsafe
  func bytes(_ filled: Filled) -> UnsafeRawBufferPointer {
    let memory = unsafe mapped[filled.index]
    let count = min(filled.bytesUsed, memory.count)
    return unsafe UnsafeRawBufferPointer(rebasing: memory[0..<count])
  }

  private static func buffer(_ index: UInt32) -> v4l2_buffer {
    var buffer = unsafe v4l2_buffer()
    unsafe buffer.index = index
    unsafe buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    unsafe buffer.memory = V4L2_MEMORY_MMAP.rawValue
    return unsafe buffer
  }
}
