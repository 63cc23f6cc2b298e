// SPDX-License-Identifier: Apache-2.0

import Net

/// Follows the frame stream of a stream of this program: open segments, by the names in a playlist.
struct FrameStreamWatch {
  let origin: any ValidatedOrigin
  let meter: AgeMeter

  /// Follows the stream until a request fails.
  ///
  /// - Parameter url: the address of the stream, which ends with `/`, and may have a query.
  /// - Returns: why it cannot be followed; nil if a request has failed.
  func follow(_ url: String) -> String? {
    var reply = origin.get(WebAddress.resolve("playlist.m3u8" + url.drop { $0 != "?" }, base: url))
    guard reply.isWhole else { return nil }
    if let uri = MultivariantPlaylist(PlaylistText(reply.body)).variants.first?.uri {
      reply = origin.get(WebAddress.resolve(uri, base: reply.url))
      guard reply.isWhole else { return nil }
    }
    let playlist = MediaPlaylist(PlaylistText(reply.body))
    guard !playlist.hasEnded else { return "the stream has ended" }
    let base = reply.url
    // The chunks of the open segment are older than the request.
    let next = playlist.nextNumber.addingReportingOverflow(1)
    let listed = "segment\(playlist.nextNumber.subtractingReportingOverflow(1).partialValue)."
    guard !next.overflow, let uri = playlist.segments.last?.uri, uri.contains(listed) else {
      return "the playlist lists no segment with its number in its name"
    }
    meter.prepare(hasBoxes: true, duration: 0)
    if let map = playlist.map {
      let address = WebAddress.resolve(map.uri, base: base)
      meter.takeHeader(named: address) { origin.get(address).content }
    }
    var number = next.partialValue
    while !origin.isCancelled {
      let name = uri.replacing(listed, with: "segment\(number).")
      guard origin.get(WebAddress.resolve(name, base: base), [], meter).isWhole else { return nil }
      meter.end(date: nil)
      // bounded: one per response
      number += 1
    }
    return nil
  }
}
