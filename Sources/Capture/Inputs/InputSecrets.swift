// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// The secrets in the URL of an input: credentials, keys and tokens.
///
/// Prefers to hide too much.
struct InputSecrets: Sendable, Equatable {
  /// The replacement of a secret.
  static let mark = "***"
  /// Parameters whose values are not secret.
  private static let open: Set<String> = [
    "buffer_size", "fifo_size", "latency", "listen", "localaddr", "maxbw", "mode", "mss",
    "overrun_nonfatal", "peerlatency", "pkt_size", "rcvbuf", "rcvlatency", "reuse", "sources",
    "timeout", "tlpktdrop", "transtype", "ttl",
  ]

  /// The URL without its secrets; empty for a path.
  private(set) var redacted = ""
  /// The secrets, and their parts that a library may print.
  private(set) var texts: [Substring] = []

  /// The secrets of a URL; none for a path.
  init(_ url: InputURL?) {
    guard let url else { return }
    redacted = url.scheme + "://"
    if let credentials = url.credentials {
      hide(credentials)
      redacted += "@"
      texts += credentials.split(separator: ":", maxSplits: 1)
      // If a password is not percent-encoded, the library reads parts of it as a host or a path.
      texts += credentials.split { ":@/?#".contains($0) }
    }
    if url.scheme.hasPrefix("rtmp") { takeKey(url.place) } else { takePath(url.place) }
    guard let query = url.query else { return }
    redacted += "?"
    for (index, parameter) in query.enumerated() {
      if index > 0 { redacted += "&" }
      let name = parameter.prefix { $0 != "=" }
      let isOpen = Self.open.contains(name.lowercased()) && name.endIndex != parameter.endIndex
      if isOpen { redacted += parameter } else { takeValue(parameter, after: "=") }
    }
  }

  /// Hides a text, if there is any.
  private mutating func hide(_ text: Substring) {
    guard !text.isEmpty else { return }
    redacted += Self.mark
    texts.append(text)
  }

  /// Hides what follows one of the signs; the whole text without one.
  private mutating func takeValue(_ text: Substring, after signs: String) {
    guard let sign = text.firstIndex(where: { signs.contains($0) }) else { return hide(text) }
    redacted += text[...sign] + Self.mark
    texts.append(text[text.index(after: sign)...])
  }

  /// The stream key of RTMP follows the application.
  private mutating func takeKey(_ place: Substring) {
    let parts = place.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    redacted += parts.prefix(2).joined(separator: "/")
    guard parts.count > 2 else { return }
    redacted += "/" + Self.mark
    texts.append(parts[2])
    texts += parts[2].split(separator: "/").suffix(1)
  }

  /// The host and a path without its parameters, fragments, and segments that look like tokens.
  ///
  /// Recorders have passwords in the path: `rtsp://host/user=admin_password=secret_channel=1`.
  private mutating func takePath(_ place: Substring) {
    let path = place.prefix { $0 != "#" }
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    redacted += segments[0]
    for (index, segment) in segments.enumerated().dropFirst() {
      redacted += "/"
      // The playback token of a server of this program: `/t/TOKEN/STREAM/…`.
      let isBelowToken = index == 2 && segments[1] == "t"
      if isBelowToken || Self.looksSecret(segment) {
        hide(segment)
      } else if segment.contains(where: { "=&;".contains($0) }) {
        texts.append(segment)
        takeValue(segment, after: "=&;")
      } else {
        redacted += segment
      }
    }
    guard path.endIndex != place.endIndex else { return }
    redacted += "#" + Self.mark
    texts.append(place[path.endIndex...].dropFirst())
  }

  /// Whether a segment of a path is long and consists of letters and digits, as tokens do, or has
  /// the form of a playback token of this program, `KID.EXP.SID.SIG`, or of a JSON Web Token.
  private static func looksSecret(_ segment: Substring) -> Bool {
    let parts = segment.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && NameCharacters.isWord($0) }) else { return false }
    return switch parts.count {
    case 1:
      segment.count >= 16 && segment.contains(where: \.isNumber)
        && segment.contains(where: \.isLetter)
    case 3: parts[0].hasPrefix("eyJ")
    case 4: parts[1].count >= 9 && parts[1].allSatisfy(\.isNumber) && parts[3].count >= 32
    default: false
    }
  }
}
