// SPDX-License-Identifier: Apache-2.0

import HTTP
import TestSupport
import Testing
import Validation

/// A fault of an origin, and the rule that it breaks.
struct PlantedFault: Sendable, CustomTestStringConvertible {
  /// The address that is given to the validator.
  enum Address: String { case main = "main.m3u8", plain = "v.m3u8", mpd = "manifest.mpd" }

  let rule: String
  var address = Address.main
  /// How long the origin is followed: until the fault shows, since each second takes 40 ms of
  /// processor time in a debug build.
  let seconds: Double
  /// The fault in words.
  let planted: String
  let plant: @Sendable (ScriptedOrigin) -> Void

  var testDescription: String { rule }

  /// How long after its beginning a fault shows in playlists, in seconds.
  private static let shown = 3.0

  private init(
    _ rule: String, at address: Address = .main, _ planted: String, seconds: Double = 12,
    _ plant: @escaping @Sendable (ScriptedOrigin) -> Void
  ) {
    (self.rule, self.address, self.planted, self.plant) = (rule, address, planted, plant)
    self.seconds = seconds
  }

  /// Responses whose path contains a text are changed after some seconds.
  private static func reply(
    _ rule: String, at address: Address = .main, _ path: String, _ planted: String,
    after: Double = 0, _ change: @escaping @Sendable (inout Reply) -> Void
  ) -> PlantedFault {
    let time = after > 0 ? ", after \(Int(after)) s" : ""
    return PlantedFault(
      rule, at: address, "`\(path)`\(time): \(planted)", seconds: after + shown
    ) { origin in
      origin.change = { reply, elapsed in
        guard elapsed >= after, reply.url.hasBytes(of: path) else { return }
        change(&reply)
      }
    }
  }

  /// A text with its line breaks and control characters visible.
  private static func quoted(_ text: String) -> String {
    let lines = text.replacingBytes(of: "\n", with: "⏎")
    return "`" + lines.replacingBytes(of: "\u{1}", with: "␁") + "`"
  }

  /// A text in responses is replaced after some seconds.
  private static func text(
    _ rule: String, _ path: String, _ old: String, _ new: String, after: Double = 0
  ) -> PlantedFault {
    let planted = new.isEmpty ? "no \(quoted(old))" : "\(quoted(new)) for \(quoted(old))"
    return reply(
      rule, at: path.contains("mpd") ? .mpd : .main, path, planted, after: after
    ) { reply in
      let text = String(decoding: reply.body, as: UTF8.self)
      reply.body = Array(text.replacingBytes(of: old, with: new).utf8)
    }
  }

  /// The lines that begin with a text are removed.
  private static func without(_ rule: String, _ path: String, _ start: String) -> PlantedFault {
    reply(rule, path, "no line `\(start)`") { reply in
      let lines = String(decoding: reply.body, as: UTF8.self).byteLines
        .filter { !$0.isEmpty && !$0.hasPrefix(start) }
      reply.body = Array(lines.joined(separator: "\n").utf8)
    }
  }

  /// A header field is replaced, or removed if it has no new value.
  private static func field(
    _ rule: String, at address: Address = .main, _ path: String, _ name: String, _ value: String?
  ) -> PlantedFault {
    let planted = value.map { "`\(name): \($0)`" } ?? "no `\(name)`"
    return reply(rule, at: address, path, planted) { reply in
      reply.fields = reply.fields.filter { !$0.isNamed(name) }
      if let value { reply.fields.append(HeaderField(name, value)) }
    }
  }

  static let all =
    syntax + playlists + parts + updates + reloads + variants + media + responses
    + manifests + segments

