// SPDX-License-Identifier: Apache-2.0

import Net

/// Follows the playlists of a stream, all in turn.
struct PlaylistValidation {
  /// The most Media Playlists that are followed.
  private static let most = 16

  let origin: any ValidatedOrigin
  /// When it ends, in seconds since 1970.
  let end: Double
  private let meter: AgeMeter?
  var findings: Findings
  var times = Measurements()
  /// Whether all playlists have ended.
  private(set) var hasEnded = false

  init(origin: any ValidatedOrigin, end: Double, _ meter: AgeMeter?) {
    (self.origin, self.end, self.meter) = (origin, end, meter)
    findings = meter.map { Findings(onNew: $0.record.take) } ?? Findings()
  }

  /// - Parameters:
  ///   - reply: the first response.
  ///   - url: the address that was given.
  mutating func follow(_ reply: Reply, at url: String) {
    let text = PlaylistText(reply.body, PlaylistVariables(url: reply.url))
    let tracks: [PlaylistTrack]
    if text.isMultivariant {
      findings.checkSyntax(text, reply.place)
      findings.checkPlaylistResponse(reply, target: nil)
      let playlist = MultivariantPlaylist(text)
      findings.checkMultivariant(playlist, reply.place)
      let variants = Dictionary(playlist.variants.map { ($0.uri, $0.attributes) }) { first, _ in
        first
      }
      let most = meter == nil ? Self.most : 1
      for (name, uris) in [
        ("subtitles", playlist.subtitleURIs),
        ("I-frames", playlist.iFrames.compactMap { $0["URI"] }),
        ("media after the first \(most)", Array(playlist.mediaURIs.dropFirst(most))),
      ] where !uris.isEmpty {
        findings.note("playlists of \(name): \(uris.joined(separator: ", "))")
      }
      tracks = playlist.mediaURIs.prefix(most).map { uri in
        PlaylistTrack(
          WebAddress.resolve(uri, base: reply.url), variant: variants[uri], in: url,
          isIndependent: !text.tags("#EXT-X-INDEPENDENT-SEGMENTS").isEmpty, text.variables,
          origin, meter)
      }
    } else {
      tracks = [PlaylistTrack(url, variant: nil, in: nil, isIndependent: false, nil, origin, meter)]
    }
    for track in tracks { track.begin(&findings, &times) }
    checkTogether(tracks)
    while origin.now < end, !origin.isCancelled, tracks.contains(where: { !$0.hasEnded }) {
      for track in tracks {
        track.mayLeave = tracks.contains { $0.hasEnded }
        track.step(&findings, &times)
        if origin.now >= end || origin.isCancelled { break }
      }
      checkTogether(tracks)
    }
    for track in tracks { track.finish(&findings) }
    hasEnded = !tracks.isEmpty && tracks.allSatisfy { $0.playlist?.hasEnded == true }
  }

  private mutating func checkTogether(_ tracks: [PlaylistTrack]) {
    var playlists: [String: MediaPlaylist] = [:]
    for track in tracks { playlists[track.url] = track.playlist }
    guard playlists.count > 1 else { return }
    for track in tracks {
      guard let playlist = track.playlist else { continue }
      let others = playlists.filter { $0.key != track.url }
      findings.checkReports(playlist, others, Place(url: track.url, time: origin.now)) {
        let address = track.resolve($0)
        return tracks.first { $0.isAt(address) }?.url ?? address
      }
    }
    findings.checkTogether(playlists, Place(url: tracks[0].url, time: origin.now))
  }
}
