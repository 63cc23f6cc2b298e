// SPDX-License-Identifier: Apache-2.0

/// The body of one HTTP/2 request while it is received.
final class HTTP2Body {
  /// Passes the body to its receiver; nil until the route names a receiver.
  var intake: BodyIntake?
  /// Bytes that were received while the receiver took none: at most the open window.
  var unread: [UInt8] = []
  /// Whether all bytes are received.
  var isWhole = false

  /// Whether bytes of the body may be passed on now.
  var isWanted: Bool { intake.map { !$0.isPaused } ?? false }
}
