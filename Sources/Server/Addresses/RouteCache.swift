// SPDX-License-Identifier: Apache-2.0

import HTTP

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
