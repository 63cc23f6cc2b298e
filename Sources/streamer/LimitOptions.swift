// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Time

/// What clients may use, each with its default; documented in the reference of flags.
extension Option {
  static let limits: [Option] = [
    Option(
      name: "max-connections", placeholder: "N", group: .limits,
      help: "connections in all, 20000, or as many as descriptors allow; above it 503",
      allowed: "a whole number from 1 to 1000000"
    ) { set(&$1.connections, $0, 1...1000000) },
    Option(
      name: "max-address-connections", placeholder: "N", group: .limits,
      help: "connections of one address (IPv6: of one /64), 200; above it 429; local ones are free",
      allowed: "a whole number from 1 to 1000000"
    ) { set(&$1.limits.connectionsPerAddress, $0, 1...1000000) },
    Option(
      name: "max-held-requests", placeholder: "N", group: .limits,
      help:
        "unanswered requests of one connection, 64; more get 429 (h2) or wait (HTTP/1.1)",
      allowed: "a whole number from 1 to 100000"
    ) { set(&$1.limits.heldRequests, $0, 1...100000) },
    Option(
      name: "max-streams", placeholder: "N", group: .limits,
      help: "open streams of one HTTP/2 connection, 100",
      allowed: "a whole number from 1 to 100000"
    ) { set(&$1.limits.streams, $0, 1...100000) },
    Option(
      name: "max-head-bytes", placeholder: "N", group: .limits,
      help: "bytes of a request head, 16384; above it 431",
      allowed: "a whole number from 1024 to 65535"
    ) { set(&$1.limits.head.headBytes, $0, 1024...65535) },
    Option(
      name: "max-head-fields", placeholder: "N", group: .limits,
      help: "fields of a request head, 100; above it 431",
      allowed: "a whole number from 4 to 1000"
    ) { set(&$1.limits.head.fieldCount, $0, 4...1000) },
    Option(
      name: "max-uri-bytes", placeholder: "N", group: .limits,
      help: "bytes of a request target, 4096; above it 414",
      allowed: "a whole number from 64 to 32768"
    ) { set(&$1.limits.head.targetBytes, $0, 64...32768) },
    Option(
      name: "max-body-bytes", placeholder: "N", group: .limits,
      help: "bytes of a request body where one is taken, 65536; above it 413",
      allowed: "a whole number from 0 to 1073741824"
    ) { set(&$1.limits.bodyBytes, $0, 0...1073741824) },
    Option(
      name: "min-body-rate", placeholder: "N", group: .limits,
      help: "bytes a second of a request body, over --body-timeout, 240; below it 408",
      allowed: "a whole number from 0 to 1000000"
    ) { set(&$1.limits.bodyRate, $0, 0...1000000) },
    Option(
      name: "min-send-rate", placeholder: "N", group: .limits,
      help:
        "bytes a second that a client must take, over --stall-timeout, 240; then it is cut",
      allowed: "a whole number from 0 to 1000000"
    ) { set(&$1.limits.sendRate, $0, 0...1000000) },
    Option(
      name: "max-queued-bytes", placeholder: "N", group: .limits,
      help: "bytes queued for one connection, 4194304; above it a slow viewer is cut off",
      allowed: "a whole number from 65536 to 1073741824"
    ) { set(&$1.limits.queuedBytes, $0, 65536...1073741824) },
    Option(
      name: "head-timeout", placeholder: "S", group: .limits,
      help: "for a request head, 10; after it 408",
      allowed: "seconds from 0.1 to 3600"
    ) { set(&$1.limits.headTime, seconds: $0) },
    Option(
      name: "body-timeout", placeholder: "S", group: .limits,
      help: "for enough more of a request body (--min-body-rate), or its end, 10; after it 408",
      allowed: "seconds from 0.1 to 3600"
    ) { set(&$1.limits.bodyTime, seconds: $0) },
    Option(
      name: "handshake-timeout", placeholder: "S", group: .limits,
      help: "for a TLS handshake, 10",
      allowed: "seconds from 0.1 to 3600"
    ) { set(&$1.limits.handshakeTime, seconds: $0) },
    Option(
      name: "idle-timeout", placeholder: "S", group: .limits,
      help: "for a connection without a request, 60",
      allowed: "seconds from 0.1 to 3600"
    ) { set(&$1.limits.idleTime, seconds: $0) },
    Option(
      name: "stall-timeout", placeholder: "S", group: .limits,
      help:
        "for a client to take enough of what is sent (--min-send-rate), 10; then it is cut",
      allowed: "seconds from 0.1 to 3600"
    ) { set(&$1.limits.stallTime, seconds: $0) },
    Option(
      name: "hold-timeout", placeholder: "S", group: .limits,
      help: "for a held request, three target durations, which is also the most; then 503",
      allowed: "seconds from 0.1 to 3600"
    ) { set(&$1.holdLimit, seconds: $0) },
  ]

  private static func set(_ target: inout Interval, seconds text: String) -> Bool {
    var nanoseconds = target.nanoseconds
    defer { target = Interval(nanoseconds: nanoseconds) }
    return set(&nanoseconds, seconds: text)
  }

  /// Seconds as nanoseconds.
  private static func set(_ target: inout Int64, seconds text: String) -> Bool {
    set(
      &target,
      Decimal.parse(text, digits: 9).flatMap {
        (100_000_000...3_600_000_000_000).contains($0) ? $0 : nil
      })
  }
}
