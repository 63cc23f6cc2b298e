// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Net
import Packaging
import Sharing
import Stills
import Time

/// The pictures of the motion JPEG of a stream in one width, for the readers on all loops.
///
/// The loop that first sees a frame that becomes a picture asks for its still; all loops with
/// readers are woken when it is made.
final class MotionPictureFeed: Sendable {
  private struct State {
    var pictures = MotionPictures()
    /// The loops with readers, and how each is woken.
    var loops: [ObjectIdentifier: @Sendable () -> Void] = [:]
  }

  private let width: UInt16?
  private let state = Locked(State())

  /// The feed of pictures of this width; nil for the width of the frames.
  init(width: UInt16?) { self.width = width }

  /// A loop has readers from now on.
  func join(_ loop: EventLoop) {
    state.withLock { state in
      state.loops[ObjectIdentifier(loop)] = { [weak loop] in loop?.wake() }
    }
  }

  /// A loop has no readers any more.
  func leave(_ loop: EventLoop) {
    state.withLock { state in
      state.loops[ObjectIdentifier(loop)] = nil
      if state.loops.isEmpty { state.pictures.rest() }
    }
  }

  /// The newest picture, and asks for that of the newest frame if it is due.
  func advance(_ served: ServedStream, _ service: StillService) -> MotionPictures {
    let (window, snapshot) = (served.window, served.window.snapshot)
    if let frame = snapshot.newestFrame, snapshot.state != .ended {
      let time = window.segmentation.frameTime(of: frame)
      let isDue = state.withLock { $0.pictures.takes(frame, at: time) }
      if isDue { ask(served, snapshot, service) }
    }
    return state.withLock { $0.pictures }
  }

  private func ask(
    _ served: ServedStream, _ snapshot: WindowSnapshot, _ service: StillService
  ) {
    guard let request = served.newestStill(width: width, in: snapshot) else { return made(nil) }
    served.follow(with: service)
    let known = service.ask(request) { [weak self] in self?.made((try? $0.get())?.bytes) }
    if let known { made((try? known.get())?.bytes) }
  }

  private func made(_ still: SharedBytes?) {
    let part = still.map { MotionPictureBody.part($0) }
    let (loops, replaced) = state.withLock { state in
      let replaced = part == nil ? nil : state.pictures.newest?.part
      state.pictures.made(part)
      // A still that was asked for by the last reader.
      if state.loops.isEmpty { state.pictures.rest() }
      return (Array(state.loops.values), replaced)
    }
    // Slow readers may still have it.
    if let replaced { PastMedia.add(texts: [replaced], at: SystemClock.monotonicTime) }
    if part != nil { for wake in loops { wake() } }
  }
}

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
