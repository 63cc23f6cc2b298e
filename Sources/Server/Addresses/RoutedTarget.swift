// SPDX-License-Identifier: Apache-2.0

import Access
import HLSPackager
import HTTP
import Packaging
import Statistics

/// The meaning of a target: path and query of a request.
final class RoutedTarget {
  /// What a response has of a stream, for which a viewer may need permission.
  enum Content {
    /// Nothing that needs a token.
    case open
    /// URIs of other media, which inherit the path.
    case index
    /// Media, or facts about it.
    case media
  }

  /// The directives of a request, or the error in them.
  typealias Directives = Result<DeliveryDirectives, DeliveryDirectives.Failure>

  let target: Request.Target
  let route: Route
  /// The stream that the path names; nil for the default stream, and for routes without a stream.
  private(set) var stream: String?
  /// The rendition that the path names; nil for none.
  private(set) var rendition: String?
  /// The form of the URL of a playlist or an MPD.
  private(set) var depth = URLDepth.root
  /// The kind of the request, unless its response shows another one.
  private(set) var kind = RequestKind.other
  private(set) var content = Content.open
  /// The media file; nil for all other routes, and for a name that no file has.
  private(set) var file: MediaName?
  /// The Delivery Directives of a playlist request.
  private(set) var directives = Directives.success(DeliveryDirectives())

  /// `isUploaded` tells whether there is an uploaded stream of a name.
  init(_ request: Request, isUploaded: (String) -> Bool) {
    target = request.target
    let segments = request.pathSegments
    if let path = UploadPath(segments), isUploaded(path.stream) {
      route = .uploaded(path)
    } else {
      route = Route(segments)
    }
    describe(request)
  }

  /// Whether a client follows a playlist, of which it has an earlier version.
  var isFollowing: Bool {
    guard case .success(let directives) = directives else { return false }
    return directives.mediaSequenceNumber != nil || directives.skip != .full
  }

  /// Reads the directives of a request.
  private static func directives(_ request: Request) -> Directives {
    guard request.hasQuery else { return .success(DeliveryDirectives()) }
    let query = request.queryItems
    for item in query
    where DeliveryDirectives.isSpelledOtherwise(item.name, written: item.writtenName) {
      return .failure(.spelling(item.writtenName))
    }
    let items = query.map { (name: $0.name, value: $0.value) }
    return Result { () throws(DeliveryDirectives.Failure) in try DeliveryDirectives(items) }
  }

  private func describe(_ request: Request) {
    switch route {
    case .uploaded(let path):
      (stream, kind) = (path.stream, .uploads)
      // The page for players has no media.
      content = path.file.map { $0.isIndex ? .index : .media } ?? (path.isPlayer ? .open : .index)
    case .playlist(let stream, let rendition, let depth):
      (self.stream, self.rendition, self.depth) = (stream, rendition, depth)
      (kind, content) = (.playlist, .index)
      directives = Self.directives(request)
    case .chunkedPlaylist(let stream, let rendition, let depth):
      (self.stream, self.rendition, self.depth) = (stream, rendition, depth)
      (kind, content) = (.chunkedPlaylist, .index)
    case .iFrames(let stream, let rendition):
      (self.stream, self.rendition, self.depth) = (stream, rendition, .rendition)
      (kind, content) = (.playlist, .index)
    case .past(let stream, let rendition, _, _):
      (self.stream, self.rendition) = (stream, rendition)
      (kind, content) = (.playlist, .index)
      directives = Self.directives(request)
    case .pastManifest(let stream): (self.stream, kind, content) = (stream, .manifest, .index)
    case .pastExtent(let stream): (self.stream, kind, content) = (stream, .instant, .media)
    case .manifest(let stream, let depth):
      (self.stream, self.depth, kind, content) = (stream, depth, .manifest, .index)
    case .media(let stream, let rendition, let name):
      (self.stream, self.rendition, content) = (stream, rendition, .media)
      file = MediaName(name[...])
      if let file { kind = RequestKind(file) }
    case .clip(let stream, let rendition, let name):
      (self.stream, self.rendition, kind) = (stream, rendition, .clip)
      content = name.hasSuffix(".m3u8") ? .index : .media
    case .instant(let stream, _): (self.stream, kind, content) = (stream, .instant, .media)
    case .still(let stream, _): (self.stream, kind, content) = (stream, .still, .media)
    case .motionPictures(let stream, _):
      (self.stream, kind, content) = (stream, .motionPictures, .media)
    case .cues(let stream, let rendition, _):
      (self.stream, self.rendition, kind, content) = (stream, rendition, .captions, .media)
    case .timestamps(let stream): (self.stream, kind, content) = (stream, .timestamps, .media)
    case .licence(let stream): (self.stream, content) = (stream, .media)
    case .feed(let stream): (self.stream, kind, content) = (stream, .feed, .media)
    case .socket(let stream): (self.stream, kind, content) = (stream, .socket, .media)
    case .publish(let stream): (self.stream, kind) = (stream, .publish)
    case .publisherState(let stream): (self.stream, kind, content) = (stream, .page, .media)
    case .page(let stream):
      (self.stream, kind) = (stream, .page)
      // The page needs no token; with one it becomes the page that plays with it.
      if PlaybackAccess.parameter(request) != nil { content = .index }
    case .pageFile, .streams, .wall, .login: kind = .page
    case .time: kind = .time
    case .statistics: kind = .control
    case .auth, .health, .version, .metrics, .ready: kind = .probe
    case .unknown: break
    }
  }
}

/// The newest targets of one loop: viewers of a stream request the same playlists and parts.
///
/// Outdated when an uploaded stream is added or removed.
/// Confined to the loop's thread.
struct RouteCache {
  private static let capacity = 8

  private var targets: [RoutedTarget] = []
  /// The index of the newest entry.
  private var newest = 0

  /// The meaning of a request's target; `isUploaded` tells whether there is an uploaded stream of a
  /// name.
  mutating func target(of request: Request, isUploaded: (String) -> Bool) -> RoutedTarget {
    if newest < targets.count, request.has(targets[newest].target) { return targets[newest] }
    for index in targets.indices where request.has(targets[index].target) {
      newest = index
      return targets[index]
    }
    let target = RoutedTarget(request, isUploaded: isUploaded)
    if targets.count < Self.capacity {
      newest = targets.count
      targets.append(target)
    } else {
      newest = (newest + 1) % Self.capacity
      targets[newest] = target
    }
    return target
  }
}
