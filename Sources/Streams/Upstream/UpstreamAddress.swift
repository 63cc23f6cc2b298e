// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Net

/// The address of a stream of another server, whose feed is read.
///
/// The description contains no secret; the address itself is never printed.
package struct UpstreamAddress: Sendable, Equatable, CustomStringConvertible {
  /// The address without its secrets.
  package let description: String
  /// The address of the feed without its query.
  private let feed: String
  private let query: String

  /// Parses the address of a stream, which is that of its page.
  ///
  /// Without a path it is the default stream of the server. Nil for an address of another protocol,
  /// or of a playlist.
  package init?(_ text: String) {
    guard let input = InputAddress(text), input.kind == .http, !input.raw.contains("#"),
      !input.raw.contains(where: \.isWhitespace), input.raw.utf8.count <= 2000
    else { return nil }
    let parts = input.raw.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var base = String(parts[0])
    if !base.hasSuffix("/") { base += "/" }
    guard ![".m3u8/", ".mpd/", ".m4s/", "/feed/"].contains(where: { base.hasSuffix($0) }) else {
      return nil
    }
    feed = base + "feed"
    guard WebAddress(feed, longest: 2048, permitsUserInfo: true) != nil else { return nil }
    query = parts.count > 1 ? String(parts[1]) : ""
    description = Redaction.redact(input.description)
  }

  /// The address below which the stream has its resources; it may contain secrets.
  package var stream: String {
    String(feed.dropLast("feed".count)) + (query.isEmpty ? "" : "?\(query)")
  }

  /// The address of the feed, from segment `segment` on if it is given.
  func feedURL(from segment: Int64?) -> String {
    let items = [query, segment.map { "segment=\($0)" } ?? ""].filter { !$0.isEmpty }
    return feed + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
  }
}
