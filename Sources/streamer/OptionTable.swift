// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Packaging
import Streams

extension Option {
  /// Every option there is, in the order of `--help`.
  static let table: [Option] = source + encoding + stream + server + limits + program

  /// Names that mean something else at the root of the server.
  static let reservedNames: Set<String> = [
    "api", "auth", "conf", "favicon.ico", "health", "isotime", "ldash", "metrics", "player",
    "ready",
    "stats", "time", "t", "version", "ws", ".", "..",
  ]

  private static let encoding: [Option] = [
    Option(
      name: "resolution", placeholder: "WxH", group: .encoding,
      help: "the coded picture, 1280x720; another aspect is letterboxed",
      allowed: "WIDTHxHEIGHT, both even and from 64 to 7680, such as 1280x720"
    ) { set(&$1.size, VideoSize($0)) },
    Option(
      name: "framerate", placeholder: "F", group: .encoding,
      help: "pictures a second, 30; may be a fraction, such as 30000/1001",
      allowed: "a rate from 1 to 120, such as 30, 29.97 or 30000/1001"
    ) {
      let rate = FrameRate($0).flatMap { rate in
        rate.numerator >= rate.denominator && rate.numerator <= 120 * rate.denominator ? rate : nil
      }
      $1.isRateGiven = true
      return set(&$1.rate, rate)
    },
    Option(
      name: "bitrate", placeholder: "K", group: .encoding, help: "kilobits a second, 2500",
      allowed: "a whole number from 50 to 100000"
    ) { set(&$1.bitrateKilobits, number($0, 50...100_000)) },
    Option(
      name: "rendition", placeholder: "WxH@K", group: .encoding,
      help: "a rung of a ladder, the best first; repeatable, instead of --resolution and --bitrate",
      allowed: "WIDTHxHEIGHT@KILOBITS, such as 640x360@700, or WIDTH@KILOBITS"
    ) {
      let halves = $0.split(separator: "@", omittingEmptySubsequences: false)
      guard halves.count == 2, let picture = RequestedRendition.Size(String(halves[0])),
        let bitrate = number(String(halves[1]), 50...100_000), $1.ladder.count < 8
      else { return false }
      $1.ladder.append(RequestedRendition(picture: picture, bitrateKilobits: bitrate))
      return true
    },
    Option(
      name: "intra-interval", placeholder: "N", group: .encoding,
      help: "frames from IDR to IDR within a segment, made whole parts; a segment",
      allowed: "a whole number from 1 to 2400"
    ) { set(&$1.intraInterval, number($0, 1...2400)) },
    Option(
      name: "encoder", placeholder: "NAME", group: .encoding,
      help: "an H.264 encoder by its libavcodec name, libx264; it stands in for others",
      allowed: "a libavcodec name of letters, digits and _"
    ) {
      $1.encoder = $0
      return !$0.isEmpty
        && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    },
    Option(
      name: "preset", placeholder: "P", group: .encoding, help: "the encoder's preset, superfast",
      allowed: "a word of letters, digits and -"
    ) {
      $1.preset = $0
      return !$0.isEmpty
        && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    },
    Option(
      toggle: "burn-clock", group: .encoding,
      help: "burn clock and timecode into a camera's pictures too", \.burnsClock),
    Option(
      name: "overlay", placeholder: "TEXT", group: .encoding,
      help: "text over the picture; {name}, {utc} and {resolution} are filled in",
      allowed: "text in which braces stand only in {name}, {utc} and {resolution}"
    ) { set(&$1.overlay, Overlay($0)) },
  ]

