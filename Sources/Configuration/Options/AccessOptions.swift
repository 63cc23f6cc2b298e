// SPDX-License-Identifier: Apache-2.0

import Access
import Checked
import HTTP
import Net
import Packaging
import System

/// Options of proxies, and of the access of viewers.
extension Option {
  static let access: [Option] = [
    .program(
      "trusted-proxy", appendingTo: \.proxies.addresses, .addressRange, .access,
      help: "a proxy or cache whose Forwarded, X-Forwarded-For or PROXY header names the client; "
        + "its own address is exempt from limits per address; can be repeated"),
    .program(
      "checking-proxy", appendingTo: \.proxies.checking, .addressRange, .access,
      help: "a proxy or cache that passes on only requests of clients with access: they need no "
        + "playback token; can be repeated"),
    Option.stream(
      "playback-key", appendingTo: \.playbackKeys, .tokenKey, .access,
      help: "a key of playback tokens: playlists and media are then served under /t/TOKEN/ only; "
        + "streamer token writes tokens; can be repeated, to replace a key"
    ).with {
      $0.isSecret = true
      $0.scope = .serving
      $0.appliesWithoutRestart = true
    },
    Option.stream(
      "viewers", \.viewers, .choice("RULE"), .access,
      default: "everybody, unless there is a password or a key",
      help:
        "the permitted viewers: all clients, those with the password, or those with signed links; "
        + "links stay valid beside a password"
    ).with {
      $0.scope = .serving
      $0.appliesWithoutRestart = true
    },
    Option.stream(
      "viewer-password", \.viewerPassword, .passwordHash, .access,
      help: "the hash of the password for viewers, which streamer password prints, or the path of "
        + "a file with it"
    ).with {
      $0.isSecret = true
      $0.scope = .serving
      $0.appliesWithoutRestart = true
    },
    .program(
      "jwt-key", \.webTokenKey, .path("the path of a PEM file"), .access,
      help: "the public key (EC P-256) of JSON Web Tokens by ES256, which permit playback or /api"),
    .program(
      "api-host", appendingTo: \.hostNames, .hostName, .access,
      help: "a name of this server in requests to /api, and of its own pages with "
        + "--websocket-origin, beside addresses, localhost, the name of the machine and that of "
        + "--public-url; can be repeated"),
    .program(
      "websocket-origin", appendingTo: \.socketOrigins, .origin, .access,
      help: "an origin whose pages may open WebSockets, beside the pages of this server; can be "
        + "repeated (default: all pages may)"),
  ]
}

extension OptionKind where Value == String {
  fileprivate static let hostName = OptionKind.text(
    "NAME", expected: "a host name without a port, of letters, digits, . and -"
  ) { (1...253).contains($0.utf8.count) && NameCharacters.isMade($0, with: ".-") }
}

extension OptionKind where Value == String {
  fileprivate static let origin = OptionKind.text(
    "ORIGIN", expected: "an origin such as https://example.com:8443"
  ) { text in
    let schemes = ["http://", "https://"]
    guard text.utf8.count <= 300, let scheme = schemes.first(where: text.lowercased().hasPrefix)
    else { return false }
    let host = String(text.dropFirst(scheme.count))
    return !host.isEmpty && NameCharacters.isMade(host, with: ".-:[]")
  }
}

extension OptionKind where Value == TokenKey {
  static let tokenKey = OptionKind(
    placeholder: "KID:SECRET",
    expected: "a name of 1–16 letters, digits, _ and -, a colon, and 32–256 printable characters",
    parse: { TokenKey($0) }, print: { _ in "" })
}

extension OptionKind where Value == PasswordHash {
  /// A hash, or the path of a file whose first line is one: it is read with the option.
  fileprivate static let passwordHash = OptionKind(
    placeholder: "HASH|FILE",
    expected: "a hash that streamer password prints, or the path of a file with one",
    form: .hashOrPath,
    parse: { given in
      if given.hasPrefix(PasswordHash.prefix) { return PasswordHash(given) }
      guard let bytes = try? RegularFile.read(given) else { return nil }
      let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
      return PasswordHash(String(decoding: line, as: UTF8.self))
    }, print: { _ in "" })
}

extension OptionKind where Value == AddressRange {
  fileprivate static let addressRange = OptionKind(
    placeholder: "CIDR",
    expected: "an address or a range, such as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32",
    parse: { AddressRange($0) }, print: { "\($0)" })
}
