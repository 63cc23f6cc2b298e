// SPDX-License-Identifier: Apache-2.0

import DASHPackager
import HTTP
import Media
import Net
import Packaging
import Sharing
import Time

/// A stream's MPDs as prepared responses, each rendered once per edition and location.
package final class ManifestCache: Sendable {
  /// The differences between the MPDs of one edition.
  struct Key: Hashable {
    /// Scheme and authority of absolute URLs.
    let origin: String
    let depth: URLDepth
  }

  private struct Rendered {
    let tag: String
    let whole: PreparedResponse
    let unchanged: PreparedResponse
  }

  private struct Shared {
    var edition: Manifest.Edition?
    var revision: Int64 = -1
    var publishTime = WallTime.origin
    var rendered: [Key: Rendered] = [:]
    var renderings = 0

    /// Removes the MPDs; those that responses keep are past media.
    mutating func forget() {
      let texts = rendered.values.flatMap(\.whole.body).map(\.bytes)
      rendered = [:]
      if !texts.isEmpty { PastMedia.add(texts: texts, at: SystemClock.monotonicTime) }
    }
  }

  /// The maximum number of kept MPDs: clients choose the `Host` field, and so the number of MPDs.
  private static let copyLimit = 64

  private let parameters: PresentationParameters
  private let names: MediaNames
  private let windows: [LiveWindow]
  private let switched: String?
  private let captions: [CaptionTrack]
  private let closedCaptions: ClosedCaptions
  private let isForOneViewer: Bool
  private let past: PastRuns?
  private let shared = Locked(Shared())

  /// An empty cache.
  ///
  /// - Parameters:
  ///   - parameters: the constants of the MPDs.
  ///   - names: the names of media.
  ///   - windows: those of the renditions, top rendition first.
  ///   - switched: the common name of the renditions of the video between which the server
  ///     switches; nil if it does not.
  ///   - captions: the text renditions.
  ///   - closedCaptions: the closed captions.
  ///   - isForOneViewer: whether caches keep no response.
  ///   - past: how far viewers may go back; nil for the windows alone.
  init(
    _ parameters: PresentationParameters, names: MediaNames, windows: [LiveWindow],
    switched: String? = nil, captions: [CaptionTrack] = [],
    closedCaptions: ClosedCaptions, isForOneViewer: Bool = false, past: PastRuns? = nil
  ) {
    self.closedCaptions = closedCaptions
    self.captions = captions
    self.past = past
    self.switched = switched
    self.isForOneViewer = isForOneViewer
    self.parameters = parameters
    self.names = names
    self.windows = windows
  }

  /// The number of kept MPDs.
  var copyCount: Int { shared.withLock { $0.rendered.count } }
  /// The number of rendered MPDs.
  var renderings: Int { shared.withLock { $0.renderings } }

  /// The response to `request` from `snapshot`, or from a newer one that the cache already has.
  ///
  /// The response is 304 if the client has the MPD. Nil while there is no complete segment. `now`
  /// becomes the publishTime of a new edition.
  func response(
    _ key: Key, to request: Request, from snapshot: WindowSnapshot, now: WallTime
  ) -> PreparedResponse? {
    guard let rendered = rendered(key, snapshot, now) else { return nil }
    return request.precondition(rendered.tag) == .unchanged ? rendered.unchanged : rendered.whole
  }

  private func rendered(_ key: Key, _ asked: WindowSnapshot, _ now: WallTime) -> Rendered? {
    shared.withLock { shared in
      // Another loop may have cached a newer edition; an older one never replaces it.
      let snapshot = asked.revision < shared.revision ? windows[0].listing : asked
      let audio = windows.filter(\.segmentation.isAudio).map(\.listing)
      let past = past?.past(before: snapshot, now: now)
      if self.past != nil, past == nil { return nil }
      let seen = closedCaptions.tracks
      let edition = Manifest.Edition(snapshot, audio: audio, past: past, closedCaptions: seen)
      shared.revision = snapshot.revision
      if edition != shared.edition {
        shared.edition = edition
        shared.publishTime = now
        shared.forget()
      }
      if let rendered = shared.rendered[key] { return rendered }
      guard let rendered = render(key, snapshot, audio, shared.publishTime, past, seen) else {
        return nil
      }
      shared.renderings += 1
      if shared.rendered.count >= Self.copyLimit { shared.forget() }
      shared.rendered[key] = rendered
      return rendered
    }
  }

  private func render(
    _ key: Key, _ snapshot: WindowSnapshot, _ audio: [WindowSnapshot], _ publishTime: WallTime,
    _ past: ManifestPast?, _ closedCaptions: [ClosedCaptionTrack]
  ) -> Rendered? {
    let location = Manifest.Location(
      origin: key.origin, base: key.depth.path(to: parameters.name))
    var tracks = windows.compactMap(\.snapshot.track)
    if let switched { tracks = tracks.map { $0.size == nil ? $0 : $0.renamed(switched) } }
    let manifest = Manifest(
      snapshot, tracks: tracks, audio: audio, parameters: parameters, names: names,
      location: location, publishTime: publishTime, past: past, captions: captions,
      closedCaptions: closedCaptions)
    guard let text = manifest?.text() else { return nil }
    let body = SharedBytes(text)
    let tag = EntityTag.text(of: body)
    let caching: ResponseFields.Caching =
      isForOneViewer
      ? .oneViewer
      : .manifest(segmentSeconds: parameters.segmentation.segmentDuration.wholeSeconds)
    var fields = ResponseFields.fields("application/dash+xml", caching, priority: .playlist)
    if key.depth == .player { fields.append(HeaderField("Vary", "Accept")) }
    fields.append(HeaderField("ETag", tag))
    let whole = PreparedResponse(status: 200, fields: fields, body: [body])
    return Rendered(tag: tag, whole: whole, unchanged: whole.unchanged)
  }
}