  private static let stream: [Option] = [
    Option(
      name: "segment-duration", alias: "target-duration", placeholder: "S", group: .stream,
      help: "seconds, 1.0; made a whole number of frames", allowed: "seconds from 0.1 to 20"
    ) { set(&$1.segmentMicroseconds, microseconds: $0, 100_000...20_000_000) },
    Option(
      name: "part-duration", placeholder: "S", group: .stream,
      help: "seconds, 0.1; made a whole number of frames", allowed: "seconds from 0.01 to 20"
    ) { set(&$1.partMicroseconds, microseconds: $0, 10_000...20_000_000) },
    Option(
      name: "playlist-length", alias: "window-size", placeholder: "N", group: .stream,
      help: "segments that playlists list, 10", allowed: "a whole number from 6 to 3600"
    ) { set(&$1.playlistLength, number($0, 6...3600)) },
    Option(
      name: "max-files", alias: "retain", placeholder: "N", group: .stream,
      help: "segments kept for late readers, 20; at least two more than are listed",
      allowed: "a whole number from 8 to 7200"
    ) { set(&$1.retained, number($0, 8...7200)) },
    Option(
      name: "hold-back", placeholder: "S", group: .stream,
      help: "how far behind the live edge LL-HLS players stay, 3 part durations",
      allowed: "seconds from 0.02 to 30"
    ) {
      var value: Int64 = 0
      guard set(&value, microseconds: $0, 20_000...30_000_000) else { return false }
      $1.holdBackMicroseconds = value
      return true
    },
    Option(
      name: "target-latency", placeholder: "S", group: .stream,
      help: "how far behind capture DASH players play, 1.0; with several renditions two segments",
      allowed: "seconds from 0.1 to 60"
    ) {
      var value: Int64 = 0
      guard set(&value, microseconds: $0, 100_000...60_000_000) else { return false }
      $1.targetLatencyMicroseconds = value
      return true
    },
    Option(
      name: "history", placeholder: "N", group: .stream,
      help: "slate segments that fill the window at the start, as many as are listed; 0 for none",
      allowed: "a whole number from 0 to 3600"
    ) {
      var value = 0
      guard set(&value, $0, 0...3600) else { return false }
      $1.prefill = value
      return true
    },
    Option(
      name: "numbering", placeholder: "HOW", group: .stream,
      help: "epoch: segment numbers count from 1970 and survive a restart; run: from 00001",
      allowed: "epoch or run"
    ) { set(&$1.numbering, MediaNames.Numbering(rawValue: $0)) },
    Option(
      name: "name", placeholder: "S", group: .stream, help: "the stream's name in URLs, live",
      allowed:
        "1 to 64 of A-Z a-z 0-9 . _ -, not a reserved word, not ending in .m3u8, .mpd or .json"
    ) {
      $1.name = $0
      return isStreamName($0)
    },
    Option(
      toggle: "on-demand", group: .stream,
      help: "run while somebody asks for the stream, and 15 s longer", \.isOnDemand),
    Option(
      name: "timestamps", placeholder: "N", group: .stream,
      help: "segments in /timestamps.json, 20", allowed: "a whole number from 1 to 7200"
    ) { set(&$1.timestamps, $0, 1...7200) },
  ]

  private static let server: [Option] = [
    Option(
      name: "host", placeholder: "ADDRESS", group: .server, help: "where to listen, 0.0.0.0",
      allowed: "a host name or an address"
    ) {
      $1.host = $0
      return !$0.isEmpty
    },
    Option(
      name: "http-port", placeholder: "PORT", group: .server,
      help: "8080; 0 for any that is free; off for HTTPS alone",
      allowed: "a whole number from 0 to 65535, or off"
    ) {
      $1.servesPlain = $0 != "off"
      guard $1.servesPlain else { return true }
      var value = 0
      guard set(&value, $0, 0...65535) else { return false }
      $1.port = UInt16(value)
      return true
    },
    Option(
      name: "https-port", placeholder: "PORT", group: .server,
      help: "HTTPS beside HTTP; 8443 with a certificate, else off; 0 for any that is free",
      allowed: "a whole number from 0 to 65535"
    ) {
      var value = 0
      guard set(&value, $0, 0...65535) else { return false }
      $1.securePort = UInt16(value)
      return true
    },
    Option(
      name: "tls-cert", placeholder: "FILE", group: .server,
      isPath: true,
      help: "the certificate for HTTPS as PEM, its chain behind it; read again on SIGHUP",
      allowed: "the path of a PEM file"
    ) {
      $1.certificate = $0
      return !$0.isEmpty
    },
    Option(
      name: "tls-key", placeholder: "FILE", group: .server,
      isPath: true, help: "the certificate's private key as PEM, without a passphrase",
      allowed: "the path of a PEM file"
    ) {
      $1.certificateKey = $0
      return !$0.isEmpty
    },
    Option(
      name: "tls-chain", placeholder: "FILE", group: .server,
      isPath: true,
      help: "the certificates between it and a root, where they are in a file of their own",
      allowed: "the path of a PEM file"
    ) {
      $1.certificateChain = $0
      return !$0.isEmpty
    },
    Option(
      toggle: "self-signed", group: .server,
      help: "HTTPS with a certificate made here, for localhost and this machine's addresses",
      \.isSelfSigned),
    Option(
      name: "admin-token", placeholder: "T", group: .server, isSecret: true,
      help: "what requests to /api must carry as Authorization: Bearer T; without it there is none",
      allowed: "16 to 256 letters, digits and . _ ~ + / = -"
    ) {
      $1.adminToken = $0
      return (16...256).contains($0.utf8.count)
        && $0.utf8.allSatisfy { byte in
          switch byte {
          case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
          default: "._~+/=-".utf8.contains(byte)
          }
        }
    },
    Option(
      name: "public-url", placeholder: "URL", group: .server,
      help: "where clients reach the server, when a request's Host does not say so",
      allowed: "http:// or https://, a host, and maybe a port and a path, without ? and #"
    ) {
      $1.publicURL = publicURL($0)
      return $1.publicURL != nil
    },
    Option(
      name: "time-displacement", placeholder: "S", group: .server,
      help: "seconds taken off /time?iso and /isotime, 0: players ask later",
      allowed: "seconds from 0 to 60"
    ) { set(&$1.timeDisplacementMicroseconds, microseconds: $0, 0...60_000_000) },
    Option(
      name: "wait-for-absent-segment", placeholder: "BOOL", group: .server,
      help: "true: hold requests for a segment that has not begun; false: answer 404",
      allowed: "true or false"
    ) { set(&$1.waitsForAbsentSegment, Bool($0)) },
    Option(
      toggle: "cmsd", group: .server, help: "describe media to players and caches in CMSD fields",
      \.sendsCMSD),
    Option(
      name: "dashjs", placeholder: "FILE", group: .server,
      isPath: true, help: "dash.js for the page, which else plays DASH by itself",
      allowed: "the path of a readable file"
    ) {
      $1.dashjs = $0
      return !$0.isEmpty
    },
    Option(
      name: "hlsjs", placeholder: "FILE", group: .server,
      isPath: true, help: "hls.js for the page, instead of the one from the CDN",
      allowed: "the path of a readable file"
    ) {
      $1.hlsjs = $0
      return !$0.isEmpty
    },
  ]

