// SPDX-License-Identifier: Apache-2.0

import Net
import Time

/// Passes a request body to its receiver: bounds its size and measures its pace.
final class BodyIntake {
  let receiver: any BodyReceiver
  /// The maximum number of bytes.
  let limit: Int
  private let minimumBytes: Int
  private let span: Interval
  private var byteCount = 0
  private var pace: ThroughputMeter
  private(set) var isPaused = false

  /// An intake that waits for the body from `now` on; a nil `limit` is that of small bodies.
  init(_ receiver: any BodyReceiver, limit: Int?, limits: HTTPLimits, now: MonotonicTime) {
    self.receiver = receiver
    self.limit = limit ?? limits.bodyBytes
    minimumBytes = receiver.isSparse ? 1 : limits.minimumBodyBytes
    span = receiver.isSparse ? limits.bodyTime * 6 : limits.bodyTime  // bounded: seconds
    pace = ThroughputMeter(now: now)
  }

  /// Passes bytes on; throws if the body is too large.
  func take(_ bytes: borrowing Span<UInt8>, now: MonotonicTime) throws(BodyFailure) {
    guard bytes.count <= limit - byteCount else { throw .tooLarge(limit: limit) }
    byteCount += bytes.count
    pace.move(bytes.count, least: minimumBytes, now: now)
    receiver.received(bytes)
  }

  /// Pauses or resumes the body; pauses do not count in the client's pace.
  func pause(_ isPaused: Bool, now: MonotonicTime) {
    self.isPaused = isPaused
    pace.restart(now: now)
  }

  /// The reason to refuse the body if the client sends too slowly.
  func delay(now: MonotonicTime) -> BodyFailure? {
    guard !isPaused, now - pace.since >= span else { return nil }
    return .tooSlow(minimumBytes: minimumBytes, seconds: Double(span.milliseconds) / 1000)
  }

  /// The reason to refuse a body of a known length before it is read; nil if it is small enough.
  func refusal(of framing: BodyFraming) -> BodyFailure? {
    guard case .contentLength(let length) = framing, length > limit else { return nil }
    return .tooLarge(limit: limit)
  }
}
