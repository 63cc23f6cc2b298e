// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Packaging
import Sharing
import Sockets
import Time

/// A rendition's playlists as prepared responses.
///
/// The first loop that needs a playlist renders and compresses it, once per version; all requests
/// share the response.
final class PlaylistCache: Sendable {
  /// The kind of a playlist.
  enum Form: Hashable {
    case media(MediaPlaylist.Form)
    /// That of a text rendition with this name.
    case captions(MediaPlaylist.Form, String)
    case chunked
    case iFrames

    /// The forms of which ``Shared/versions`` has one version each.
    enum Family: Int, CaseIterable { case media, captions, chunked, iFrames }

    /// Its index in ``Shared/versions``.
    var index: Int {
      let family: Family =
        switch self {
        case .media: .media
        case .captions: .captions
        case .chunked: .chunked
        case .iFrames: .iFrames
        }
      return family.rawValue
    }

    /// The whole playlist: after the end no Playlist Delta Update is sent.
    var full: Form {
      if case .captions(_, let name) = self { .captions(.full, name) } else { .media(.full) }
    }
  }

  /// The differences between responses of one version.
  struct Key: Hashable {
    let form: Form
    let depth: URLDepth
    let isCompressed: Bool
    let caching: ResponseFields.Caching
  }

  private struct BodyKey: Hashable {
    let form: Form
    let depth: URLDepth
  }

  /// The bodies and responses of one version.
  private struct RenderedVersion {
    /// The version of a Media Playlist, or the newest segment of the other forms.
    var number = Int64.min
    var hasEnded = false
    var plain: [BodyKey: SharedBytes] = [:]
    var compressed: [BodyKey: SharedBytes] = [:]
    var responses: [Key: PreparedResponse] = [:]

    /// Counts the bodies as past media: a newer version replaces them.
    func leave() {
      PastMedia.add(
        texts: Array(plain.values) + compressed.values, at: SystemClock.monotonicTime)
    }
  }

  private struct Shared {
    /// The newest version with playlists of each form.
    var versions = Form.Family.allCases.map { _ in RenderedVersion() }
    var renderings = 0
    var compressions = 0
    var newestSize = 0
  }

  private let name: String
  private let root: String?
  private let control: ServerControl
  private let names: MediaNames
  private let window: LiveWindow
  private let others: [Other]
  private let captions: [CaptionTrack]
  private let isForOneViewer: Bool
  private let announcesNext: Bool
  private let shared = Locked(Shared())

  /// Another rendition of the stream; playlists carry a Rendition Report of it.
  struct Other: Sendable {
    /// Its name in URLs.
    let name: String
    /// Its playlist, relative to this rendition's.
    let uri: String
    let window: LiveWindow
    /// Whether a publish gate lets both renditions list the same parts at the same time.
    let isInStep: Bool

    var report: RenditionReport {
      RenditionReport(
        uri: uri, last: isInStep ? nil : RenditionReport.Position(endOf: window.listing))
    }
  }

  /// An empty cache for a rendition of the stream `name`.
  ///
  /// `root` is the beginning of URLs; nil for relative ones. If `isForOneViewer`, caches keep no
  /// response. `captions` are the text renditions. If `announcesNext`, chunked playlists list the
  /// segment after the open one.
  init(
    name: String, root: String? = nil, names: MediaNames, window: LiveWindow,
    control: ServerControl,
    others: [Other] = [], captions: [CaptionTrack] = [], isForOneViewer: Bool = false,
    announcesNext: Bool = true
  ) {
    self.announcesNext = announcesNext
    self.captions = captions
    self.isForOneViewer = isForOneViewer
    self.name = name
    self.root = root
    self.names = names
    self.window = window
    self.others = others
    self.control = control
  }

  /// The number of rendered and of compressed texts.
  var work: (renderings: Int, compressions: Int) {
    shared.withLock { ($0.renderings, $0.compressions) }
  }

  /// The size of the newest playlist in bytes, uncompressed; 0 before the first.
  var newestSize: Int { shared.withLock { $0.newestSize } }

  /// The response for `key` from `snapshot`, or from a newer snapshot that the cache already has.
  ///
  /// Nil while the rendition has no complete segment.
  func response(_ key: Key, from snapshot: WindowSnapshot) -> PreparedResponse? {
    shared.withLock { response(key, snapshot, &$0) }
  }

  private func number(_ snapshot: WindowSnapshot, _ form: Form) -> Int64 {
    switch form {
    case .media: snapshot.version
    case .captions: snapshot.segments.last?.number ?? 0
    case .chunked: ChunkedPlaylist.edition(of: snapshot)
    case .iFrames: IFramePlaylist.newestListed(in: snapshot)
    }
  }