  private static let syntax = [
    text("playlist-first-line", "v.m3u8", "#EXTM3U", "#EXTM3U8"),
    text("playlist-encoding", "v.m3u8", "#EXTM3U\n", "#EXTM3U\n#\u{1}\n"),
    text("attribute-form", "v.m3u8", "RELOAD=YES", "RELOAD = YES"),
    text("attribute-once", "v.m3u8", "CAN-SKIP-UNTIL=6", "CAN-SKIP-UNTIL=6,CAN-SKIP-UNTIL=6"),
    text("tag-once", "v.m3u8", "#EXT-X-VERSION:9", "#EXT-X-VERSION:9\n#EXT-X-VERSION:9"),
    text("tags-unmixed", "main.m3u8", "#EXT-X-VERSION:6", "#EXT-X-TARGETDURATION:1"),
    text("extinf-form", "v.m3u8", "1.000,", "1.000"),
    text("version-suffices", "v.m3u8", "VERSION:9", "VERSION:3"),
    text("variables-defined", "v.m3u8", "\"v/init", "\"{$folder}/init"),
  ]

  private static let playlists = [
    without("target-duration", "v.m3u8", "#EXT-X-TARGETDURATION"),
    text("segment-within-target", "v.m3u8", "1.000,", "1.600,"),
    text("segment-has-uri", "v.m3u8", "#EXTINF:1.000,\n", "#EXTINF:1.000,\n#EXTINF:1.000,\n"),
    without("map-present", "v.m3u8", "#EXT-X-MAP"),
    PlantedFault("three-target-durations", "two segments are listed") { $0.window = 2 },
    PlantedFault("six-segments", "four segments are listed") { $0.window = 4 },
    text(
      "live-playlist-type", "v.m3u8", "#EXT-X-VERSION",
      "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-VERSION", after: 3),
    without("date-present", "v.m3u8", "#EXT-X-PROGRAM-DATE-TIME"),
    text("date-continuous", "v.m3u8", "1.000,", "0.900,"),
    text("hold-back", "v.m3u8", "RELOAD=YES", "RELOAD=YES,HOLD-BACK=2"),
    text("skip-boundary", "v.m3u8", "UNTIL=6", "UNTIL=3"),
  ]

  private static let parts = [
    without("part-target-present", "v.m3u8", "#EXT-X-PART-INF"),
    text("part-hold-back", "v.m3u8", "BACK=0.75", "BACK=0.3"),
    text("part-hold-back-three", "v.m3u8", "BACK=0.75", "BACK=0.6"),
    text("blocking-reload-offered", "v.m3u8", "CAN-BLOCK-RELOAD=YES,", ""),
    text("delta-offered", "v.m3u8", "CAN-SKIP-UNTIL=6,", ""),
    text("part-attributes", "v.m3u8", "DURATION=0.250,", ""),
    text("part-within-target", "v.m3u8", "TARGET=0.250", "TARGET=0.200"),
    text("part-85-percent", "v.m3u8", "TARGET=0.250", "TARGET=0.500"),
    text("parts-sum", "v.m3u8", "1.000,", "1.100,"),
    text(
      "tags-before-parts", "v.m3u8", "INDEPENDENT=YES", "INDEPENDENT=YES\n#EXT-X-DISCONTINUITY"),
    PlantedFault("old-parts", "parts of all segments are listed") { $0.partWindow = 100 },
    text("independent-parts", "v.m3u8", ",INDEPENDENT=YES", ""),
    without("hint-present", "v.m3u8", "#EXT-X-PRELOAD-HINT"),
    text(
      "hint-once", "v.m3u8", "#EXT-X-RENDITION",
      "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"x\"\n#EXT-X-RENDITION"),
    text(
      "hint-not-after-end", "v.m3u8", "#EXT-X-RENDITION", "#EXT-X-ENDLIST\n#EXT-X-RENDITION",
      after: 5),
    without("reports-present", "v.m3u8", "#EXT-X-RENDITION-REPORT"),
    text("reports-true", "v.m3u8", "LAST-MSN=", "LAST-MSN=1"),
  ]

