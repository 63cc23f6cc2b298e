// SPDX-License-Identifier: Apache-2.0

import Net

/// What stands between a body that comes and who takes it: counts, bounds, measures its pace.
final class BodyIntake {
  let receiver: any BodyReceiver
  /// Bytes that are taken at most.
  let limit: Int
  private let leastBytes: Int
  private let span: Int64
  private var byteCount = 0
  private var pace: ThroughputGuard
  private(set) var isPaused = false

  /// An intake that waits for the body from `now` on; `limit` nil is the one for small bodies.
  init(_ receiver: any BodyReceiver, limit: Int?, limits: HTTPLimits, now: Int64) {
    self.receiver = receiver
    self.limit = limit ?? limits.bodyBytes
    leastBytes = limits.leastBodyBytes
    span = limits.bodyTime
    pace = ThroughputGuard(now: now)
  }

  /// Hands bytes on; throws if they are too many.
  func take(_ bytes: borrowing Span<UInt8>, now: Int64) throws(BodyFailure) {
    guard bytes.count <= limit - byteCount else { throw .tooLarge(limit: limit) }
    byteCount += bytes.count
    pace.move(bytes.count, least: leastBytes, now: now)
    receiver.received(bytes)
  }

  /// Stops or goes on; the pace is that of the client alone.
  func pause(_ isPaused: Bool, now: Int64) {
    self.isPaused = isPaused
    pace.restart(now: now)
  }

  /// Why the wait is over, if the client sends too slowly.
  func delay(now: Int64) -> BodyFailure? {
    guard !isPaused, now - pace.since >= span else { return nil }
    return .tooSlow(leastBytes: leastBytes, seconds: Double(span / 1_000_000) / 1000)
  }

  /// What is wrong with a body whose length is told before, if anything is.
  func refusal(of framing: BodyFraming) -> BodyFailure? {
    guard case .contentLength(let length) = framing, length > limit else { return nil }
    return .tooLarge(limit: limit)
  }
}
