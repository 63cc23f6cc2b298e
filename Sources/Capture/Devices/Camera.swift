// SPDX-License-Identifier: Apache-2.0

internal import CV4L2
internal import Glibc
package import Media
import Sharing
package import Time

/// One frame from a camera.
package struct CameraFrame: Sendable {
  /// The frame in the requested size: scaled and letterboxed, never stretched.
  package let frame: VideoFrame
  /// The capture time.
  ///
  /// The kernel's timestamp; the arrival if the timestamp is not credible.
  package let captureMonotonic: MonotonicTime
  /// Frames lost since the frame before: dropped by the driver, damaged, or superseded by a newer
  /// one.
  package let skipped: Int
}

/// A streaming V4L2 camera, accessed through libv4l2.
///
/// Confined to one thread.
///
/// It never lags: of its four buffers the newest is used. The device is closed with the value.
/// After ``CameraError/gone`` release the value and open the camera again.
package struct Camera: ~Copyable, @unchecked Sendable {
  /// The mode in use.
  package let mode: CameraMode
  /// The driver's name for the camera.
  package let card: String
  /// Frames that could not be decoded or that the driver marked as damaged.
  package private(set) var damaged = 0

  private let path: String
  private let device: CameraDevice
  private let buffers: CameraBuffers
  private let converter: CameraConverter
  private var lastSequence: UInt32?
  private var lastFrame: MonotonicTime

  /// The longest wait of `next`.
  private static let pollTimeout = Interval.milliseconds(100)
  /// The time without a frame after which a camera counts as gone.
  private static let silence = Interval.seconds(5)
  /// The largest credible age of a kernel timestamp.
  private static let oldest = Interval.seconds(2)

  /// Opens a camera in the mode nearest to the requested one and starts it.
  ///
  /// - Parameters:
  ///   - path: the device, such as `/dev/video0`.
  ///   - requested: the size of the returned frames; the camera's own size may differ.
  ///   - rate: the requested frame rate; the camera's own rate may differ.
  /// - Throws: ``CameraError``. After `gone` and `notFound` a later attempt may succeed.
  package init(path: String, requested: VideoSize, rate: FrameRate) throws(CameraError) {
    let device = try CameraDevice(path: path)
    let (mode, format, geometry) = try device.settle(requested: requested, rate: rate)
    let converter: CameraConverter
    do {
      converter = try CameraConverter(format, geometry, to: requested)
    } catch {
      throw .conversion(path: path, error: error)
    }
    let buffers = try CameraBuffers(device)
    self.path = path
    self.device = device
    self.mode = mode
    self.card = device.card
    self.converter = converter
    self.buffers = buffers
    lastFrame = SystemClock.monotonicTime
  }

  /// The newest frame.
  ///
  /// Blocks for up to 100 ms.
  ///
  /// - Returns: nil if no frame has arrived.
  /// - Throws: ``CameraError/gone`` if the camera was unplugged or is silent. Discard the camera
  ///   after any error.
  package mutating func next() throws(CameraError) -> CameraFrame? {
    let deadline = SystemClock.monotonicTime + Self.pollTimeout
    while true {
      let now = SystemClock.monotonicTime
      if now >= deadline {
        guard now - lastFrame < Self.silence else {
          throw .gone(path: path, reason: "no frame for \(Self.silence.wholeSeconds) s")
        }
        return nil
      }
      guard try isReady(milliseconds: Int32((deadline - now).milliseconds + 1)) else { continue }
      guard let (filled, passed) = try newest() else {
        // Readable without a buffer: files always are, and libv4l2 drops frames that it cannot
        // convert.
        cv4l2_sleep(1_000_000)
        continue
      }
      if let frame = try take(filled, passed) { return frame }
    }
  }

  private func isReady(milliseconds: Int32) throws(CameraError) -> Bool {
    var state = pollfd(fd: device.descriptor, events: Int16(POLLIN), revents: 0)
    let result = unsafe poll(&state, 1, milliseconds)
    if result <= 0 { return false }
    let events = Int32(state.revents)
    if events & POLLIN != 0 { return true }
    throw .gone(path: path, reason: events & POLLHUP != 0 ? "hung up" : "device error")
  }

  /// Dequeues all filled buffers: the newest, and the number of older ones that were skipped.
  private func newest() throws(CameraError) -> (CameraBuffers.Filled, Int)? {
    var newest: CameraBuffers.Filled?
    var passed = -1
    while true {
      let (result, filled) = buffers.take()
      if let filled {
        if let older = newest { buffers.giveBack(older) }
        newest = filled
        passed += 1
        continue
      }
      switch -result {
      case EAGAIN: break
      // Loss of signal, for example. The camera may recover; if not, its silence ends it.
      case EIO: break
      default:
        if let newest { buffers.giveBack(newest) }
        throw .gone(path: path, reason: CameraError.text(result))
      }
      return newest.map { ($0, passed) }
    }
  }

  private mutating func take(
    _ filled: CameraBuffers.Filled, _ passed: Int
  ) throws(CameraError) -> CameraFrame? {
    let taken = SystemClock.monotonicTime
    var frame: VideoFrame?
    if !filled.isDamaged {
      do {
        frame = try unsafe converter.frame(buffers.bytes(filled))
      } catch {
        buffers.giveBack(filled)
        throw .conversion(path: path, error: error)
      }
    }
    let returned = buffers.giveBack(filled)
    guard returned >= 0 else { throw .gone(path: path, reason: CameraError.text(returned)) }
    guard let frame else {
      damaged += 1
      return nil
    }
    var skipped = passed
    if let lastSequence {
      // Some drivers do not count and always report 0; then only skipped buffers are known.
      skipped = max(skipped, Int(Int32(bitPattern: filled.sequence &- lastSequence)) - 1)
    }
    lastSequence = filled.sequence
    lastFrame = taken
    let timestamp = filled.monotonic.flatMap { $0 <= taken && $0 > taken - Self.oldest ? $0 : nil }
    return CameraFrame(frame: frame, captureMonotonic: timestamp ?? taken, skipped: skipped)
  }
}
