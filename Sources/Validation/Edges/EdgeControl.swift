// SPDX-License-Identifier: Apache-2.0

/// The answer to a viewer before any unusual request: what viewers expect after it: pure.
struct EdgeControl: Sendable {
  private let status: Int
  private let mediaType: String
  private let body: [UInt8]
  /// The query of the address to which the answer leads; empty without one.
  private let leadingQuery: String
  /// Schemes and hosts of the clock addresses in an MPD.
  private let clocks: Set<String>

  init(_ reply: Reply) {
    (status, mediaType, body) = (reply.status, reply.mediaType, reply.body)
    clocks = Self.clocks(reply)
    leadingQuery = Self.leadingQuery(reply)
  }

  /// How an answer to a viewer differs from the expected one; nil if it does not.
  ///
  /// Content is compared in answers of a live stream only: errors have none.
  func fault(_ reply: Reply, of victim: EdgeVictim) -> (seen: String, expected: String)? {
    guard reply.failure == nil, reply.status == status else {
      return (reply.outcome, "status \(status)")
    }
    guard reply.mediaType == mediaType else {
      return ("Content-Type: \(reply.mediaType)", "Content-Type: \(mediaType)")
    }
    let query = Self.leadingQuery(reply)
    guard query == leadingQuery else {
      return ("a redirection to “?\(query)”", "a redirection to “?\(leadingQuery)”")
    }
    guard status == 200 else { return nil }
    if let coding = reply.value("content-encoding"), coding.lowercased() != "identity" {
      return ("Content-Encoding: \(coding)", "no Content-Encoding, since the viewer accepts none")
    }
    switch victim.key.resource {
    case .playlist: return playlistFault(reply, of: victim)
    case .manifest, .play:
      let found = Self.clocks(reply)
      guard found != clocks else { return nil }
      return (
        "clock at \(found.sorted().joined(separator: ", "))",
        "clock at \(clocks.sorted().joined(separator: ", "))"
      )
    case .part, .segment:
      let type = String(decoding: reply.body.dropFirst(4).prefix(4), as: UTF8.self)
      guard !["styp", "moof", "prft", "emsg", "sidx"].contains(type) else { return nil }
      return ("\(reply.body.count) bytes that are no part", "a part")
    case .root, .extent, .past, .missing: return nil
    }
  }

  private func playlistFault(
    _ reply: Reply, of victim: EdgeVictim
  ) -> (seen: String, expected: String)? {
    let text = PlaylistText(reply.body)
    guard text.isPlaylist else { return ("no playlist", "a playlist") }
    let playlist = MediaPlaylist(text)
    if let asked = victim.asked, playlist.nextPart <= asked {
      return (
        "a playlist up to part \(playlist.nextPart.segment).\(playlist.nextPart.part), excluded",
        "part \(asked.segment).\(asked.part) is listed"
      )
    }
    let wasDelta = MediaPlaylist(PlaylistText(body)).skipped != nil
    // A young playlist had nothing to skip.
    let isEither = victim.key.query.contains("_HLS_skip") && !wasDelta
    guard (playlist.skipped != nil) != wasDelta, !isEither else { return nil }
    if wasDelta { return ("no EXT-X-SKIP", "a Playlist Delta Update") }
    return ("EXT-X-SKIP", "a playlist without EXT-X-SKIP")
  }

  /// Whether the answer to an unusual request is the error of the plain address, byte by byte.
  func isPlainError(_ reply: Reply) -> Bool {
    status >= 400 && reply.status == status && reply.mediaType == mediaType && !body.isEmpty
      && reply.body == body
  }

  private static func leadingQuery(_ reply: Reply) -> String {
    let location = reply.value("location") ?? ""
    return String(location.drop { $0 != "?" }.dropFirst())
  }

  private static func clocks(_ reply: Reply) -> Set<String> {
    guard reply.mediaType == "application/dash+xml" else { return [] }
    let text = String(decoding: reply.body, as: UTF8.self)
    return Set(
      text.matches(of: #/value="(https?://[^/"]*)/#).map { String($0.output.1) })
  }
}

extension Findings {
  /// Checks that a request with no permitted meaning but an error was refused.
  ///
  /// - Parameters:
  ///   - one: the case.
  ///   - reply: the answer to its request.
  ///   - control: the answer to the viewer of the same address; nil without one.
  mutating func checkRefusal(_ one: EdgeCase, _ reply: Reply, _ control: EdgeControl?) {
    guard one.mustBeRefused else { return }
    let isAnswered = (1..<400).contains(reply.status)
    // A method may be refused by an error like that of an unknown address; a query of a stream that
    // does not exist is not read.
    let isComparable = (one.method ?? "GET") == "GET" && !one.needsStream
    let isPlain = isComparable && control?.isPlainError(reply) ?? false
    check(
      one.rule, !isAnswered && !isPlain, reply.place,
      seen: isPlain ? "status \(reply.status), the answer of the plain address" : reply.outcome,
      expected: "an error, or no response")
  }

  /// Checks the answer to a viewer after the request of a case.
  mutating func checkVictim(
    _ one: EdgeCase, _ victim: EdgeVictim, _ reply: Reply, _ control: EdgeControl
  ) {
    let fault = control.fault(reply, of: victim)
    check(
      one.rule, fault == nil, reply.place, seen: "the next viewer gets: \(fault?.seen ?? "")",
      expected: fault?.expected)
  }
}
