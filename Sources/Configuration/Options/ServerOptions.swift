// SPDX-License-Identifier: Apache-2.0

import Archive
import Checked
import Net
import Time

/// Options of ports, certificates and responses.
extension Option {
  private static let certificates = ["tls-cert", "tls-key", "tls-chain", "self-signed"]
  private static let pem = "the path of a PEM file"

  static let server: [Option] = [
    .program(
      "host", \.host, .text("ADDRESS", expected: "a host name or an address") { !$0.isEmpty },
      aliases: ["http-host"], help: "the address to listen on"),
    .program(
      "http-port", \.plainPort, .plainPort,
      help: "the port for HTTP; 0: any free port; off: HTTPS only"),
    .program(
      "https-port", \.securePort, .port,
      default: "\(ProgramSettings.defaultSecurePort) with a certificate, else off",
      help: "the port for HTTPS; 0: any free port"),
    .program(
      "congestion", \.congestion, .congestion,
      default: "\(CongestionControl.preferred) if the kernel has it",
      help: "the congestion control of all TCP ports; system: the kernel's default"),
    .program(
      "tls-cert", \.certificate, .path(pem),
      help: "the certificate for HTTPS in PEM, followed by its chain; SIGHUP reloads it"
    ).with { $0.replaces = certificates },
    .program(
      "tls-key", \.certificateKey, .path(pem),
      help: "the private key of the certificate in PEM, without a passphrase"),
    .program(
      "tls-chain", \.certificateChain, .path(pem),
      help: "the certificates between the certificate and a root, if they are in another file"),
    .program(
      "client-ca", \.clientAuthorities, .path(pem),
      help:
        "the authorities of publishers' certificates in PEM: HTTPS and RTMPS ask for one; SIGHUP "
        + "reloads it"),
    .program(
      "client-crl", \.clientRevocations, .path(pem),
      help: "the revocation lists of these authorities in PEM; SIGHUP reloads them"),
    .program(
      "self-signed", \.isSelfSigned, .toggle,
      help: "HTTPS with a generated certificate, for localhost and the addresses of this machine"
    ).with { $0.replaces = certificates },
    .program(
      "admin-token", \.adminToken, .token,
      help: "the token of requests to /api, sent as Authorization: Bearer T; without it /api is "
        + "closed"
    ).with { $0.isSecret = true },
    .program(
      "stats", \.statistics, .choice("WHO"),
      help: "who may read /stats without the admin token: token (no client), loopback (clients on "
        + "this machine), or open (all)"),
    .program(
      "metrics", \.metrics, .choice("WHO"),
      help: "who may read /metrics without the admin token: open (all), loopback (clients on this "
        + "machine), or token (no client)"),
    .program(
      "timestamps-access", \.timestampsAccess, .choice("WHO"),
      help: "who may read /timestamps.json without the admin token: open (all), loopback (clients "
        + "on this machine), or token (no client)"),
    .program(
      "public-url", \.publicURL, .publicURL, default: "the Host of the request",
      help: "scheme, host and path prefix under which clients reach the server"),
    .program(
      "time-displacement", \.timeDisplacement, .seconds(.zero ... .seconds(60)),
      help: "seconds subtracted from /time?iso and /isotime, so that players request later"),
    .stream(
      "wait-for-absent-segment", \.waitsForAbsentSegment, .boolean, .server,
      help: "true: hold requests for a segment that has not begun; false: answer 404"
    ).with { $0.scope = .serving },
    .stream(
      "save-stats", \.savesStatistics, .toggle, .server,
      help: "save the times of each delivery of a segment over HTTP to a viewer in --stats-dir"
    ).with { $0.scope = .serving },
    .program(
      "stats-dir", \.statisticsFolder, .folder,
      help: "the folder of segments.csv, with a row for each viewer and segment of streams with "
        + "--save-stats"),
    .program(
      "archive", \.archiveFolder, .folder,
      help: "the folder in which all media is kept, in one file per track and hour; one program "
        + "at a time"),
    .program(
      "archive-objects", \.archiveObjects, .objectStore,
      help: "the bucket of an S3 store, and a prefix, below which the archive's segments, headers "
        + "and indexes are put; the key is in --archive-objects-credentials, or in "
        + "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; the region in AWS_REGION (default "
        + "us-east-1)"),
    .program(
      "archive-objects-credentials", \.archiveObjectsCredentials,
      .path("the path of a file with the key of the store"),
      help: "a file of this user, mode 0600 or 0640, in the form of AWS, or with the identifier "
        + "and the secret in two lines"),
    .program(
      "archive-objects-public", \.archiveObjectsPublic, .objectStore,
      help: "the address of the same place for viewers, such as that of a CDN: segments that only "
        + "the store has are redirected there"),
    Option.stream(
      "archive-keep", \.archiveKeep, .span, .server, default: "for ever",
      help: "how long the archive keeps an hour, such as 90m, 12h or 7d"
    ).with { ($0.scope, $0.appliesWithoutRestart) = (.serving, true) },
    Option.stream(
      "archive-limit", \.archiveLimit, .bytes, .server, default: "the disk",
      help: "the most bytes of the stream in the archive, such as 500G; the oldest hours go first"
    ).with { ($0.scope, $0.appliesWithoutRestart) = (.serving, true) },
    Option.stream(
      "archive-floor", \.archiveFloor, .floor, .server,
      help: "the newest media of each rendition, such as 24h, or of the stream, such as 100G, that "
        + "a full disk never removes; then nothing is archived until the disk has room"
    ).with { ($0.scope, $0.appliesWithoutRestart) = (.serving, true) },
    Option.stream(
      "archive-renditions", \.archiveRenditions, .choice("WHICH"), .server,
      help: "the renditions in the archive: all, top (the first one, and audio), or none"
    ).with { $0.scope = .serving },
    Option.stream(
      "archive-heal", appendingTo: \.archiveTwins, .twin, .server,
      help: "the URL of the same stream at another origin, from which segments that the archive "
        + "lacks are fetched; repeatable"
    ).with { $0.scope = .serving },
    Option.stream(
      "dvr", \.dvr, .span, .server,
      help: "how far viewers may go back in the archive, such as 4h; further with the admin token"
    ).with { ($0.scope, $0.appliesWithoutRestart) = (.serving, true) },
    Option.stream(
      "dvr-list", \.dvrList, .span, .server,
      help: "the longest past in a playlist that continues to the live edge"
    ).with { ($0.scope, $0.appliesWithoutRestart) = (.serving, true) },
    .program("cmsd", \.sendsCMSD, .toggle, help: "send CMSD header fields to players and caches"),
    .program(
      "dashjs", \.dashjs, .path("the path of a readable file"),
      help: "dash.js for the player page, instead of its own DASH player"),
    .program(
      "hlsjs", \.hlsjs, .path("the path of a readable file"),
      help: "hls.js for the player page, instead of hls.js from the CDN"),
  ]
}

