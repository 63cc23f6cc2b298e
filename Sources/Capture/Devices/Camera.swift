// SPDX-License-Identifier: Apache-2.0

internal import CV4L2
internal import Glibc
package import Media
import Sharing

/// One picture from a camera.
package struct CameraFrame: Sendable {
  /// The picture in the wished size: scaled, letterboxed where its shape is another, never stretched.
  package let frame: VideoFrame
  /// When it was captured, in nanoseconds of CLOCK_MONOTONIC: the kernel's stamp, else the time it was taken over.
  package let captureMonotonic: Int64
  /// Pictures lost since the one before: by the driver, damaged, or passed over for being old.
  package let skipped: Int
}

/// A V4L2 camera behind libv4l2, streaming; one thread's own.
///
/// It never lags: four buffers, of which the newest is taken. It closes with its value. After ``CameraError/gone`` it
/// is to be let go and opened again.
package struct Camera: ~Copyable, @unchecked Sendable {
  /// What the camera is set to.
  package let mode: CameraMode
  /// The name the driver gives it.
  package let card: String
  /// Pictures that could not be decoded, or that the driver called damaged.
  package private(set) var damaged = 0

  private let path: String
  private let device: CameraDevice
  private let buffers: CameraBuffers
  private let converter: CameraConverter
  private var lastSequence: UInt32?
  private var lastFrame: Int64

  /// How long `next` waits at most.
  private static let patience: Int64 = 100_000_000
  /// A camera that is silent for so long is taken for gone.
  private static let silence: Int64 = 5_000_000_000
  /// Kernel stamps further from now than this are not believed.
  private static let oldest: Int64 = 2_000_000_000

  /// Opens a camera in the mode nearest to the wish and starts it.
  ///
  /// - Parameters:
  ///   - path: of the device, such as `/dev/video0`.
  ///   - wish: the size of the pictures handed out; the camera's own may differ.
  ///   - rate: pictures a second; the camera may give more or fewer.
  /// - Throws: ``CameraError``, of which `gone` and `notFound` are worth another try later.
  package init(path: String, wish: VideoSize, rate: FrameRate) throws(CameraError) {
    let device = try CameraDevice(path: path)
    let (mode, format, geometry) = try device.settle(wish: wish, rate: rate)
    let converter: CameraConverter
    do {
      converter = try CameraConverter(format, geometry, to: wish)
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
    lastFrame = SystemClock.monotonic
  }

  /// The newest picture; blocks for about 100 ms at most.
  ///
  /// - Returns: nil when there is none yet.
  /// - Throws: ``CameraError/gone`` when the camera was unplugged or is silent; the others are as final.
  package mutating func next() throws(CameraError) -> CameraFrame? {
    let deadline = SystemClock.monotonic + Self.patience
    while true {
      let now = SystemClock.monotonic
      if now >= deadline {
        guard now - lastFrame < Self.silence else {
          throw .gone(path: path, reason: "no picture for \(Self.silence / 1_000_000_000) s")
        }
        return nil
      }
      guard try isReady(milliseconds: Int32((deadline - now) / 1_000_000 + 1)) else { continue }
      guard let (filled, passed) = try newest() else {
        // Ready, but nothing to be had: files always are, and libv4l2 drops what it cannot convert.
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

  /// Drains the queue to its newest buffer; how many older ones were passed over.
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
      // Signal loss and the like; the camera may recover, else its silence tells.
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
    let taken = SystemClock.monotonic
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
      // A driver that does not count gives 0 each time; then only those passed over are known.
      skipped = max(skipped, Int(Int32(bitPattern: filled.sequence &- lastSequence)) - 1)
    }
    lastSequence = filled.sequence
    lastFrame = taken
    let timestamp = filled.monotonic.flatMap { $0 <= taken && $0 > taken - Self.oldest ? $0 : nil }
    return CameraFrame(frame: frame, captureMonotonic: timestamp ?? taken, skipped: skipped)
  }
}