  private static let updates = [
    text("target-duration-constant", "v.m3u8", "DURATION:1\n", "DURATION:2\n", after: 5),
    text("part-target-constant", "v.m3u8", "TARGET=0.250", "TARGET=0.260", after: 5),
    text("server-control-constant", "v.m3u8", "BACK=0.75", "BACK=0.8", after: 5),
    text(
      "media-sequence-grows", "v.m3u8", "#EXT-X-MEDIA-SEQUENCE:1", "#EXT-X-MEDIA-SEQUENCE:",
      after: 5),
    text("segment-unchanged", "v.m3u8", "v/seg", "v/y/seg", after: 5),
    text("segment-unchanged", "v.m3u8", "1.000,", "0.999,", after: 5),
    text("segment-unchanged", "v.m3u8", "v/init", "v/y/init", after: 5),
    text("segment-unchanged", "v.m3u8", ".000Z", ".001Z", after: 5),
    text("segment-unchanged", "v.m3u8", "#EXTINF", "#EXT-X-DISCONTINUITY\n#EXTINF", after: 5),
    text("part-unchanged", "v.m3u8", "DURATION=0.250", "DURATION=0.249", after: 5),
    text("part-unchanged", "v.m3u8", "v/part", "v/y/part", after: 5),
    text("part-unchanged", "v.m3u8", ",INDEPENDENT=YES", "", after: 5),
    text(
      "discontinuity-sequence-counts", "v.m3u8", "CONTINUITY-SEQUENCE:0", "CONTINUITY-SEQUENCE:1",
      after: 5),
    text("segments-appended", "v.m3u8", "MEDIA-SEQUENCE:18", "MEDIA-SEQUENCE:28", after: 5),
    text("hint-kept", "v.m3u8", "PART,URI=\"v/part", "PART,URI=\"v/x/part"),
    PlantedFault("updates-in-time", at: .plain, "the playlist stands still from 6 s on") {
      $0.hasParts = false
      $0.playlistTime = { min($0, 6) }
    },
    PlantedFault("reload-not-older", at: .plain, "at 6 s the playlist of 4 s before, for a second")
    {
      $0.hasParts = false
      $0.playlistTime = { (6..<7).contains($0) ? $0 - 4 : $0 }
    },
    PlantedFault("end-stays", at: .plain, "EXT-X-ENDLIST from 5 s to 6 s") { origin in
      origin.hasParts = false
      origin.change = { reply, elapsed in
        if (5..<6).contains(elapsed), reply.url.contains("m3u8") {
          reply.body += Array("#EXT-X-ENDLIST\n".utf8)
        }
      }
    },
    text("gap-needed", "v.m3u8", "#EXTINF", "#EXT-X-GAP\n#EXTINF", after: 5),
    PlantedFault("delta-given", "`_HLS_skip` is ignored") {
      $0.window = 12
      $0.ignoresSkip = true
    },
    PlantedFault("delta-boundary", "three segments more are skipped") { $0.furtherSkips = 3 },
    text("delta-merges", "_HLS_skip", "v/seg", "v/y/seg"),
    text("delta-version", "_HLS_skip", "VERSION:9", "VERSION:8"),
  ]

  private static let reloads = [
    PlantedFault("reload-lists-it", "`_HLS_msn` is ignored") { $0.ignoresBlocking = true },
    PlantedFault("reload-in-time", "blocking reloads are held for 5 s more") { $0.hold = 5 },
    PlantedFault("part-needs-msn", "`_HLS_part` alone gets 200") { $0.acceptsAll = true },
    PlantedFault("far-ahead-refused", "a segment far ahead gets 200") { $0.acceptsAll = true },
    PlantedFault("parts-in-time", "blocking reloads are held for 0.5 s more") { $0.hold = 0.5 },
    PlantedFault("hint-in-time", "parts are sent 0.5 s late") { $0.partDelay = 0.5 },
    reply("hint-served", "v/part", "404") { $0.status = 404 },
    reply("listed-is-served", "v/seg", "404") { $0.status = 404 },
    PlantedFault("removed-is-served", "removed segments get 404 at once") {
      $0.forgetsRemoved = true
    },
  ]

