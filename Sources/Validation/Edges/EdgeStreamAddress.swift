// SPDX-License-Identifier: Apache-2.0

import Net

/// Where the stream of a playlist or an MPD is at an edge: pure.
///
/// It is read from an address of its media, which contains the name of the stream also if the
/// address of the document is that of the default stream.
struct EdgeStreamAddress: Sendable, Equatable {
  /// The path before the name of the stream: empty, or such as `/cameras` or `/t/TOKEN`.
  let prefix: String
  let stream: String

  /// Reads `PREFIX/S/RENDITION/FILE`, with or without a query; nil for a path of another form.
  init?(media target: String) {
    let path = target.prefix { $0 != "?" }
    guard path.hasPrefix("/") else { return nil }
    var names = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard names.count >= 3, !names.contains("") else { return nil }
    names.removeLast(2)
    stream = String(names.removeLast())
    // A second address of all media.
    if names.last == "ldash" { names.removeLast() }
    prefix = names.map { "/\($0)" }.joined()
  }

  /// Reads the first media address of a document; nil without media, or with media of another
  /// server.
  ///
  /// - Parameters:
  ///   - document: the text of a playlist or an MPD.
  ///   - address: its address.
  init?(document: [UInt8], at address: WebAddress) {
    let text = PlaylistText(document)
    guard text.isPlaylist else {
      self.init(manifest: String(decoding: document, as: UTF8.self), at: address)
      return
    }
    guard let uri = Self.firstURI(text) else { return nil }
    self.init(WebAddress.resolve(uri, base: address.text), at: address)
  }

  /// The first Media Playlist of a Multivariant Playlist, or the first media of a Media Playlist.
  private static func firstURI(_ text: PlaylistText) -> String? {
    guard !text.isMultivariant else { return MultivariantPlaylist(text).mediaURIs.first }
    let playlist = MediaPlaylist(text)
    let parts = playlist.listed.flatMap(\.parts)
    return playlist.segments.compactMap(\.uri).first ?? parts.first?.uri
  }

  private init?(manifest text: String, at address: WebAddress) {
    guard let media = text.firstMatch(of: #/\smedia="([^"]+)"/#) else { return nil }
    let base = text.firstMatch(of: #/<BaseURL>([^<]+)<\/BaseURL>/#).map { String($0.output.1) }
    let folder = WebAddress.resolve(base ?? "", base: address.text)
    let name = String(media.output.1).replacing("$RepresentationID$", with: "R")
      .replacing("$Number$", with: "1")
    self.init(WebAddress.resolve(name, base: folder), at: address)
  }

  private init?(_ url: String, at address: WebAddress) {
    guard let media = WebAddress(url, longest: 8192), media.origin == address.origin else {
      return nil
    }
    self.init(media: media.target)
  }
}
