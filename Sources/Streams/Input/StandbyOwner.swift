// SPDX-License-Identifier: Apache-2.0

import Capture
import Sharing
import Time

/// The owner of a connection beside which a second one is opened while it is silent.
protocol StandbyOwner: AnyObject, Sendable {
  var address: InputAddress { get }
  var options: InputOptions { get }
  /// Raised if, or as soon as, the texts of subtitles are wanted.
  var texts: OnceFlag { get }
  /// Ends all connections.
  var cancellation: InputCancellation { get }
  /// When the connection is silent if nothing arrives; nil if nothing arrived on it.
  var silentFrom: MonotonicTime? { get }
  /// Whether a second connection can reach the source beside the first.
  var reconnects: Bool { get }

  /// Notes that a unit arrived.
  func heard(at now: MonotonicTime)

  /// Looks for silence.
  func checkSilence(at now: MonotonicTime)
}

extension StandbyOwner {
  /// Whether a connection that has supplied units has been silent for too long.
  func isSilent(at now: MonotonicTime) -> Bool { silentFrom.map { $0 <= now } ?? false }

  var isStopped: Bool { cancellation.isCancelled }
}
