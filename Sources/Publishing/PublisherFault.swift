// SPDX-License-Identifier: Apache-2.0

/// Why the server refused or ended the RTMP connection of a publisher; a label for statistics.
package enum PublisherFault: String, Sendable, CaseIterable {
  /// Too many messages or bytes before publishing.
  case early = "early_messages"
  /// More messages per second than the limit.
  case messageRate = "message_rate"
  /// A violation of RTMP.
  case protocolError = "protocol_error"
  /// Nothing was published in time, or no media arrived.
  case timeout
  /// More connections than the limit, in all or of one address.
  case connections
  /// Closed for a new connection, since there was room for no more and nothing was published.
  case replaced
}
