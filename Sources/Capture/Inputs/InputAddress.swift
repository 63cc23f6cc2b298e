// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import CV4L2  // `struct stat`, when the module is compiled as a whole
internal import Checked
import Glibc

/// The address of a pulled input: a URL, a file's path, or `-` for standard input.
///
/// The description contains no secret; the address itself is never printed.
package struct InputAddress: Sendable, Equatable, CustomStringConvertible, TextCodable {
  /// The protocol or medium of the input.
  package enum Kind: Sendable, Equatable {
    /// RTSP, with or without TLS.
    case rtsp
    /// MPEG-TS over SRT, as caller or listener.
    case srt
    /// RTMP as a player, with or without TLS.
    case rtmp
    /// MPEG-TS in UDP datagrams.
    case udp
    /// HTTP, with or without TLS: a live response, a file, or a playlist.
    case http
    /// A file.
    case file
    /// MPEG-TS from standard input or a named pipe.
    case standardInput
    /// Clients that publish to this server by RTMP.
    case publisher
  }

  /// The address of a stream that clients publish.
  package static let publisherText = "publish:"

  /// The accepted schemes.
  package static let schemes = [
    "rtsp", "rtsps", "srt", "rtmp", "rtmps", "udp", "http", "https", "file",
  ]

  /// The protocol or medium.
  package let kind: Kind
  /// The address as given, with its secrets.
  ///
  /// Only for libavformat, in this process or in another.
  package let raw: String
  /// The address without its secrets.
  package let description: String
  /// The address with its secrets.
  package var codedText: String { raw }

  /// The valid lengths of an SRT passphrase; others are refused before a connection is tried.
  /// - Source: libsrt's API, SRTO_PASSPHRASE
  package static let passphrase = 10...79

  /// Parses an address.
  ///
  /// nil if it is empty, its scheme is not accepted, or its passphrase is invalid.
  package init?(_ text: String) {
    guard !text.isEmpty, !text.utf8.contains(where: { $0 < 0x20 }) else { return nil }
    // libavformat knows schemes in lower case only.
    let text = Self.withLowerScheme(text)
    raw = text
    if text == Self.publisherText {
      (kind, description) = (.publisher, "publisher")
      return
    }
    description = text == "-" ? "standard input" : Self.redacted(text)
    if text == "-" || Self.isNamedPipe(text) {
      kind = .standardInput
      return
    }
    guard let scheme = Self.scheme(of: text) else {
      kind = .file
      return
    }
    switch scheme {
    case "rtsp", "rtsps": kind = .rtsp
    case "srt":
      kind = .srt
      if let given = Self.pieces(of: text)?.query?.split(separator: "&").first(where: {
        $0.hasPrefix("passphrase=")
      }) {
        guard Self.passphrase.contains(given.utf8.count - "passphrase=".utf8.count) else {
          return nil
        }
      }
    case "rtmp", "rtmps": kind = .rtmp
    case "udp": kind = .udp
    case "http", "https": kind = .http
    case "file": kind = .file
    default: return nil
    }
    guard kind == .file || Self.hasValidAuthority(text, kind) else { return nil }
  }

  /// Whether the input waits for a sender to connect.
  package var isListener: Bool {
    kind == .udp || kind == .publisher || kind == .srt && raw.contains("mode=listener")
  }

  /// The path of a file or of a named pipe; nil for other inputs.
  package var filePath: String? {
    switch kind {
    case .standardInput: raw == "-" ? nil : raw
    case .file: raw.hasPrefix("file://") ? String(raw.dropFirst("file://".count)) : raw
    default: nil
    }
  }

  /// A library's message without the secrets of this address.
  func scrub(_ text: String) -> String {
    var text = text.replacing(raw, with: description)
    for secret in secrets where secret.count >= 3 {
      text = text.replacing(secret, with: Self.mark)
    }
    return text
  }

  /// The host of an HTTP input, which may be a playlist; nil for other inputs.
  var playlistHost: String? {
    guard kind == .http, let place = Self.pieces(of: raw)?.place else { return nil }
    let authority = place.prefix { $0 != "/" && $0 != "#" }
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      return String(authority[authority.index(after: authority.startIndex)..<end])
    }
    return String(authority.prefix { $0 != ":" })
  }

  // MARK: Form

  private static func withLowerScheme(_ text: String) -> String {
    guard scheme(of: text) != nil, let end = text.firstRange(of: "://")?.lowerBound else {
      return text
    }
    return text[..<end].lowercased() + text[end...]
  }

  /// The port of a URL of RTSP, RTMP or HTTP, by default that of its scheme; nil for other inputs.
  package var port: UInt16? {
    guard let (head, _, place, _) = Self.pieces(of: raw) else { return nil }
    let standard: [Substring: UInt16] = [
      "rtsp://": 554, "rtsps://": 322, "rtmp://": 1935, "rtmps://": 443, "http://": 80,
      "https://": 443,
    ]
    guard let standard = standard[head] else { return nil }
    return Self.authority(of: place).port.map { UInt16($0) } ?? standard
  }

  /// The host of a place, with the brackets of an IPv6 address, and the text after the colon; nil
  /// if other text follows a bracket.
  private static func authority(
    of place: Substring
  ) -> (host: Substring, port: Substring?, isValid: Bool) {
    let authority = place.prefix { $0 != "/" && $0 != "#" }
    guard authority.hasPrefix("[") else {
      let colon = authority.lastIndex(of: ":")
      return (
        colon.map { authority[..<$0] } ?? authority,
        colon.map { authority[authority.index(after: $0)...] }, true
      )
    }
    guard let end = authority.firstIndex(of: "]") else { return (authority, nil, false) }
    let rest = authority[authority.index(after: end)...]
    return (
      authority[...end], rest.hasPrefix(":") ? rest.dropFirst() : nil,
      rest.isEmpty || rest.hasPrefix(":")
    )
  }

  /// Whether host and port can exist; only listeners need no host, and only UDP needs a port.
  private static func hasValidAuthority(_ text: String, _ kind: Kind) -> Bool {
    guard let place = pieces(of: text)?.place else { return false }
    let (host, port, isValid) = authority(of: place)
    guard isValid else { return false }
    if let port, UInt16(port).map({ $0 > 0 }) != true { return false }
    switch kind {
    case .udp: return port != nil
    case .srt: return port != nil
    case .rtsp, .rtmp, .http: return !host.isEmpty
    case .file, .standardInput, .publisher: return true
    }
  }

  // MARK: Secrets

  private static let mark = "***"
  /// Parameters whose values are not secret.
  private static let open: Set<String> = [
    "buffer_size", "fifo_size", "latency", "listen", "localaddr", "maxbw", "mode", "mss",
    "overrun_nonfatal", "peerlatency", "pkt_size", "rcvbuf", "rcvlatency", "reuse", "sources",
    "timeout", "tlpktdrop", "transtype", "ttl",
  ]

  private static func isNamedPipe(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }

  private static func scheme(of text: String) -> String? {
    guard let end = text.firstRange(of: "://")?.lowerBound else { return nil }
    let scheme = text[..<end]
    guard !scheme.isEmpty, scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
      return nil
    }
    return scheme.lowercased()
  }

  /// The parts of a URL: up to `://`, credentials before the last `@`, the rest up to `?`, the
  /// query.
  private static func pieces(
    of text: String
  ) -> (head: Substring, credentials: Substring?, place: Substring, query: Substring?)? {
    guard scheme(of: text) != nil, let mark = text.firstRange(of: "://") else { return nil }
    let head = text[..<mark.upperBound]
    // A password may contain any character, also a slash or a question mark. Everything before the
    // last `@` is hidden.
    let rest = text[mark.upperBound...]
    let at = rest.lastIndex(of: "@")
    let credentials = at.map { rest[..<$0] }
    let behind = at.map { rest[rest.index(after: $0)...] } ?? rest
    let query = behind.firstIndex(of: "?")
    return (
      head, credentials, query.map { behind[..<$0] } ?? behind,
      query.map { behind[behind.index(after: $0)...] }
    )
  }

  private static func redacted(_ text: String) -> String {
    guard let (head, credentials, place, query) = pieces(of: text) else { return text }
    var out = String(head)
    if let credentials { out += (credentials.isEmpty ? "" : mark) + "@" }
    if head.lowercased().hasPrefix("rtmp") {
      // The stream key follows the application.
      let parts = place.split(separator: "/", omittingEmptySubsequences: false)
      out += parts.prefix(2).joined(separator: "/") + (parts.count > 2 ? "/" + mark : "")
    } else {
      out += redactedPath(place)
    }
    if let query {
      out += "?" + query.split(separator: "&").map { redactedParameter($0) }.joined(separator: "&")
    }
    return out
  }

  /// The host and a path without its parameters, fragments, and segments that look like tokens.
  ///
  /// Recorders have passwords in the path: `rtsp://host/user=admin_password=secret_channel=1`.
  private static func redactedPath(_ place: Substring) -> String {
    let fragment = place.firstIndex(of: "#")
    let path = fragment.map { place[..<$0] } ?? place
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    let redacted = segments.enumerated().map { index, segment in
      index == 0
        ? String(segment) : isBelowToken(index, segments) ? mark : redactedSegment(segment)
    }
    return redacted.joined(separator: "/") + (fragment == nil ? "" : "#" + mark)
  }

  /// Whether a segment is the playback token of a server of this program: `/t/TOKEN/STREAM/…`.
  private static func isBelowToken(_ index: Int, _ segments: [Substring]) -> Bool {
    // bounded: the guard has checked both indices
    index == 2 && segments.count > 2 && segments[1] == "t" && !segments[2].isEmpty
  }

  private static func redactedSegment(_ segment: Substring) -> String {
    if let end = segment.firstIndex(where: { "=&;".contains($0) }) {
      return String(segment[...end]) + mark
    }
    return looksSecret(segment) || isSigned(segment) ? mark : String(segment)
  }

  /// Whether a segment of a path is long and consists of letters and digits, as tokens do.
  private static func looksSecret(_ segment: Substring) -> Bool {
    segment.count >= 16 && segment.contains(where: \.isNumber)
      && segment.contains(where: \.isLetter)
      && segment.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
  }

  /// Whether a segment has the form of a playback token of this program, `KID.EXP.SID.SIG`, or of a
  /// JSON Web Token.
  private static func isSigned(_ segment: Substring) -> Bool {
    let parts = segment.split(separator: ".", omittingEmptySubsequences: false)
    guard
      parts.allSatisfy({ part in
        !part.isEmpty
          && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
      })
    else { return false }
    return switch parts.count {
    case 3: parts[0].hasPrefix("eyJ")
    case 4: parts[1].count >= 9 && parts[1].allSatisfy(\.isNumber) && parts[3].count >= 32
    default: false
    }
  }

  private static func redactedParameter(_ parameter: Substring) -> String {
    guard let equals = parameter.firstIndex(of: "=") else { return mark }
    let name = parameter[..<equals]
    return open.contains(name.lowercased()) ? String(parameter) : "\(name)=\(mark)"
  }

  private var secrets: [String] {
    guard let (head, credentials, place, query) = Self.pieces(of: raw) else { return [] }
    var found: [Substring] = []
    if let credentials {
      found.append(credentials)
      found += credentials.split(separator: ":", maxSplits: 1)
      // If a password is not percent-encoded, the library reads parts of it as a host or a path.
      found += credentials.split { ":@/?#".contains($0) }
    }
    if head.lowercased().hasPrefix("rtmp") {
      let parts = place.split(separator: "/")
      if parts.count > 2 { found.append(place[parts[2].startIndex...]) }
    } else {
      let parts = place.split { "/#".contains($0) }
      for (index, part) in parts.enumerated().dropFirst()
      where Self.isBelowToken(index, parts) || Self.redactedSegment(part) != part {
        found.append(part)
        if let end = part.firstIndex(where: { "=&;".contains($0) }) {
          found.append(part[part.index(after: end)...])
        }
      }
      if let fragment = place.firstIndex(of: "#") {
        found.append(place[place.index(after: fragment)...])
      }
    }
    for parameter in query?.split(separator: "&") ?? [] {
      guard let equals = parameter.firstIndex(of: "=") else {
        found.append(parameter)
        continue
      }
      if !Self.open.contains(parameter[..<equals].lowercased()) {
        found.append(parameter[parameter.index(after: equals)...])
      }
    }
    return found.map { String($0) }
  }
}
