// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Packaging
import Sharing

/// A rendition's playlists as ready-made responses: each rendered and compressed once per version, by whoever needs it
/// first, and then shared by all who ask.
final class PlaylistCache: Sendable {
  /// What is rendered.
  enum Form: Hashable {
    case media(MediaPlaylist.Form)
    case chunked
  }

  /// What distinguishes responses of one version.
  struct Key: Hashable {
    let form: Form
    let depth: Route.Depth
    let isCompressed: Bool
    let caching: ResponseFields.Caching

    /// The same without what a delta update leaves out: a playlist that has ended is sent whole.
    var full: Key {
      Key(form: .media(.full), depth: depth, isCompressed: isCompressed, caching: caching)
    }
  }

  private struct BodyKey: Hashable {
    let form: Form
    let depth: Route.Depth
  }

  /// Everything made for one text of a playlist.
  private struct Edition {
    var number = Int64.min
    var hasEnded = false
    var plain: [BodyKey: SharedBytes] = [:]
    var compressed: [BodyKey: SharedBytes] = [:]
    var responses: [Key: PreparedResponse] = [:]
  }

  private struct Shelves {
    var media = Edition()
    var chunked = Edition()
    var renderings = 0
    var compressions = 0
    var newestSize = 0
  }

  private let name: String
  private let control: ServerControl
  private let names: MediaNames
  private let window: LiveWindow
  private let others: [Other]
  private let shelves = Locked(Shelves())

  /// Another rendition of the stream, of which playlists carry a Rendition Report.
  struct Other: Sendable {
    /// Its playlist, relative to this rendition's.
    let uri: String
    let window: LiveWindow
    /// Whether a publish gate lets both list the same parts at once.
    let isInStep: Bool

    var report: RenditionReport {
      let last = isInStep ? nil : window.listing.lastListedPart
      return RenditionReport(
        uri: uri, last: last.map { RenditionReport.Position(segment: $0.segment, index: $0.index) })
    }
  }

  /// A shelf for the playlists of the stream `name`.
  init(
    name: String, names: MediaNames, window: LiveWindow, control: ServerControl,
    others: [Other] = []
  ) {
    self.name = name
    self.names = names
    self.window = window
    self.others = others
    self.control = control
  }

  /// How many texts were rendered and how many were compressed.
  var work: (renderings: Int, compressions: Int) {
    shelves.withLock { ($0.renderings, $0.compressions) }
  }

  /// Bytes of the playlist that was rendered last, uncompressed; 0 before the first.
  var newestSize: Int { shelves.withLock { $0.newestSize } }

  /// The response for `key` from `snapshot`, or from a newer one if the shelf has that already; nil while there is no
  /// complete segment.
  func response(_ key: Key, from snapshot: WindowSnapshot) -> PreparedResponse? {
    shelves.withLock { shelves in
      key.form == .chunked
        ? response(key, snapshot, \.chunked, &shelves, number: ChunkedPlaylist.edition)
        : response(key, snapshot, \.media, &shelves, number: \.version)
    }
  }

  private func response(
    _ key: Key, _ asked: WindowSnapshot, _ path: WritableKeyPath<Shelves, Edition>,
    _ shelves: inout Shelves, number: (WindowSnapshot) -> Int64
  ) -> PreparedResponse? {
    let edition = shelves[keyPath: path]
    // Another loop may have been faster: nothing older goes onto the shelf that it has filled.
    let isOld = number(asked) < edition.number || edition.hasEnded && asked.state != .ended
    let snapshot = isOld ? key.form == .chunked ? window.snapshot : window.listing : asked
    let hasEnded = snapshot.state == .ended
    if number(snapshot) > edition.number || hasEnded && !edition.hasEnded {
      shelves[keyPath: path] = Edition(number: number(snapshot), hasEnded: hasEnded)
    }
    if let made = shelves[keyPath: path].responses[key] { return made }
    guard let body = body(key, snapshot, path, &shelves) else { return nil }
    let response = PreparedResponse(
      status: 200,
      fields: fields(key, version: snapshot.version) + [tag(key, number(snapshot), hasEnded)],
      body: [body])
    shelves[keyPath: path].responses[key] = response
    return response
  }

  private func body(
    _ key: Key, _ snapshot: WindowSnapshot, _ path: WritableKeyPath<Shelves, Edition>,
    _ shelves: inout Shelves
  ) -> SharedBytes? {
    let bodyKey = BodyKey(form: key.form, depth: key.depth)
    if key.isCompressed, let made = shelves[keyPath: path].compressed[bodyKey] { return made }
    if shelves[keyPath: path].plain[bodyKey] == nil {
      guard let text = text(key, snapshot) else { return nil }
      shelves.renderings += 1
      shelves[keyPath: path].plain[bodyKey] = SharedBytes(text)
      shelves.newestSize = text.utf8.count
    }
    guard let plain = shelves[keyPath: path].plain[bodyKey] else { return nil }
    guard key.isCompressed else { return plain }
    // Without memory for it there is no answer, rather than one that is not what its fields say.
    guard let compressed = Gzip.compress(plain) else { return nil }
    shelves.compressions += 1
    shelves[keyPath: path].compressed[bodyKey] = compressed
    return compressed
  }

  private func text(_ key: Key, _ snapshot: WindowSnapshot) -> String? {
    let rendition = snapshot.track?.rendition ?? ""
    let base =
      switch key.depth {
      case .root: "\(name)/\(rendition)/"
      case .stream: "\(rendition)/"
      case .rendition: ""
      }
    switch key.form {
    case .media(let form):
      return MediaPlaylist(
        snapshot, control: control, names: names, base: base, reports: others.map(\.report)
      )?.text(form)
    case .chunked:
      return ChunkedPlaylist(
        snapshot, names: names, base: base, targetDuration: control.targetDuration)?.text()
    }
  }

  /// One text has one tag, and its compressed form another (RFC 9110 §8.8.3.3).
  private func tag(_ key: Key, _ number: Int64, _ hasEnded: Bool) -> HeaderField {
    let form =
      switch key.form {
      case .chunked: "c"
      case .media(.full): "m"
      case .media(.delta): "d"
      case .media(.deltaWithDateRanges): "r"
      }
    let depth =
      switch key.depth {
      case .root: "0"
      case .stream: "1"
      case .rendition: "2"
      }
    return ProcessETag.of(
      "\(number)\(form)\(depth)\(key.isCompressed ? "z" : "")\(hasEnded ? "e" : "")")
  }

  private func fields(_ key: Key, version: Int64) -> [HeaderField] {
    var fields = ResponseFields.fields(
      "application/vnd.apple.mpegurl", key.caching, priority: .playlist)
    fields.append(HeaderField("Vary", "Accept-Encoding"))
    if key.form != .chunked { fields.append(HeaderField("X-Playlist-Version", "\(version)")) }
    if key.isCompressed { fields.append(HeaderField("Content-Encoding", "gzip")) }
    return fields
  }
}