  private static let variants = [
    without("variant-has-uri", "main.m3u8", "v.m3u8"),
    text("bandwidth", "main.m3u8", ":BANDWIDTH=900000,", ":"),
    text("average-bandwidth", "main.m3u8", "AVERAGE-BANDWIDTH=800000,", ""),
    text("codecs", "main.m3u8", "CODECS=\"avc1.64001f,mp4a.40.2\",", ""),
    text(
      "supplemental-codecs", "main.m3u8", ",RESOLUTION",
      ",SUPPLEMENTAL-CODECS=\"dvh1.08.07/db4\",RESOLUTION"),
    text("resolution", "main.m3u8", "RESOLUTION=640x360,", ""),
    text("frame-rate", "main.m3u8", "FRAME-RATE=4.000,", ""),
    text("group-defined", "main.m3u8", "AUDIO=\"a\"", "AUDIO=\"b\""),
    text("media-attributes", "main.m3u8", ",NAME=\"one\"", ""),
    text(
      "media-name-unique", "main.m3u8", "#EXT-X-STREAM",
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"one\",URI=\"a.m3u8\"\n#EXT-X-STREAM"),
    text(
      "one-default", "main.m3u8", "#EXT-X-STREAM",
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"two\",DEFAULT=YES,URI=\"a.m3u8\"\n"
        + "#EXT-X-STREAM"),
    without("independent-segments", "m3u8", "#EXT-X-INDEPENDENT-SEGMENTS"),
    text("same-target-duration", "a.m3u8", "DURATION:1\n", "DURATION:2\n"),
    text("same-discontinuities", "a.m3u8", "CONTINUITY-SEQUENCE:0", "CONTINUITY-SEQUENCE:1"),
    text("bandwidth-true", "main.m3u8", ":BANDWIDTH=900000", ":BANDWIDTH=900"),
    text("codecs-true", "main.m3u8", "avc1.64001f", "avc1.42001f"),
  ]

  private static let media = [
    reply("header-boxes", "v/init", "the first 8 bytes") { $0.body = Array($0.body.prefix(8)) },
    reply("whole-boxes", "v/seg", "the last byte is missing") { $0.body.removeLast() },
    reply("decode-time", "v/seg", "`tfdt` has another name") { reply in
      let time = reply.body.indices.first { reply.body[$0...].starts(with: Array("tfdt".utf8)) }
      if let time { reply.body[time] = UInt8(ascii: "x") }
    },
    PlantedFault("decode-time-continuous", "`tfdt` is 5 s later from the fifth segment on") {
      $0.timeJump = 5000
    },
    reply("parts-are-the-segment", "v/seg", "one bit of the last byte is changed") {
      $0.body[$0.body.count - 1] ^= 1
    },
    text("media-duration", "v.m3u8", "1.000,", "1.100,"),
    PlantedFault("key-frame-first", "no sample is a key frame") { $0.hasKeyFrames = false },
    text("independent-part", "v.m3u8", ".1.m4s\"\n", ".1.m4s\",INDEPENDENT=YES\n"),
    PlantedFault("reference-time-plausible", "`prft` is an hour ahead") {
      $0.referenceTimeShift = 3600
    },
    PlantedFault("date-agrees-with-prft", "`prft` is 10 s too old") {
      $0.referenceTimeShift = -10
    },
    text("date-agrees-with-prft", "v.m3u8", "15T08:", "15T07:"),
  ]

  private static let responses = [
    field("playlist-content-type", "v.m3u8", "content-type", "text/html"),
    field("media-content-type", "v/seg", "content-type", nil),
    field("mpd-content-type", at: .mpd, "mpd", "content-type", "text/xml"),
    PlantedFault("playlist-gzip", "`Accept-Encoding` is ignored") { $0.hasGzip = false },
    field("cross-origin", "v.m3u8", "access-control-allow-origin", nil),
    field("playlist-lifetime", "v.m3u8", "cache-control", "max-age=60"),
    field("media-lifetime", "v/seg", "cache-control", "no-store"),
    field("age-below-lifetime", "v.m3u8", "age", "99"),
    PlantedFault("byte-ranges", "`Range` is ignored") { $0.ignoresRange = true },
    field("byte-range-true", "v/seg", "content-range", nil),
    PlantedFault("listed-ranges", at: .plain, "`Range` is ignored, and ranges are listed") {
      ($0.hasRanges, $0.ignoresRange) = (true, true)
    },
    field("mpd-lifetime", at: .mpd, "mpd", "cache-control", "max-age=60"),
  ]