extension OptionKind where Value == ProgramSettings.PlainPort {
  fileprivate static let plainPort = OptionKind(
    placeholder: "PORT", expected: "0–65535, or off",
    parse: { $0 == "off" ? .off : UInt16($0).map { .port($0) } },
    print: {
      switch $0 {
      case .off: "off"
      case .port(let port): "\(port)"
      }
    })
}

extension OptionKind where Value == String {
  /// The URL of a stream.
  fileprivate static let twin = OptionKind.text(
    "URL", expected: "the http or https URL of a stream, which ends in /"
  ) { text in
    text.hasSuffix("/") && !text.contains("?")
      && WebAddress(text, permitsUserInfo: true) != nil
  }

  /// A name that the kernel may know.
  fileprivate static let congestion = OptionKind.text(
    "NAME",
    expected: "a name of the kernel, such as bbr or cubic, of at most "
      + "\(CongestionControl.maximumNameLength) letters, digits, - and _"
  ) {
    (1...CongestionControl.maximumNameLength).contains($0.utf8.count)
      && NameCharacters.isMade($0, with: "-_")
  }

  fileprivate static let folder = OptionKind(
    placeholder: "DIR", expected: "the path of a writable folder", form: .path,
    parse: { $0.isEmpty ? nil : $0 }, print: { $0 })

  fileprivate static let token = OptionKind.text(
    "T", expected: "16–256 letters, digits and . _ ~ + / = -"
  ) {
    (16...256).contains($0.utf8.count) && NameCharacters.isMade($0, with: "._~+/=-")
  }

  /// A URL to which a path can be appended; stored without a slash at its end.
  fileprivate static let publicURL = OptionKind(
    placeholder: "URL",
    expected: "http:// or https://, a host, optionally a port and a path, without ? and #",
    parse: { text in
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
    }, print: { $0 })
}

extension OptionKind where Value == ObjectStoreAddress {
  fileprivate static let objectStore = OptionKind(
    placeholder: "URL", expected: ObjectStoreAddress.expected, form: .text,
    parse: { ObjectStoreAddress($0) }, print: { $0.text })
}
