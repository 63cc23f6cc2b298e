// SPDX-License-Identifier: Apache-2.0

/// Why the server refused or ended a connection or an HTTP/2 stream; a label for statistics.
package enum ConnectionFault: String, Sendable, CaseIterable {
  /// The client speaks no TLS, or no accepted version.
  case handshake
  /// The handshake was not complete in time.
  case handshakeTime = "handshake_time"
  /// A request head was not complete in time.
  case headTime = "head_time"
  /// A request body was larger than the limit.
  case bodySize = "body_size"
  /// A request body was slower than the minimum rate.
  case bodyTime = "body_time"
  /// The client took no sent bytes, or opened no window for them.
  case stalled
  /// The client is slower than the media, and too many bytes are queued.
  case slow
  /// The response keeps media that has left its window, of which there is too much in memory.
  case pastMedia = "past_media"
  /// More connections than the limit of the loop.
  case connections
  /// More connections of one address than the limit.
  case addressConnections = "address_connections"
  /// More unanswered requests of one connection than the limit.
  case heldRequests = "held_requests"
  /// HTTP/2 streams opened and reset at once. CVE-2023-44487.
  case rapidReset = "rapid_reset"
  /// A flood of PING frames. CVE-2019-9512.
  case pingFlood = "ping_flood"
  /// A flood of SETTINGS frames. CVE-2019-9515.
  case settingsFlood = "settings_flood"
  /// A flood of frames without data. CVE-2019-9518.
  case emptyFrames = "empty_frames"
  /// A field section in too many CONTINUATION frames. CVE-2024-28182.
  case continuationFlood = "continuation_flood"
  /// A field section far above the limit. CVE-2016-6581.
  case headerBomb = "header_bomb"
  /// A frame violates the protocol of WebSockets.
  case webSocket = "websocket"
  /// More messages over a WebSocket than the limit.
  case messageRate = "message_rate"
  /// A message over a WebSocket was not complete in time.
  case messageTime = "message_time"
  /// The client of a WebSocket answers no Ping frame.
  case silent
  /// Any other violation of HTTP/2.
  case protocolError = "protocol_error"
}