  private func response(
    _ key: Key, _ asked: WindowSnapshot, _ shared: inout Shared
  ) -> PreparedResponse? {
    let index = key.form.index
    let (cached, cachedEnd) = (shared.versions[index].number, shared.versions[index].hasEnded)
    // Another loop may have cached a newer version; an older one never replaces it.
    let isOld = number(asked, key.form) < cached || cachedEnd && asked.state != .ended
    let snapshot = isOld ? key.form == .chunked ? window.snapshot : window.listing : asked
    let (number, hasEnded) = (number(snapshot, key.form), snapshot.state == .ended)
    if number > cached || hasEnded && !cachedEnd {
      shared.versions[index].leave()
      shared.versions[index] = RenderedVersion(number: number, hasEnded: hasEnded)
    }
    if let response = shared.versions[index].responses[key] { return response }
    guard let body = body(key, snapshot, &shared) else { return nil }
    let response = PreparedResponse(
      status: 200,
      fields: fields(key, version: snapshot.version) + [tag(key, number, hasEnded)], body: [body])
    shared.versions[index].responses[key] = response
    return response
  }

  private func body(
    _ key: Key, _ snapshot: WindowSnapshot, _ shared: inout Shared
  ) -> SharedBytes? {
    let (index, bodyKey) = (key.form.index, BodyKey(form: key.form, depth: key.depth))
    if key.isCompressed, let body = shared.versions[index].compressed[bodyKey] { return body }
    if shared.versions[index].plain[bodyKey] == nil {
      guard let text = text(key, snapshot) else { return nil }
      shared.renderings += 1
      shared.versions[index].plain[bodyKey] = SharedBytes(text)
      shared.newestSize = text.utf8.count
    }
    guard let plain = shared.versions[index].plain[bodyKey] else { return nil }
    guard key.isCompressed else { return plain }
    // If zlib has no memory there is no response: a plain body would contradict the fields.
    guard let compressed = Gzip.compress(plain) else { return nil }
    shared.compressions += 1
    shared.versions[index].compressed[bodyKey] = compressed
    return compressed
  }

  private func text(_ key: Key, _ snapshot: WindowSnapshot) -> String? {
    let rendition = snapshot.track?.rendition ?? ""
    let base = root.map { "\($0)/\(name)/\(rendition)/" } ?? key.depth.path(to: name, rendition)
    switch key.form {
    case .media(let form):
      return MediaPlaylist(
        snapshot, control: control, names: names, base: base,
        reports: others.map(\.report) + captionReports(snapshot)
      )?.text(form)
    case .captions(let form, let rendition):
      let own = RenditionReport(
        uri: "../\(snapshot.track?.rendition ?? "")/playlist.m3u8",
        last: RenditionReport.Position(endOf: snapshot))
      return MediaPlaylist(
        snapshot, control: control, names: names, base: "",
        reports: [own] + others.map(\.report) + captionReports(snapshot, except: rendition),
        content: .text
      )?.text(form)
    case .chunked:
      return ChunkedPlaylist(
        snapshot, names: names, base: base, targetDuration: control.targetDuration,
        announcesNext: announcesNext)?.text()
    case .iFrames:
      return IFramePlaylist(
        snapshot, names: names, base: base, targetDuration: control.targetDuration)?.text()
    }
  }

  /// The reports of the text renditions but one; their playlists end with the last segment.
  private func captionReports(
    _ snapshot: WindowSnapshot, except name: String? = nil
  ) -> [RenditionReport] {
    guard let last = snapshot.segments.last?.number else { return [] }
    return captions.filter { $0.rendition != name }.map { track in
      RenditionReport(
        uri: "../\(track.rendition)/playlist.m3u8",
        last: RenditionReport.Position(segment: last, index: nil))
    }
  }

  /// The ETag: each text has one, and its compressed form has another.
  ///
  /// - Source: RFC 9110 §8.8.3.3
  private func tag(_ key: Key, _ number: Int64, _ hasEnded: Bool) -> HeaderField {
    let form =
      switch key.form {
      case .chunked: "c"
      case .iFrames: "i"
      case .media(.full): "m"
      case .media(.delta): "d"
      case .media(.deltaWithDateRanges): "r"
      case .captions(.full, let name): "t\(name)"
      case .captions(_, let name): "u\(name)"
      }
    let depth =
      switch key.depth {
      case .root: "0"
      case .stream, .lowLatency: "1"
      case .rendition, .player: "2"
      case .switched: "3"
      }
    return RestartETag.of(
      "\(number)\(form)\(depth)\(key.isCompressed ? "z" : "")\(hasEnded ? "e" : "")")
  }

  private func fields(_ key: Key, version: Int64) -> [HeaderField] {
    var fields = ResponseFields.fields(
      "application/vnd.apple.mpegurl", isForOneViewer ? .oneViewer : key.caching,
      priority: .playlist)
    fields.append(HeaderField("Vary", "Accept-Encoding"))
    if case .media = key.form {
      fields.append(HeaderField("X-Playlist-Version", "\(version)"))
    }
    if key.isCompressed { fields.append(HeaderField("Content-Encoding", "gzip")) }
    return fields
  }
}
