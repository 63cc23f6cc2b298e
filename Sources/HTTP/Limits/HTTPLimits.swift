// SPDX-License-Identifier: Apache-2.0

package import Time

/// The limits of a client: sizes, counts and times.
///
/// Times are checked every `checkInterval`, so each may be exceeded by one `checkInterval`.
package struct HTTPLimits: Sendable {
  /// The size of a request head.
  package var head = HeadLimits()
  /// The time from the connection to the end of the TLS handshake; then the connection is closed.
  package var handshakeTime = Interval.seconds(10)
  /// The time from the first to the last byte of a head; then the response is 408.
  package var headTime = Interval.seconds(10)
  /// The time without a request; then the connection is closed.
  package var idleTime = Interval.seconds(60)
  /// The span in which a client must take queued bytes at `sendRate`; else the connection is cut.
  ///
  /// Applies while bytes are queued, so not to a live response that waits for its encoder.
  package var stallTime = Interval.seconds(10)
  /// The minimum rate at which a client takes queued bytes, in bytes per second.
  package var sendRate = 240
  /// The maximum number of bytes of a small request body; above it the response is 413.
  package var bodyBytes = 64 * 1024
  /// The span in which a body must arrive at `bodyRate` while it is read; else the response is 408.
  package var bodyTime = Interval.seconds(10)
  /// The minimum rate of a request body, in bytes per second.
  package var bodyRate = 240
  /// The time in which bytes are read and dropped after our end of the connection is closed, so
  /// that RST does not destroy the response.
  ///
  /// RFC 9112 §9.6.
  package var lingerTime = Interval.seconds(2)
  /// The interval between two checks of the times.
  package var checkInterval = Interval.seconds(1)
  /// Unanswered requests of one connection: at the limit HTTP/1.1 stops reading, HTTP/2 answers
  /// 429.
  package var heldRequests = 64
  /// Open HTTP/2 streams of one connection; RFC 9113 §6.5.2 recommends no less than 100.
  package var streams = 100
  /// Queued bytes of one connection above which it is cut; a single response may be longer.
  package var queuedBytes = 4 * 1024 * 1024
  /// Megabytes of past media in the process above which the slowest responses are cut.
  package var pastMegabytes = 32
  /// Connections of one loop; above the limit the response is 503.
  package var connections = 10_000
  /// Connections of one address (IPv6: of one /64) with all loops; above it the response is 429.
  package var connectionsPerAddress = 200
  /// Whether loopback addresses are exempt from `connectionsPerAddress`.
  package var exemptsLoopback = true

  /// The defaults.
  package init() {}

  /// The minimum number of body bytes within `bodyTime`.
  var minimumBodyBytes: Int { Self.bytes(bodyRate, in: bodyTime) }

  /// The minimum number of queued bytes that leave within `stallTime`.
  package var minimumSentBytes: Int { Self.bytes(sendRate, in: stallTime) }

  private static func bytes(_ rate: Int, in time: Interval) -> Int {
    // bounded: the options limit both: a MB per second, and minutes
    Int(clamping: Int64(rate) * time.milliseconds / 1000)
  }

  /// Sets `connections` to one loop's share of the process.
  ///
  /// - Parameters:
  ///   - wanted: connections of the whole process.
  ///   - descriptors: the limit of descriptors, RLIMIT_NOFILE.
  ///   - reserve: descriptors for everything else, including refused connections.
  ///   - loops: the number of loops.
  package mutating func share(
    connections wanted: Int, descriptors: Int, reserve: Int = 256, loops: Int
  ) {
    // bounded: the number of loops is at least 1
    connections = max(1, min(wanted, descriptors - reserve) / max(loops, 1))
  }
}
