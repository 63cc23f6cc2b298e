import DASHPackager
import HTTP
import Media
import Packaging
import Sharing

/// A stream's MPDs as ready-made responses: each rendered once per edition and place, by whoever needs it first.
package final class ManifestShelf: Sendable {
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

  private struct Shelf {
    var edition: Manifest.Edition?
    var revision: Int64 = -1
    var publishTime: Int64 = 0
    var copies: [Key: Copy] = [:]
    var renderings = 0
  }

  /// Clients choose the `Host` of their requests: more copies than this are not kept.
  private static let copyLimit = 64

  private let terms: PresentationTerms
  private let names: MediaNames
  private let windows: [LiveWindow]
  private let shelf = Locked(Shelf())

  /// A shelf for the MPDs of the stream with these terms.
  init(_ terms: PresentationTerms, names: MediaNames, windows: [LiveWindow]) {
    self.terms = terms
    self.names = names
    self.windows = windows
  }

  /// How many MPDs are kept.
  var copyCount: Int { shelf.withLock { $0.copies.count } }
  /// How many MPDs were rendered.
  var renderings: Int { shelf.withLock { $0.renderings } }

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
    shelf.withLock { shelf in
      // Another loop may have been faster: nothing older goes onto the shelf that it has filled.
      let snapshot = asked.revision < shelf.revision ? windows[0].listing : asked
      let sound = sound
      let edition = Manifest.Edition(snapshot, sound: sound)
      shelf.revision = snapshot.revision
      if edition != shelf.edition {
        shelf.edition = edition
        shelf.publishTime = now
        shelf.copies = [:]
      }
      if let made = shelf.copies[key] { return made }
      guard let made = render(key, snapshot, sound, shelf.publishTime) else { return nil }
      shelf.renderings += 1
      if shelf.copies.count >= Self.copyLimit { shelf.copies = [:] }
      shelf.copies[key] = made
      return made
    }
  }

  /// The window of the sound, where there is one.
  private var sound: WindowSnapshot? {
    windows.first { if case .audio = $0.cadence { true } else { false } }?.listing
  }

  private func render(
    _ key: Key, _ snapshot: WindowSnapshot, _ sound: WindowSnapshot?, _ publishTime: Int64
  ) -> Copy? {
    let base =
      switch key.depth {
      case .root: "\(terms.name)/"
      case .stream: ""
      case .player: "../../../\(terms.name)/"
      }
    let manifest = Manifest(
      snapshot, tracks: windows.compactMap(\.snapshot.track), sound: sound, terms: terms,
      names: names, place: Manifest.Place(origin: key.origin, base: base), publishTime: publishTime)
    guard let text = manifest?.text() else { return nil }
    let body = SharedBytes(text)
    let tag = EntityTag.text(of: body)
    let caching = ResponseFields.Caching.manifest(
      segmentSeconds: terms.cadence.segmentNanoseconds / 1_000_000_000)
    var fields = ResponseFields.fields("application/dash+xml", caching, priority: .playlist)
    if key.depth == .player { fields.append(HeaderField("Vary", "Accept")) }
    fields.append(HeaderField("ETag", tag))
    return Copy(
      tag: tag, whole: PreparedResponse(status: 200, fields: fields, body: [body]),
      unchanged: PreparedResponse(status: 304, fields: fields))
  }
}
