// SPDX-License-Identifier: Apache-2.0

import HTTP

/// What requests are, for statistics.
enum Kinds {
  static let playlist = RequestKind(2, "playlist")
  static let chunkedPlaylist = RequestKind(3, "chunked_playlist")
  static let header = RequestKind(4, "init")
  static let part = RequestKind(5, "part")
  static let segment = RequestKind(6, "segment")
  static let timestamps = RequestKind(7, "timestamps")
  static let time = RequestKind(8, "time")
  static let page = RequestKind(9, "page")
  static let probe = RequestKind(10, "probe")
  static let manifest = RequestKind(11, "manifest")

  static let control = RequestKind(12, "api")

  static let all = [
    RequestKind.other, .refused, playlist, chunkedPlaylist, header, part, segment, timestamps, time,
    page, probe, manifest, control,
  ]

  /// What a file within a rendition is, by the form of its name; nil for what is no media.
  static func media(named name: String) -> RequestKind? {
    if name.hasPrefix("init-"), name.hasSuffix(".mp4") { return header }
    guard name.hasPrefix("segment"), name.hasSuffix(".m4s") else { return nil }
    // `segmentN.m4s` or `segmentN.K.m4s`.
    let text = name.utf8
    let bytes = text.span
    var dots = 0
    for place in bytes.indices where bytes[place] == UInt8(ascii: ".") { dots += 1 }
    return dots == 1 ? segment : dots == 2 ? part : nil
  }
}
