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
  /// Only for libavformat and the relay of RTSP, in this process or in another.
  package let raw: String
  /// The address without its secrets.
  package let description: String
  /// nil for a path.
  private let url: InputURL?
  private let secrets: InputSecrets
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
    let url = InputURL(text)
    // libavformat knows schemes in lower case only.
    let text = url?.text ?? text
    raw = text
    self.url = url
    secrets = InputSecrets(url)
    if text == Self.publisherText {
      (kind, description) = (.publisher, "publisher")
      return
    }
    description = text == "-" ? "standard input" : url == nil ? text : secrets.redacted
    if text == "-" || Self.isNamedPipe(text) {
      kind = .standardInput
      return
    }
    guard let url else {
      kind = .file
      return
    }
    switch url.scheme {
    case "rtsp", "rtsps": kind = .rtsp
    case "srt":
      kind = .srt
      if let given = url.parameters.first(where: { $0.hasPrefix("passphrase=") }) {
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
    guard kind == .file || Self.isValid(url.server, kind) else { return nil }
  }

  /// Whether host and port can exist; only listeners need no host, and only UDP needs a port.
  private static func isValid(_ server: HostAndPort?, _ kind: Kind) -> Bool {
    guard let server else { return false }
    if let port = server.port, UInt16(port).map({ $0 > 0 }) != true { return false }
    return switch kind {
    case .udp, .srt: server.port != nil
    case .rtsp, .rtmp, .http: !server.host.isEmpty
    case .file, .standardInput, .publisher: true
    }
  }

  private static func isNamedPipe(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }

  /// Whether the input waits for a sender to connect.
  package var isListener: Bool {
    kind == .udp || kind == .publisher || kind == .srt && raw.contains("mode=listener")
  }

  /// Whether the input is RTSP over TLS.
  var isSecureRTSP: Bool { url?.scheme == "rtsps" }

  /// The path of a file or of a named pipe; nil for other inputs.
  package var filePath: String? {
    switch kind {
    case .standardInput: raw == "-" ? nil : raw
    case .file: raw.hasPrefix("file://") ? String(raw.dropFirst("file://".count)) : raw
    default: nil
    }
  }

  /// The port of a URL of RTSP, RTMP or HTTP, by default that of its scheme; nil for other inputs.
  package var port: UInt16? {
    let standard: [String: UInt16] = [
      "rtsp": 554, "rtsps": 322, "rtmp": 1935, "rtmps": 443, "http": 80, "https": 443,
    ]
    guard let url, let standard = standard[url.scheme] else { return nil }
    return url.server?.port.map { UInt16($0) } ?? standard
  }

  /// A library's message without the secrets of this address.
  package func scrub(_ text: String) -> String {
    secrets.texts.filter { $0.count >= 3 }.reduce(text.replacing(raw, with: description)) {
      $0.replacing($1, with: InputSecrets.mark)
    }
  }

  /// Whether libavformat cannot read the address if it has credentials: they have signs that end
  /// the host.
  var hasUnencodedCredentials: Bool {
    url?.credentials.map { $0.contains { "/?#".contains($0) } } ?? false
  }

  /// The scheme alone of an address that cannot be read and may have credentials.
  ///
  /// Any text after the scheme may be a part of a password. Nil if there are no credentials.
  package static func redact(unreadable text: String) -> String? {
    guard let mark = text.firstRange(of: "://") else { return nil }
    let rest = text[mark.upperBound...]
    let authority = rest.prefix { !"/?#".contains($0) }
    let port = authority.split(separator: ":", omittingEmptySubsequences: false).dropFirst()
    let isPlain = !rest.contains { "@<>\"' \t".contains($0) }
    if isPlain, port.allSatisfy({ $0.allSatisfy(\.isNumber) }) { return nil }
    let scheme = text[..<mark.lowerBound]
    return (scheme.allSatisfy { $0.isLetter || $0.isNumber } ? String(scheme) : "") + "://***"
  }

  /// The host of an HTTP input, which may be a playlist; nil for other inputs.
  var playlistHost: String? { kind == .http ? (url?.server?.host).map { String($0) } : nil }
}
