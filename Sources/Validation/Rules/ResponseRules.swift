// SPDX-License-Identifier: Apache-2.0

import HTTP

extension Rule {
  static let playlistType = Rule(
    "playlist-content-type", .must, "RFC 8216bis §4",
    "A playlist has the type application/vnd.apple.mpegurl or audio/mpegurl.")
  static let mediaType = Rule(
    "media-content-type", .should, "Apple HLS Authoring 10.4",
    "Fragmented MP4 has the type video/mp4 or audio/mp4.")
  static let manifestType = Rule(
    "mpd-content-type", .must, "ISO/IEC 23009-1 Annex C",
    "An MPD has the type application/dash+xml.")
  static let gzip = Rule(
    "playlist-gzip", .should, "Apple HLS Authoring 10.1",
    "A playlist is compressed if the client accepts gzip.")
  static let crossOrigin = Rule(
    "cross-origin", .should, "Fetch standard §3.2",
    "Responses permit players of other sites: Access-Control-Allow-Origin.")
  static let playlistLifetime = Rule(
    "playlist-lifetime", .must, "RFC 8216bis Appendix B.1",
    "A playlist without directives is cacheable for at most one Target Duration.")
  static let mediaLifetime = Rule(
    "media-lifetime", .should, "RFC 8216bis Appendix B.1",
    "Complete segments are cacheable: no no-store, no no-cache, max-age above 0.")
  static let ageBelowLifetime = Rule(
    "age-below-lifetime", .should, "RFC 9111 §4.2", "Age is not above max-age.")
  static let ranges = Rule(
    "byte-ranges", .should, "RFC 9110 §14.2",
    "A range of a segment gets 206; an origin may ignore Range if no playlist lists a range.")
  static let rangeTrue = Rule(
    "byte-range-true", .must, "RFC 9110 §15.3.7",
    "A response 206 has the Content-Range and the bytes of the requested range.")
  static let listedRanges = Rule(
    "listed-ranges", .must, "RFC 8216bis §4.4.4.2",
    "A range that a playlist lists gets 206, its Content-Range and its bytes.")
  static let manifestLifetime = Rule(
    "mpd-lifetime", .should, "RFC 9111 §4.2",
    "A live MPD is cacheable for at most its minimumUpdatePeriod, or one segment.")

  static let responseRules = [
    playlistType, mediaType, manifestType, gzip, crossOrigin, playlistLifetime, mediaLifetime,
    ageBelowLifetime, ranges, rangeTrue, listedRanges, manifestLifetime,
  ]
}

extension Findings {
  /// Checks the fields of a playlist.
  ///
  /// - Parameters:
  ///   - reply: the response.
  ///   - target: its Target Duration, in seconds; nil if it has none or was held.
  mutating func checkPlaylistResponse(_ reply: Reply, target: Double?) {
    let type = reply.mediaType
    check(
      .playlistType, ["application/vnd.apple.mpegurl", "audio/mpegurl"].contains(type),
      reply.place, seen: type.isEmpty ? "no Content-Type" : type)
    checkShared(reply)
    guard let target, let lifetime = reply.lifetime else { return }
    check(
      .playlistLifetime, lifetime <= max(1, target), reply.place, seen: "max-age=\(lifetime)",
      expected: "at most \(max(1, target))")
  }

  /// Checks the fields of a complete part or segment.
  mutating func checkMediaResponse(_ reply: Reply, isFragmented: Bool) {
    if isFragmented {
      let type = reply.mediaType
      check(
        .mediaType, ["video/mp4", "audio/mp4", "video/iso.segment"].contains(type), reply.place,
        seen: type.isEmpty ? "no Content-Type" : type)
    }
    checkShared(reply)
    let control = reply.value("cache-control") ?? ""
    check(
      .mediaLifetime,
      !control.contains("no-store") && !control.contains("no-cache") && reply.lifetime != 0,
      reply.place, seen: "Cache-Control: \(control)")
  }

  /// Checks the fields of an MPD.
  ///
  /// - Parameters:
  ///   - reply: the response.
  ///   - period: the longest permitted lifetime, in seconds; nil for a static MPD.
  mutating func checkManifestResponse(_ reply: Reply, period: Double?) {
    let type = reply.mediaType
    check(
      .manifestType, type == "application/dash+xml", reply.place,
      seen: type.isEmpty ? "no Content-Type" : type)
    checkShared(reply)
    guard let period, let lifetime = reply.lifetime else { return }
    check(
      .manifestLifetime, lifetime <= max(1, period), reply.place, seen: "max-age=\(lifetime)",
      expected: "at most \(max(1, period))")
  }

  private mutating func checkShared(_ reply: Reply) {
    check(
      .crossOrigin, reply.value("access-control-allow-origin") != nil, reply.place,
      seen: "no Access-Control-Allow-Origin")
    guard let lifetime = reply.lifetime, let age = reply.value("age").flatMap({ Double($0) })
    else { return }
    check(
      .ageBelowLifetime, age <= lifetime, reply.place, seen: "Age: \(age), max-age=\(lifetime)")
  }

  /// Checks a response to a request with `Range: bytes=0-99`, a range that no playlist lists.
  mutating func checkRange(_ reply: Reply, whole: [UInt8]) {
    let range = reply.value("content-range") ?? "no Content-Range"
    let seen = "status \(reply.status), \(range), \(reply.body.count) bytes"
    let expected = "status 206, bytes 0-99/\(whole.count), 100 bytes"
    check(.ranges, reply.status == 206, reply.place, seen: seen, expected: expected)
    guard reply.status == 206 else { return }
    // RFC 9110 §14.4: `*` is a length that the origin does not know.
    let isStated = ["bytes 0-99/\(whole.count)", "bytes 0-99/*"].contains(range)
    check(
      .rangeTrue, isStated && reply.body.elementsEqual(whole.prefix(100)), reply.place, seen: seen,
      expected: expected)
  }
}
