// SPDX-License-Identifier: Apache-2.0

package import Time

/// The limits of a WebSocket; times are checked at the interval of ``HTTPLimits``.
package struct WebSocketLimits: Sendable {
  /// The maximum number of bytes of a message of the client; above it the code is 1009.
  package var messageBytes = 4 * 1024
  /// The time from the first to the last byte of a message; then the code is 1008.
  package var messageTime = Interval.seconds(10)
  /// The memory of unsent answers from which on no further frames of the client are taken.
  package var answerBytes = 4 * 1024
  /// The maximum number of bytes of the client that wait meanwhile; above it the code is 1008.
  package var waitingBytes = 4 * 1024
  /// The frames that a client may send at once.
  package var frameBurst: Int64 = 100
  /// The frames per second that a client may send in the long run; above it the code is 1008.
  package var frameRate: Int64 = 30
  /// The time without bytes of the client after which it gets a Ping frame.
  package var pingTime = Interval.seconds(20)
  /// The time without bytes of the client after the Ping frame; then the connection is cut.
  package var pongTime = Interval.seconds(20)
  /// Unsent bytes above which the kernel takes no more.
  package var unsentBytes = 16 * 1024

  /// The defaults.
  package init() {}
}
