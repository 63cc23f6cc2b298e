// SPDX-License-Identifier: Apache-2.0

import Packaging
import Streams
import Time

/// Options of segments, playlists and names.
extension Option {
  static let segments: [Option] = [
    .stream(
      "segment-duration", \.segmentDuration, .seconds(.milliseconds(100) ... .seconds(20)),
      aliases: ["target-duration"],
      .stream, help: "seconds, rounded to whole frames"),
    .stream(
      "part-duration", \.requestedPartDuration, .seconds(.milliseconds(10) ... .seconds(20)),
      .stream, default: partDuration, help: "seconds, rounded to whole frames"),
    .stream(
      "playlist", \.playlistForm, .choice("FORM"), .stream,
      help: "the playlist at /S/playlist.m3u8: ll (LL-HLS), or chunked (for players without part "
        + "support); /S/ll.m3u8 is LL-HLS in any case"),
    .stream(
      "playlist-length", \.playlistLength, .integer(6...3600), aliases: ["window-size"], .stream,
      default: "\(StreamSettings.defaultPlaylistLength)", help: "segments that playlists list"),
    .stream(
      "max-files", \.retained, .integer(8...7200), aliases: ["retain"], .stream,
      default: "\(StreamSettings.defaultRetained)",
      help: "segments kept for late readers; at least two more than playlists list"),
    .stream(
      "hold-back", \.holdBack, .seconds(.milliseconds(20) ... .seconds(30)), .stream,
      default: "3 part durations",
      help: "the distance of LL-HLS players from the live edge, in seconds"),
    .stream(
      "target-latency", \.targetLatency, .seconds(.milliseconds(100) ... .seconds(60)), .stream,
      default: targetLatency,
      help: "the delay from capture to display in DASH players, in seconds"),
    .stream(
      "prefill", \.prefill, .integer(0...3600), aliases: ["history"], .stream,
      default: "the playlist length",
      help: "slate segments that fill the window at the start; 0: none"),
    .stream(
      "numbering", \.numbering, .choice("HOW"), .stream,
      help: "epoch: segment numbers count from 1970 and continue after a restart; run: from 00001"),
    .stream("name", \.name, .streamName, .stream, help: "the name of the stream in URLs")
      .with { $0.describesOneStream = true },
    .stream(
      "on-demand", \.isOnDemand, .toggle, .stream,
      help: "run only while clients request the stream, and 15 s longer"),
    .stream(
      "server-side-representation-switching", \.switchesRenditions, .toggle, .stream,
      help: "the MPD has one Representation, and the server chooses the rendition of each segment "
        + "for each viewer, as under /S/auto/"),
    .stream(
      "captions", \.captions, .captions, .stream,
      help: "the languages of live captions, of which * marks the one that players show by "
        + "default; POST /api/streams/S/captions adds their cues"),
    .stream(
      "closed-captions", \.closedCaptions, .closedCaptions, .stream,
      help: "the closed captions in the video (CEA-608, CEA-708) and their languages, for "
        + "playlists and MPDs; * marks the ones that players show by default"),
    .stream(
      "cue-tags", \.hasCueTags, .toggle, .stream,
      help: "breaks of SCTE-35 have EXT-X-CUE-OUT and EXT-X-CUE-IN in LL-HLS playlists, at the "
        + "nearest segments, beside EXT-X-DATERANGE"),
    .stream(
      "encryption", \.encryption, .choice("SCHEME"), .stream,
      help: "cbcs: the media is encrypted, once for all players, with the keys of "
        + "--encryption-keys; none"),
    .stream(
      "encryption-keys", \.encryptionKeys, .keySource, .stream,
      help: "the keys: a JSON file that only this user can read, or the https URL of a key server "
        + "with CPIX (SPEKE v2)"),
    .stream(
      "encryption-rotate", \.encryptionRotation, .span, .stream, default: "no rotation",
      help: "how long a key is used; the next key begins with a segment"),
    .stream(
      "encryption-certificate", \.encryptionCertificate,
      .path("a PEM file of a certificate and its private key"), .stream,
      help: "the certificate of this server for the key server, and its private key"),
    .stream(
      "encryption-authority", \.encryptionAuthority, .path("a PEM file of certificates"), .stream,
      help: "the certificates by which the key server is verified, instead of those of the system"),
    .stream(
      "timestamps", \.timestamps, .integer(1...7200), .stream,
      help: "segments in /timestamps.json"),
  ]

  private static let partDuration =
    StreamSettings.onePartDuration.secondsText + "; with several renditions "
    + StreamSettings.ladderPartDuration.secondsText

  private static let targetLatency =
    ServingDefaults.targetLatency.secondsText
    + "; with several renditions at least two segments"
}

extension OptionKind where Value == String {
  fileprivate static let keySource = OptionKind(
    placeholder: "FILE|URL", expected: "the path of a file of keys, or an https URL", form: .input,
    parse: { $0.isEmpty || $0 == "-" || $0.hasPrefix("http://") ? nil : $0 }, print: { $0 })

  fileprivate static let streamName = OptionKind.text(
    "S",
    expected: "1–64 of A-Z a-z 0-9 . _ -, not a reserved word, not ending in .m3u8, .mpd or .json",
    isValid: StreamName.isValid)
}
