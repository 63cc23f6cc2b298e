// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Packaging

/// The meaning of a target: path and query of a request.
final class RoutedTarget {
  fileprivate let target: Request.Target
  let route: Route
  /// The file of an uploaded stream; nil for all other streams.
  let upload: UploadPath?
  /// The media file; nil for all other routes, and for a name that no file has.
  let file: MediaName?
  /// The Delivery Directives of a playlist request.
  let directives: PlaylistHandler.Directives

  init(_ request: Request) {
    target = request.target
    let segments = request.pathSegments
    route = Route(segments)
    upload = UploadPath(segments)
    if case .media(_, _, let name) = route { file = MediaName(name[...]) } else { file = nil }
    if case .playlist = route {
      directives = PlaylistHandler.directives(request)
    } else {
      directives = .success(DeliveryDirectives())
    }
  }
}

/// The newest targets of one loop: viewers of a stream request the same playlists and parts.
///
/// Confined to the loop's thread.
struct RouteCache {
  private static let capacity = 8

  private var targets: [RoutedTarget] = []
  /// The index of the newest entry.
  private var newest = 0

  /// The meaning of a request's target.
  mutating func target(of request: Request) -> RoutedTarget {
    if newest < targets.count, request.has(targets[newest].target) { return targets[newest] }
    for index in targets.indices where request.has(targets[index].target) {
      newest = index
      return targets[index]
    }
    let target = RoutedTarget(request)
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
