// SPDX-License-Identifier: Apache-2.0

/// Why a connection, or a stream of one, was refused or ended by the server; a label for statistics.
package enum ConnectionFault: String, Sendable, CaseIterable {
  /// The peer speaks no TLS, or none that is allowed.
  case handshake
  /// The handshake was not complete in time.
  case handshakeTime = "handshake_time"
  /// A request head was not complete in time.
  case headTime = "head_time"
  /// A request body was longer than is taken.
  case bodySize = "body_size"
  /// Too little of a request body came for too long.
  case bodyTime = "body_time"
  /// The peer took nothing of what was sent, or opened no window for it.
  case stalled
  /// The peer takes less than is made, and too much is queued.
  case slow
  /// More connections than all may have.
  case connections
  /// More connections than one address may have.
  case addressConnections = "address_connections"
  /// More unanswered requests than a connection may have.
  case heldRequests = "held_requests"
  /// Streams opened and reset at once. CVE-2023-44487.
  case rapidReset = "rapid_reset"
  /// PING frames without end. CVE-2019-9512.
  case pingFlood = "ping_flood"
  /// SETTINGS frames without end. CVE-2019-9515.
  case settingsFlood = "settings_flood"
  /// Frames that carry nothing, without end. CVE-2019-9518.
  case emptyFrames = "empty_frames"
  /// A field section in pieces without end. CVE-2024-28182.
  case continuationFlood = "continuation_flood"
  /// A field section far above the limit. CVE-2016-6581.
  case headerBomb = "header_bomb"
  /// Any other breach of HTTP/2.
  case protocolError = "protocol_error"
}
