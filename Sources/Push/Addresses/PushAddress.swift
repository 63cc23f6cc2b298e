// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
package import Net

/// The address of a receiver to which a stream is pushed.
///
/// The description contains no secret; the address itself is never printed.
package struct PushAddress: Sendable, Equatable, CustomStringConvertible {
  /// The protocol.
  package enum Kind: String, Sendable {
    /// One POST over HTTP for each track: DASH-IF Live Media Ingest, interface 1.
    case cmaf
    /// RTMP as a publisher, with or without TLS.
    case rtmp
    /// MPEG-TS over SRT as a caller.
    case srt
  }

  /// The accepted form, for error texts.
  package static let expected =
    "an rtmp, rtmps, srt, cmaf+http or cmaf+https URL; SRT as caller, with a port"

  /// What stands for the name of the file of a track in an address of CMAF.
  package static let trackMark = "{track}"
  private static let cmafPrefix = "cmaf+"
  private static let longest = 2000
  /// The most characters of a path that are a name: keys are longer.
  private static let longestName = 24

  /// The protocol.
  package let kind: Kind
  /// The address without its secrets.
  package let description: String
  /// The URL with its secrets, of CMAF without `cmaf+`.
  package let raw: String
  /// The TCP port of the receiver; nil for SRT.
  package let port: UInt16?
  private let input: InputAddress

  /// Parses an address; nil for one of another protocol, or of a listener.
  package init?(_ text: String) {
    let isCMAF = text.lowercased().hasPrefix(Self.cmafPrefix)
    let address = isCMAF ? String(text.dropFirst(Self.cmafPrefix.count)) : text
    guard address.utf8.count <= Self.longest, !address.contains(where: \.isWhitespace),
      !address.contains("#"), let input = InputAddress(address)
    else { return nil }
    self.input = input
    raw = input.raw
    port = input.port
    switch (input.kind, isCMAF) {
    case (.http, true): kind = .cmaf
    case (.rtmp, false): kind = .rtmp
    case (.srt, false): kind = .srt
    default: return nil
    }
    description = Self.redact((isCMAF ? Self.cmafPrefix : "") + input.description)
    switch kind {
    case .cmaf: guard url(of: "video", isAudio: false) != nil else { return nil }
    case .rtmp: break
    case .srt:
      guard parameter("mode").map({ $0 == "caller" }) ?? true, !raw.contains("://:") else {
        return nil
      }
    }
  }

  /// An address without its secrets: the first element of the path of an address of CMAF is a name,
  /// unless it is long, and the rest may be a key.
  private static func redact(_ text: String) -> String {
    let shown = Redaction.redact(text)
    guard shown.hasPrefix(cmafPrefix) else { return shown }
    let end = shown.firstIndex(of: "?") ?? shown.endIndex
    // The scheme, nothing, and the host are before the path.
    var elements = shown[..<end].split(separator: "/", omittingEmptySubsequences: false)
    guard elements.count > 3 else { return shown }
    let isName = elements[3].count <= longestName
    guard !isName || elements.dropFirst(4).contains(where: { !$0.isEmpty }) else { return shown }
    elements = elements.prefix(isName ? 4 : 3) + ["***"]
    return elements.joined(separator: "/") + shown[end...]
  }

  /// The URL of a track of CMAF: the name with `.cmfv` or `.cmfa`, in the place of `{track}` or
  /// after a slash; nil for other protocols.
  /// - Source: DASH-IF Live Media Ingest Protocol 1.2 §5.5
  package func url(of name: String, isAudio: Bool) -> WebAddress? {
    let file = name + (isAudio ? ".cmfa" : ".cmfv")
    let parts = raw.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var path = String(parts[0])
    if path.contains(Self.trackMark) {
      path = path.replacing(Self.trackMark, with: file)
    } else {
      path += (path.hasSuffix("/") ? "" : "/") + file
    }
    let query = parts.count > 1 ? "?\(parts[1])" : ""
    return WebAddress(path + query, longest: Self.longest + 256, permitsUserInfo: true)
  }

  /// A message of a library without the secrets of this address.
  func scrub(_ text: String) -> String { input.scrub(text) }

  /// The value of a parameter of the query; nil without it.
  package func parameter(_ name: String) -> String? {
    let parts = raw.split(separator: "?", maxSplits: 1)
    guard parts.count > 1 else { return nil }
    return parts[1].split(separator: "&").first { $0.hasPrefix(name + "=") }.map {
      String($0.dropFirst(name.count + 1))
    }
  }
}