  private static let manifests = [
    text("mpd-well-formed", "mpd", "</MPD>", ""),
    text("mpd-profiles", "mpd", "minBufferTime=\"PT1S\"", ""),
    text("availability-start", "mpd", "availabilityStartTime=\"1970-01-01T00:00:00Z\"", ""),
    text("availability-start-passed", "mpd", "Time=\"1970", "Time=\"2070"),
    text("update-period", "mpd", "minimumUpdatePeriod=\"PT2S\"", ""),
    text("period-ids", "mpd", "id=\"p\"", ""),
    text("representation-ids", "mpd", "<Representation id=\"v\"", "<Representation id=\"a\""),
    text("representation-bandwidth", "mpd", "bandwidth=\"800000\"", ""),
    text("mime-types", "mpd", "mimeType=\"video/mp4\"", ""),
    text("representation-codecs", "mpd", "codecs=\"avc1.64001f\"", ""),
    text("segment-addressing", "mpd", "$Number$", "1"),
    timeline("timeline-order", "r=\"3\"/>", "/><S t=\"1\" d=\"1\"/>"),
    text("time-offset-below-duration", "mpd", "Offset=\"0.75\"", "Offset=\"1.5\""),
    text("incomplete-stated", "mpd", "availabilityTimeComplete=\"false\"", ""),
    text("utc-timing", "mpd", "UTCTiming", "Other"),
    reply("utc-timing-true", at: .mpd, "/time", "an hour later") {
      $0.body = Array("2027-01-15T09:00:00Z".utf8)
    },
    text("latency-stated", "mpd", "target=\"2000\"", ""),
    text("latency-order", "mpd", "min=\"1000\"", "min=\"3000\""),
    text("producer-reference-times", "mpd", "presentationTime=\"0\"", ""),
    text(
      "availability-start-constant", "mpd", "Time=\"1970-01-01T00:00:00Z\" pub",
      "Time=\"1970-01-01T00:00:01Z\" pub", after: 5),
    text("publish-time-grows", "mpd", "minBufferTime=\"PT1S\"", "minBufferTime=\"PT2S\"", after: 5),
    text("period-unchanged", "mpd", "PT0S", "PT1S", after: 5),
    timeline("timeline-unchanged", "d=\"1000\"", "d=\"999\"", after: 5),
  ]

  private static func timeline(
    _ rule: String, _ old: String, _ new: String, after: Double = 0
  ) -> PlantedFault {
    let fault = text(rule, "mpd", old, new, after: after)
    return PlantedFault(
      rule, at: .mpd, "with SegmentTimeline, \(fault.planted)", seconds: fault.seconds
    ) {
      $0.hasTimeline = true
      fault.plant($0)
    }
  }

  private static let segments = [
    reply("segment-in-time", at: .mpd, "/seg", "404") { $0.status = 404 },
    PlantedFault("segment-still-there", at: .mpd, "removed segments get 404 at once") {
      $0.forgetsRemoved = true
    },
    reply("segment-sent-whole", at: .mpd, "/seg", "the response is cut") { $0.failure = "cut" },
    text("segment-time", "mpd", "startNumber=\"0\"", "startNumber=\"7\""),
    PlantedFault("segment-sent-while-made", at: .mpd, "segments are sent when they are complete") {
      $0.sendsWhole = true
    },
    PlantedFault("segment-has-chunks", at: .mpd, "a segment is one chunk") {
      $0.hasOneChunk = true
    },
    reply("header-there", at: .mpd, "/init", "404") { $0.status = 404 },
    PlantedFault("segment-key-frame", at: .mpd, "no sample is a key frame") {
      $0.hasKeyFrames = false
    },
  ]
}
