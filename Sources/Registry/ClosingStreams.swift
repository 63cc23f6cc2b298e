// SPDX-License-Identifier: Apache-2.0

import Sharing
import Streams

/// The streams that are being removed; they still answer their players.
final class ClosingStreams: Sendable {
  /// By stream: what waits for its removal.
  private let waiting = Locked<[ObjectIdentifier: [@Sendable () -> Void]]>([:])

  /// Notes that a stream is being removed.
  func begin(_ stream: StreamSupervisor) {
    waiting.withLock { $0[ObjectIdentifier(stream), default: []] += [] }
  }

  /// Notes that a stream was removed.
  func end(_ stream: StreamSupervisor) {
    for body in waiting.withLock({ $0.removeValue(forKey: ObjectIdentifier(stream)) }) ?? [] {
      body()
    }
  }

  /// Whether a stream is being removed.
  func contains(_ stream: StreamSupervisor) -> Bool {
    waiting.withLock { $0[ObjectIdentifier(stream)] != nil }
  }

  /// Calls `body` when a stream was removed, on any thread.
  ///
  /// - Returns: false if it is not being removed.
  func whenRemoved(_ stream: StreamSupervisor, _ body: @escaping @Sendable () -> Void) -> Bool {
    waiting.withLock { $0[ObjectIdentifier(stream)]?.append(body) != nil }
  }
}