  private static let program: [Option] = [
    Option(
      name: "config", letter: "c", placeholder: "FILE", group: .program, isAction: true,
      help: "a JSON file with flags as keys in camelCase, and streams; read again on SIGHUP",
      allowed: "the path of a JSON file"
    ) {
      $1.configuration = $0
      return !$0.isEmpty
    },
    Option(
      name: "log-format", placeholder: "FORMAT", group: .program,
      help: "text, or json: a line each",
      allowed: "text or json"
    ) { set(&$1.logFormat, Log.Format(rawValue: $0)) },
    Option(
      name: "log-level", placeholder: "LEVEL", group: .program,
      help: "the least that is logged, info: debug, info, warning or error",
      allowed: "debug, info, warning or error"
    ) { set(&$1.logLevel, Log.Level(rawValue: $0)) },
    Option(
      name: "access-log", placeholder: "FILE", group: .program,
      isPath: true, help: "a line for each answer, in the form of --log-format; reopened on SIGHUP",
      allowed: "the path of a file that can be written"
    ) {
      $1.accessLog = $0
      return !$0.isEmpty
    },
    Option(
      toggle: "verbose", letter: "v", group: .program, help: "log more, as --log-level debug",
      \.isVerbose),
    Option(name: "version", group: .program, isAction: true, help: "print the version, and end") {
      $1.action = .printVersion
      return true
    },
    Option(name: "help", letter: "h", group: .program, isAction: true, help: "print this, and end")
    {
      $1.action = .printHelp
      return true
    },
  ]

  /// The URL without a slash at its end; nil for what cannot stand before a path.
  private static func publicURL(_ text: String) -> String? {
    let lower = text.lowercased()
    guard let scheme = ["http://", "https://"].first(where: { lower.hasPrefix($0) }) else {
      return nil
    }
    let rest = text.dropFirst(scheme.count)
    let isClean = rest.utf8.allSatisfy { byte in
      byte > 0x20 && byte < 0x7F && !"\"<>\\^`{|}?#@".utf8.contains(byte)
    }
    guard isClean, let first = rest.first, first != "/" else { return nil }
    return String(text.reversed().drop { $0 == "/" }.reversed())
  }

  private static func isStreamName(_ name: String) -> Bool {
    let letters = name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
      default: false
      }
    }
    return letters && (1...64).contains(name.utf8.count) && !reservedNames.contains(name)
      && ![".m3u8", ".mpd", ".json"].contains { name.hasSuffix($0) }
  }

  static func set<Value>(_ target: inout Value, _ value: Value?) -> Bool {
    guard let value else { return false }
    target = value
    return true
  }

  /// For settings that are nil until they are given: an optional `Value` above would let nil through.
  static func set<Value>(_ target: inout Value?, _ value: Value?) -> Bool {
    target = value
    return value != nil
  }

  static func set(_ target: inout Int, _ text: String, _ range: ClosedRange<Int>) -> Bool {
    set(&target, number(text, range))
  }

  private static func number(_ text: String, _ range: ClosedRange<Int>) -> Int? {
    Int(text).flatMap { range.contains($0) ? $0 : nil }
  }

  static func set(
    _ target: inout Int64, microseconds text: String, _ range: ClosedRange<Int64>
  ) -> Bool {
    set(&target, Decimal.parse(text, digits: 6).flatMap { range.contains($0) ? $0 : nil })
  }
}
