// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net

extension Rule {
  static let edgeEncodings = Rule(
    "edge-encodings-apart", .must, "RFC 9111 §4.1",
    "A response in gzip is not the answer to a client that accepts none.")
  static let edgeContent = Rule(
    "edge-head-apart", .must, "RFC 9111 §4",
    "A GET after a HEAD gets the content.")
  static let edgeHead = Rule(
    "edge-head-fields", .should, "RFC 9110 §9.3.2",
    "The response to HEAD has the status and the type of the response to GET.")
  static let edgeDirectives = Rule(
    "edge-directives-in-key", .must, "RFC 9111 §2",
    "Delivery Directives are in the key: each playlist is the answer to its own request only.")

  /// The rules of requests that each player sends.
  package static let edgeReadingRules = [edgeEncodings, edgeContent, edgeHead, edgeDirectives]
}

extension EdgeTrial {
  /// Reads the address as players do: with and without gzip, by HEAD, and by the directives of
  /// Low-Latency HLS.
  mutating func read() throws(Stop) {
    let target = address.target
    let gzip = HeaderField("Accept-Encoding", "gzip")
    let first = try send(EdgeRequest(viewer: viewer, target, [gzip]))
    let plain = try send(EdgeRequest(viewer: viewer, target))
    guard first.isWhole, plain.isWhole else {
      throw .failure((first.isWhole ? plain : first).outcome)
    }
    lifetime = max(lifetime, min(plain.lifetime ?? 1, 10))
    let coding = plain.value("content-encoding") ?? "identity"
    findings.check(
      .edgeEncodings, coding == "identity", plain.place, seen: "Content-Encoding: \(coding)",
      expected: "no Content-Encoding")
    waitUntilForgotten([target])
    let head = try send(EdgeRequest(viewer: viewer, target, method: "HEAD"))
    let second = try send(EdgeRequest(viewer: viewer, target))
    findings.check(
      .edgeContent, second.isWhole && second.body.isEmpty == plain.body.isEmpty, second.place,
      seen: "\(second.outcome), \(second.body.count) bytes", expected: "the content")
    findings.check(
      .edgeHead, head.status == second.status && head.mediaType == second.mediaType, head.place,
      seen: "\(head.outcome), Content-Type: \(head.mediaType)",
      expected: "\(second.outcome), Content-Type: \(second.mediaType)")
    viewed = EdgeStreamAddress(document: second.body, at: address)
    try readPlaylist(second)
  }

  private mutating func readPlaylist(_ reply: Reply) throws(Stop) {
    let text = PlaylistText(reply.body)
    guard text.isPlaylist else {
      return findings.note("Delivery Directives: the address is no playlist")
    }
    guard text.isMultivariant else { return try readDirectives(address, MediaPlaylist(text)) }
    guard let uri = MultivariantPlaylist(text).mediaURIs.first,
      let media = WebAddress(WebAddress.resolve(uri, base: address.text), longest: 8192),
      media.origin == address.origin
    else { return findings.note("Delivery Directives: no Media Playlist of this edge") }
    let playlist = try send(EdgeRequest(viewer: viewer, media.target))
    guard playlist.isWhole else {
      return findings.note("Delivery Directives: the Media Playlist has \(playlist.outcome)")
    }
    try readDirectives(media, MediaPlaylist(PlaylistText(playlist.body)))
  }

  private mutating func readDirectives(
    _ address: WebAddress, _ playlist: MediaPlaylist
  ) throws(Stop) {
    guard let control = playlist.control, control.canBlockReload, !playlist.hasEnded else {
      return findings.note("Delivery Directives: the playlist offers no blocking reload")
    }
    let target = address.target
    let start = target + (target.contains("?") ? "&" : "?")
    let (segment, part) = playlist.nextPart
    let query = playlist.isLowLatency ? "&_HLS_part=\(part)" : ""
    let held = try send(EdgeRequest(viewer: viewer, "\(start)_HLS_msn=\(segment)\(query)"))
    if held.isWhole {
      let next = MediaPlaylist(PlaylistText(held.body)).nextPart
      findings.check(
        .edgeDirectives, next > (segment, part), held.place,
        seen: "a playlist up to part \(next.segment).\(next.part), excluded",
        expected: "part \(segment).\(part) is listed")
    } else {
      findings.note("a blocking reload: \(held.outcome)")
    }
    guard control.canSkipUntil != nil else { return }
    let skip = "\(start)_HLS_skip=YES"
    waitUntilForgotten([target, skip])
    _ = try send(EdgeRequest(viewer: viewer, skip))
    let full = try send(EdgeRequest(viewer: viewer, target))
    findings.check(
      .edgeDirectives, full.isWhole && MediaPlaylist(PlaylistText(full.body)).skipped == nil,
      full.place, seen: full.isWhole ? "a Playlist Delta Update" : full.outcome,
      expected: "a full playlist")
  }
}
