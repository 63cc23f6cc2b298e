// SPDX-License-Identifier: Apache-2.0

/// What a client may use of the server, and how long it may take.
///
/// Times are nanoseconds, checked each `checkInterval`, so they may be exceeded by as much.
package struct HTTPLimits: Sendable {
  /// How large a request head may be.
  package var head = HeadLimits()
  /// A TLS handshake is complete this long after the connection came; else it is closed.
  package var handshakeTime: Int64 = 10_000_000_000
  /// A head is complete this long after its first byte; else 408.
  package var headTime: Int64 = 10_000_000_000
  /// A connection without a request is closed after this.
  package var idleTime: Int64 = 60_000_000_000
  /// Within each span of this a connection must take what `sendRate` asks for, or it is cut.
  ///
  /// Only while something is queued: a live answer that waits for its encoder has nothing queued.
  package var stallTime: Int64 = 10_000_000_000
  /// Bytes a second that a connection must take of what is queued.
  package var sendRate = 240
  /// Bytes of a request body where a route takes small ones; above it 413.
  package var bodyBytes = 64 * 1024
  /// Within each span of this a body must bring what `bodyRate` asks for, while it is waited for;
  /// else 408.
  package var bodyTime: Int64 = 10_000_000_000
  /// Bytes a second that a body must bring.
  package var bodyRate = 240
  /// After our end of the connection is closed, how long what the client still sends is read and
  /// dropped, so that it does not lose the answer to a reset.
  ///
  /// RFC 9112 §9.6.
  package var lingerTime: Int64 = 2_000_000_000
  /// How often the times are checked.
  package var checkInterval: Int64 = 1_000_000_000
  /// Unanswered requests of one connection: above it HTTP/1.1 reads no more, HTTP/2 answers 429.
  package var heldRequests = 64
  /// Streams that a peer may have open on one HTTP/2 connection; RFC 9113 §6.5.2 recommends no less
  /// than 100.
  package var streams = 100
  /// Bytes queued for one connection above which it is cut; a single answer may be longer.
  package var queuedBytes = 4 * 1024 * 1024
  /// Connections of one loop; above it they get 503.
  package var connections = 10_000
  /// Connections of one address (IPv6: of one /64) with all loops; more get 429.
  package var connectionsPerAddress = 200
  /// Whether loopback addresses are free of that limit.
  package var exemptsLoopback = true

  /// The defaults.
  package init() {}

  /// Bytes of a body that must come within `bodyTime`.
  var leastBodyBytes: Int { Self.bytes(bodyRate, in: bodyTime) }

  /// Bytes of what is queued that must go within `stallTime`.
  package var leastSentBytes: Int { Self.bytes(sendRate, in: stallTime) }

  private static func bytes(_ rate: Int, in time: Int64) -> Int {
    Int(clamping: Int64(rate) * (time / 1_000_000) / 1000)
  }

  /// Sets `connections` to one loop's share of what the process may have.
  ///
  /// - Parameters:
  ///   - wanted: connections of the whole process.
  ///   - descriptors: the limit of descriptors, RLIMIT_NOFILE.
  ///   - reserve: descriptors for everything else, refused connections included.
  ///   - loops: how many loops share them.
  package mutating func share(
    connections wanted: Int, descriptors: Int, reserve: Int = 256, loops: Int
  ) {
    connections = max(1, min(wanted, descriptors - reserve) / max(loops, 1))
  }
}
