// SPDX-License-Identifier: Apache-2.0

import Capture
import HTTP
import Media
import Packaging
import Time

/// Options of limits on clients.
extension Option {
  static let limits: [Option] = [
    .program(
      "max-connections", \.connections, .integer(1...1_000_000), .limits,
      help: "connections in all, at most as many as descriptors allow; above it 503"),
    .program(
      "max-address-connections", \.limits.connectionsPerAddress, .integer(1...1_000_000), .limits,
      help: "connections per address (IPv6: per /64), loopback exempt; above it 429"),
    .program(
      "max-held-requests", \.limits.heldRequests, .integer(1...100_000), .limits,
      help: "unanswered requests per connection; above it 429 (HTTP/2) or a delay (HTTP/1.1)"),
    .program(
      "max-streams", \.limits.streams, .integer(1...100_000), .limits,
      help: "open HTTP/2 streams per connection"),
    .program(
      "max-running-streams", \.runningStreams, .integer(1...100_000), .limits,
      help: "streams on demand that run at the same time; above it 503"),
    .program(
      "max-stream-starts", \.streamStarts, .integer(1...100_000), .limits,
      help: "starts of streams on demand per minute and address; above it 503"),
    .program(
      "max-published", \.publishedStreams, .integer(1...100_000), .limits,
      help: "streams that publishers have created and no file names; above it 503"),
    .program(
      "max-log-lines", \.logLines, .integer(1...1_000_000), .limits,
      help: "log lines per stream and event in 10 s; others are counted"),
    .stream(
      "max-frame-size", \.inputOptions.frameSizeLimit, .frameSize, .limits,
      help: "the largest frame of an input; larger ones are not decoded"),
    .stream(
      "max-source-memory", \.sourceMegabytes, .integer(64...1_000_000, "MB"), .limits,
      help: "memory of the process of an input, in MB; above it the process is started again"),
    .stream(
      "max-window-size", \.windowMegabytes, .integer(8...1_000_000, "MB"), .limits,
      help: "media of a rendition in memory, in MB; above it old segments are removed early"),
    Option.stream(
      "uploads-window", \.uploadLimits, .uploadLimits, aliases: ["relay-window"], .limits,
      help: "memory for uploaded files: MB in all, and the seconds for which media files are kept; "
        + "older ones are removed"
    ).with { $0.scope = .serving },
    .stream(
      "max-decoder-errors", \.inputOptions.decoderErrorLimit, .integer(1...1_000_000), .limits,
      help: "access units in a row that the decoder refuses; after it the input is reconnected"),
    .program(
      "max-head-bytes", \.limits.head.headBytes, .integer(1024...65535), .limits,
      help: "bytes of a request head; above it 431"),
    .program(
      "max-head-fields", \.limits.head.fieldCount, .integer(4...1000), .limits,
      help: "header fields of a request; above it 431"),
    .program(
      "max-uri-bytes", \.limits.head.targetBytes, .integer(64...32768), .limits,
      help: "bytes of a request target; above it 414"),
    .program(
      "max-body-bytes", \.limits.bodyBytes, .integer(0...1_073_741_824), .limits,
      help: "bytes of the content of a request; above it 413"),
    .program(
      "min-body-rate", \.limits.bodyRate, .integer(0...1_000_000), .limits,
      help: "bytes per second of a request's content, over --body-timeout; below it 408"),
    .program(
      "min-send-rate", \.limits.sendRate, .integer(0...1_000_000), .limits,
      help: "bytes per second that a client must read, over --stall-timeout; below it the "
        + "connection is closed"),
    .program(
      "max-queued-bytes", \.limits.queuedBytes, .integer(65536...1_073_741_824), .limits,
      help: "bytes that are added to a response while its client does not read; above it the "
        + "connection is closed"),
    .program(
      "max-past-media", \.limits.pastMegabytes, .integer(1...1_000_000, "MB"), .limits,
      help: "media that has left its window and that responses keep in memory, in MB, with all "
        + "streams; above it the slowest responses are cut"),
    .program(
      "head-timeout", \.limits.headTime, timeout, .limits,
      help: "seconds for a request head; after it 408"),
    .program(
      "body-timeout", \.limits.bodyTime, timeout, .limits,
      help: "seconds over which --min-body-rate applies; after it 408"),
    .program(
      "handshake-timeout", \.limits.handshakeTime, timeout, .limits,
      help: "seconds for a TLS handshake"),
    .program(
      "idle-timeout", \.limits.idleTime, timeout, .limits,
      help: "seconds for a connection without a request"),
    .program(
      "stall-timeout", \.limits.stallTime, timeout, .limits,
      help: "seconds over which --min-send-rate applies; after it the connection is closed"),
    .stream(
      "hold-timeout", \.holdLimit, .seconds(timeouts, digits: 9), .limits,
      default: "three target durations, the maximum",
      help: "seconds for a held request; after it 503"
    ).with { $0.scope = .serving },
  ]

  private static let timeouts = Interval.milliseconds(100)...Interval.seconds(3600)
  private static let timeout = OptionKind.seconds(timeouts, digits: 9)
}

extension OptionKind where Value == FrameSizeLimit {
  fileprivate static let frameSize = OptionKind(
    placeholder: "WxH",
    expected: "WIDTHxHEIGHT, both \(FrameSizeLimit.sides.lowerBound)–"
      + "\(FrameSizeLimit.sides.upperBound), such as 8192x4320",
    parse: { FrameSizeLimit($0) }, print: { "\($0)" })
}

extension OptionKind where Value == UploadLimits {
  private static let megabytes: ClosedRange<Int64> = 1...100_000
  private static let seconds: ClosedRange<Int64> = 10...86_400

  fileprivate static let uploadLimits = OptionKind(
    placeholder: "MB,S",
    expected: "megabytes, \(megabytes.lowerBound)–\(megabytes.upperBound), a comma, and seconds, "
      + "\(seconds.lowerBound)–\(seconds.upperBound), such as 32,120",
    parse: { text in
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      guard parts.count == 2, let size = Decimal.whole(String(parts[0])),
        let span = Decimal.whole(String(parts[1])), megabytes.contains(size), seconds.contains(span)
      else { return nil }
      return UploadLimits(megabytes: Int(size), span: .seconds(span))
    }, print: { "\($0.bytes / 1_000_000),\($0.span.wholeSeconds)" })
}
