// SPDX-License-Identifier: Apache-2.0

package import Media
package import Packaging
package import Time

/// How old and how long playlists of the past may be.
package struct PastLimits {
  /// How far the client may go back.
  let dvr: Interval
  /// The longest time between the start of a playlist that continues to the live edge and its first
  /// request.
  let list: Interval

  /// These limits.
  package init(dvr: Interval, list: Interval) {
    self.dvr = dvr
    self.list = list
  }

  /// Those of clients with the admin token.
  var unlimited: PastLimits { PastLimits(dvr: .max, list: max(list, PastAddress.longest)) }

  /// The refusal of an address that is too old or too long; nil for none.
  ///
  /// A playlist that continues to the live edge grows while it is followed: its followers, for whom
  /// `isFollowed` is set, may stay for a day. Segments that are too old are refused by themselves.
  package func refusal(
    _ address: PastAddress, now: WallTime, isFollowed: Bool, _ names: MediaNames,
    _ segmentation: Segmentation
  ) -> RequestRefusal? {
    let start = PastAddress.start(of: address.first, segmentation)
    let age = now - WallTime(start, plus: .zero)
    if let end = address.end {
      let length = PastAddress.start(of: end, segmentation).offset(from: start)
      guard length <= PastAddress.longest else {
        return .init("the playlist is longer than \(PastAddress.longest.wholeSeconds) s")
      }
    }
    let grace = PastAddress.grid + PastAddress.grid
    if address.end == nil, isFollowed {
      guard age > list + PastAddress.longest + grace else { return nil }
      return .init(
        "the playlist was followed for \(PastAddress.longest.wholeSeconds) s: begin another one",
        status: 410)
    }
    guard age <= dvr + grace else {
      return .init("viewers may go back \(dvr.wholeSeconds) s", status: 410)
    }
    guard address.end == nil, age > list + grace else { return nil }
    return .init(
      "a playlist that continues to the live edge begins at most \(list.wholeSeconds) s ago; "
        + "earlier times have an end: from/\(names.printed(address.first))/to/TIME/playlist.m3u8",
      status: 410)
  }
}
