// SPDX-License-Identifier: Apache-2.0

import DASHPackager
import HTTP
import Media
import Packaging
import Sharing

/// A stream's MPDs as ready-made responses: each rendered once per edition and location, by whoever needs it first.
package final class ManifestCache: Sendable {
  /// From where an MPD is asked; its BaseURL depends on this.
  package enum Depth: Hashable {
    /// `/manifest.mpd`: media lies in `S/R/`.
    case root
    /// `/S/manifest.mpd`: media lies in `R/`.
    case stream
    /// `/ldash/play/S/manifest.mpd`, which a browser is answered with the player page.
    case player
  }

  /// What distinguishes the MPDs of one edition.
  struct Key: Hashable {
    /// Scheme and authority of absolute URLs.
    let origin: String
    let depth: Depth
  }

  private struct Copy {
    let tag: String
    let whole: PreparedResponse
    let unchanged: PreparedResponse
  }

  private struct Cache {
    var edition: Manifest.Edition?
    var revision: Int64 = -1
    var publishTime: Int64 = 0
    var copies: [Key: Copy] = [:]
    var renderings = 0
  }

  /// Clients choose the `Host` of their requests: more copies than this are not kept.
  private static let copyLimit = 64

  private let terms: PresentationParameters
  private let names: MediaNames
  private let windows: [LiveWindow]
  private let cache = Locked(Cache())

  /// A shelf for the MPDs of the stream with these terms.
  init(_ terms: PresentationParameters, names: MediaNames, windows: [LiveWindow]) {
    self.terms = terms
    self.names = names
    self.windows = windows
  }

  /// How many MPDs are kept.
  var copyCount: Int { cache.withLock { $0.copies.count } }
  /// How many MPDs were rendered.
  var renderings: Int { cache.withLock { $0.renderings } }

  /// The answer to `request` from `snapshot`, or from a newer one if the shelf has that already: 200, or 304 where the
  /// client has it; nil while there is no complete segment.
  ///
  /// `now`, the wall clock in nanoseconds since 1970, is the publishTime where the edition is new.
  func response(
    _ key: Key, to request: Request, from snapshot: WindowSnapshot, now: Int64
  ) -> PreparedResponse? {
    guard let copy = copy(key, snapshot, now) else { return nil }
    return request.hasNoneMatch(copy.tag) ? copy.unchanged : copy.whole
  }

  private func copy(_ key: Key, _ asked: WindowSnapshot, _ now: Int64) -> Copy? {
    cache.withLock { cache in
      // Another loop may have been faster: nothing older goes onto the shelf that it has filled.
      let snapshot = asked.revision < cache.revision ? windows[0].listing : asked
      let audio = audio
      let edition = Manifest.Edition(snapshot, audio: audio)
      cache.revision = snapshot.revision
      if edition != cache.edition {
        cache.edition = edition
        cache.publishTime = now
        cache.copies = [:]
      }
      if let made = cache.copies[key] { return made }
      guard let made = render(key, snapshot, audio, cache.publishTime) else { return nil }
      cache.renderings += 1
      if cache.copies.count >= Self.copyLimit { cache.copies = [:] }
      cache.copies[key] = made
      return made
    }
  }

  /// The window of the sound, where there is one.
  private var audio: WindowSnapshot? {
    windows.first { if case .audio = $0.segmentation { true } else { false } }?.listing
  }

  private func render(
    _ key: Key, _ snapshot: WindowSnapshot, _ audio: WindowSnapshot?, _ publishTime: Int64
  ) -> Copy? {
    let base =
      switch key.depth {
      case .root: "\(terms.name)/"
      case .stream: ""
      case .player: "../../../\(terms.name)/"
      }
    let manifest = Manifest(
      snapshot, tracks: windows.compactMap(\.snapshot.track), audio: audio, terms: terms,
      names: names, location: Manifest.Location(origin: key.origin, base: base),
      publishTime: publishTime)
    guard let text = manifest?.text() else { return nil }
    let body = SharedBytes(text)
    let tag = EntityTag.text(of: body)
    let caching = ResponseFields.Caching.manifest(
      segmentSeconds: terms.segmentation.segmentNanoseconds / 1_000_000_000)
    var fields = ResponseFields.fields("application/dash+xml", caching, priority: .playlist)
    if key.depth == .player { fields.append(HeaderField("Vary", "Accept")) }
    fields.append(HeaderField("ETag", tag))
    return Copy(
      tag: tag, whole: PreparedResponse(status: 200, fields: fields, body: [body]),
      unchanged: PreparedResponse(status: 304, fields: fields))
  }
}
