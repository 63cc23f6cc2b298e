// SPDX-License-Identifier: Apache-2.0

import CMAF
import HTTP
import Sharing
import TestSupport
import Time

@testable import Validation

/// An origin in virtual time: one video and one audio rendition, segments of 1 s with four parts.
///
/// Obeys all rules, unless a property or `change` says otherwise.
final class ScriptedOrigin: ValidatedOrigin {
  static let start = 1_800_000_000.0
  private static let part = 0.25

  private(set) var now = ScriptedOrigin.start
  var isCancelled: Bool { now > Self.start + 60 }

  /// The number of responses 103 before each response.
  var hintsPerResponse = 0
  private(set) var earlyHints = 0

  /// Changes each response; the number is the time since the start.
  var change: (inout Reply, Double) -> Void = { _, _ in }
  /// Listed segments.
  var window = 8
  /// The age from which parts are not listed, in seconds.
  var partWindow = 3.0
  var hasParts = true
  var hasTimeline = false
  /// When the MPD becomes static, in seconds since the start.
  var endTime = Double.infinity
  /// Added to the time of playlists, by the time since the start.
  var playlistTime: (Double) -> Double = { $0 }
  /// Segments that a delta skips beyond the permitted ones.
  var furtherSkips = 0
  var ignoresSkip = false, ignoresBlocking = false, ignoresRange = false
  /// Whether requests that must be refused get 200.
  var acceptsAll = false
  /// Whether only listed segments can be requested.
  var forgetsRemoved = false
  /// How long a blocking reload is held beyond need, in seconds.
  var hold = 0.0
  /// How long after its end a part can be requested, in seconds.
  var partDelay = 0.0
  var hasGzip = true, hasKeyFrames = true
  /// Added to `prft`, in seconds.
  var referenceTimeShift = 0.0
  /// Added to decode times from the fifth segment on, in ticks.
  var timeJump: Int64 = 0
  /// Whether a segment of the MPD is sent at once, and whether it has one chunk.
  var sendsWhole = false, hasOneChunk = false

  /// Whether headers, parts and segments are ranges of resources.
  var hasRanges = false
  /// The ranges that were requested of media.
  private(set) var requestedRanges: [String] = []
  /// Whether playlists and the MPD are redirected to another server, and media are only there.
  var redirects = false

  func wait(until time: Double) { now = max(now, time) }

  func get(_ url: String, _ fields: [HeaderField], _ meter: AgeMeter?) -> Reply {
    let sent = now
    meter?.begin()
    now += 0.002
    earlyHints += hintsPerResponse
    var reply = Reply(url: url, status: 200, sent: sent, end: now)
    if redirects, url.contains("m3u8") || url.contains("mpd"), !url.contains("main") {
      reply.url = url.replacingBytes(of: "http://origin/", with: "http://cdn/moved/")
    }
    answer(&reply, fields)
    change(&reply, now - Self.start)
    reply.end = now
    if reply.pieces.isEmpty { reply.pieces = [now] }
    if !reply.body.isEmpty { meter?.take(reply.body) }
    return reply
  }

  // MARK: Responses

  private func answer(_ reply: inout Reply, _ fields: [HeaderField]) {
    let isMoved = !["main.m3u8", "/time"].contains { reply.url.hasSuffix($0) }
    guard !redirects || !isMoved || reply.url.contains("cdn") else {
      return reply.status = 404
    }
    let target = reply.url.replacingBytes(of: "http://origin/", with: "")
      .replacingBytes(of: "http://cdn/moved/", with: "")
    let path = String(target.prefix { $0 != "?" })
    let query = Dictionary(
      target.dropFirst(path.count + 1).split(separator: "&").map {
        let pair = $0.split(separator: "=")
        return (String(pair[0]), String(pair[1]))
      }
    ) { $1 }
    reply.fields = [HeaderField("Access-Control-Allow-Origin", "*")]
    if path.hasSuffix(".m3u8") {
      reply.fields += [
        HeaderField("Content-Type", "application/vnd.apple.mpegurl"),
        HeaderField("Cache-Control", "max-age=1"),
      ]
      let acceptsGzip = fields.contains { $0.isNamed("accept-encoding") }
      if hasGzip, acceptsGzip { reply.fields.append(HeaderField("Content-Encoding", "gzip")) }
      playlist(path, query, &reply)
    } else if path.hasSuffix(".mpd") {
      reply.fields.append(HeaderField("Content-Type", "application/dash+xml"))
      reply.fields.append(HeaderField("Cache-Control", "max-age=1"))
      reply.body = Array(manifest().utf8)
    } else if path == "time" {
      reply.fields.append(HeaderField("Date", "Fri, 15 Jan 2027 08:00:00 GMT"))
      reply.body = Array("2027-01-15T08:00:00.100Z".utf8)
    } else {
      reply.fields.append(HeaderField("Content-Type", "video/mp4"))
      reply.fields.append(HeaderField("Cache-Control", "max-age=3600, immutable"))
      let range = fields.first { $0.isNamed("range") }?.value
      let bounds = range?.dropFirst(6).split(separator: "-").compactMap { Int($0) } ?? []
      media(path, &reply, upTo: bounds.count == 2 && !ignoresRange ? bounds[1] : nil)
      guard let range, let first = bounds.first, !ignoresRange, reply.status == 200 else { return }
      requestedRanges.append("\(path) \(range)")
      let last = min(bounds.count == 2 ? bounds[1] : .max, reply.body.count - 1)
      let size = path.contains("init") ? reply.body.count : sizes.reduce(0, +)
      reply.status = 206
      reply.fields.append(HeaderField("Content-Range", "bytes \(first)-\(last)/\(size)"))
      reply.body = first <= last ? Array(reply.body[first...last]) : []
    }
  }

  /// The sizes of the parts of a segment.
  private lazy var sizes = (0..<4).map { chunk(Self.start, $0).count }

  private func playlist(_ path: String, _ query: [String: String], _ reply: inout Reply) {
    guard path != "main.m3u8" else {
      reply.body = Array(Self.multivariant.utf8)
      return
    }
    if let number = query["_HLS_msn"].flatMap({ Double($0) }) {
      let part = query["_HLS_part"].flatMap { Double($0) } ?? 3
      let time = number + (part + 1) * Self.part
      if time > now + 5, !acceptsAll { reply.status = 400 }
      if time <= now + 5, !ignoresBlocking { wait(until: time + hold + 0.001) }
    } else if query["_HLS_part"] != nil, !acceptsAll {
      reply.status = 400
    }
    let name = String(path.prefix(1))
    reply.body = Array(text(name, skips: query["_HLS_skip"] != nil && !ignoresSkip).utf8)
  }

  private static let multivariant = """
    #EXTM3U
    #EXT-X-VERSION:6
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="one",DEFAULT=YES,URI="a.m3u8"
    #EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=800000,CODECS="avc1.64001f,mp4a.40.2",\
    RESOLUTION=640x360,FRAME-RATE=4.000,AUDIO="a"
    v.m3u8

    """

  private func text(_ name: String, skips: Bool) -> String {
    let time = playlistTime(now - Self.start) + Self.start
    let open = time.rounded(.down)
    let first = open - Double(window)
    var text = """
      #EXTM3U
      #EXT-X-VERSION:9
      #EXT-X-INDEPENDENT-SEGMENTS
      #EXT-X-TARGETDURATION:1
      #EXT-X-MEDIA-SEQUENCE:\(Int(first))
      #EXT-X-DISCONTINUITY-SEQUENCE:0

      """
    if hasParts {
      text += "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=6,PART-HOLD-BACK=0.75\n"
      text += "#EXT-X-PART-INF:PART-TARGET=0.250\n"
    }
    let skipped = skips ? max(0, Double(window - 6 + furtherSkips)) : 0
    if skipped > 0 { text += "#EXT-X-SKIP:SKIPPED-SEGMENTS=\(Int(skipped))\n" }
    let mapRange = hasRanges ? ",BYTERANGE=\"\(ScriptedMedia.header.count)@0\"" : ""
    text += "#EXT-X-MAP:URI=\"\(name)/init.mp4\"\(mapRange)\n"
    for number in stride(from: first + skipped, to: open, by: 1) {
      text += date(number)
      if time - number - 1 <= partWindow { text += parts(name, number, 4) }
      text += "#EXTINF:1.000,\n"
      if hasRanges { text += "#EXT-X-BYTERANGE:\(sizes.reduce(0, +))@0\n" }
      text += "\(name)/seg\(Int(number)).m4s\n"
    }
    let count = Int((time - open) / Self.part)
    if hasParts {
      if count > 0 { text += date(open) + parts(name, open, count) }
      let hint =
        hasRanges
        ? "\(name)/seg\(Int(open)).m4s\",BYTERANGE-START=\(sizes.prefix(count).reduce(0, +))"
        : "\(name)/part\(Int(open)).\(count).m4s\""
      text +=
        "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"\(hint)\n"
        + "#EXT-X-RENDITION-REPORT:URI=\"\(name == "v" ? "a" : "v").m3u8\",LAST-MSN=\(Int(open)),"
        + "LAST-PART=\(max(0, count - 1))\n"
    }
    return text
  }

  private func date(_ number: Double) -> String {
    let seconds = Int(number - Self.start) + 28_800
    let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map {
      $0 < 10 ? "0\($0)" : "\($0)"
    }
    return "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T\(clock.joined(separator: ":")).000Z\n"
  }

  private func parts(_ name: String, _ number: Double, _ count: Int) -> String {
    guard hasParts else { return "" }
    return (0..<count).map { index in
      let start = sizes.prefix(index).reduce(0, +)
      // The second part continues the first.
      let end = index == 1 ? "" : "@\(start)"
      guard !hasRanges else {
        return "#EXT-X-PART:DURATION=0.250,URI=\"\(name)/seg\(Int(number)).m4s\","
          + "BYTERANGE=\"\(sizes[index])\(end)\"" + (index == 0 ? ",INDEPENDENT=YES" : "") + "\n"
      }
      return "#EXT-X-PART:DURATION=0.250,URI=\"\(name)/part\(Int(number)).\(index).m4s\""
        + (index == 0 ? ",INDEPENDENT=YES" : "") + "\n"
    }.joined()
  }

  private func manifest() -> String {
    let hasEnded = now >= Self.start + endTime
    let newest = Int(min(now, Self.start + endTime)) - 1
    let oldest = newest - 3
    let place =
      hasEnded ? "startNumber=\"\(oldest)\" presentationTimeOffset=\"\(oldest * 1000)\"" : nil
    let template =
      hasTimeline
      ? """
      <SegmentTemplate timescale="1000" media="$RepresentationID$/seg$Number$.m4s"
      \(place ?? "startNumber=\"\(oldest)\"")
      initialization="$RepresentationID$/init.mp4"><SegmentTimeline>
      <S t="\(oldest * 1000)" d="1000" r="3"/></SegmentTimeline></SegmentTemplate>
      """
      : """
      <SegmentTemplate timescale="1000" duration="1000" \(place ?? "startNumber=\"0\"")
      availabilityTimeOffset="0.75"
      availabilityTimeComplete="false" media="$RepresentationID$/seg$Number$.m4s"
      initialization="$RepresentationID$/init.mp4"/>
      """
    let sets = ["v", "a"].map {
      """
      <AdaptationSet id="\($0)" mimeType="video/mp4">
      <ProducerReferenceTime id="1" wallClockTime="1970-01-01T00:00:00Z" presentationTime="0"/>
      \(template)
      <Representation id="\($0)" bandwidth="800000" codecs="avc1.64001f"/></AdaptationSet>
      """
    }
    let published =
      hasTimeline || hasEnded
      ? date(Double(newest)).dropFirst(25).dropLast() : "2027-01-15T08:00:00Z"
    let state =
      hasEnded
      ? "type=\"static\" mediaPresentationDuration=\"PT\(newest + 1)S\""
      : "type=\"dynamic\" minimumUpdatePeriod=\"PT2S\" timeShiftBufferDepth=\"PT5S\""
    return """
      <?xml version="1.0"?><!-- live -->
      <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" \(state)
      profiles="urn:mpeg:dash:profile:isoff-live:2011"
      availabilityStartTime="1970-01-01T00:00:00Z" publishTime="\(published)" minBufferTime="PT1S">
      <ServiceDescription id="0"><Latency min="1000" target="2000" max="4000"/>
      <PlaybackRate min="0.9" max="1.1"/></ServiceDescription>
      <Period id="p" start="PT\(hasEnded ? oldest : 0)S">\(sets.joined())</Period>
      <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="http://origin/time"/></MPD>
      """
  }

  // MARK: Media

  private func media(_ path: String, _ reply: inout Reply, upTo last: Int?) {
    let name = path.drop { $0 != "/" }.dropFirst()
    guard name != "init.mp4" else {
      reply.body = ScriptedMedia.header
      return
    }
    let numbers = name.filter { $0.isNumber || $0 == "." }.split(separator: ".").compactMap {
      Double($0)
    }
    guard let number = numbers.first else { return reply.status = 404 }
    if name.hasPrefix("part"), numbers.count > 1 {
      wait(until: number + (numbers[1] + 1) * Self.part)
      wait(until: now + partDelay)
      reply.body = chunk(number, Int(numbers[1]))
      return
    }
    if forgetsRemoved, number < now - 3 { return reply.status = 404 }
    if sendsWhole { wait(until: number + 1) }
    for index in hasOneChunk ? 0..<1 : 0..<4 where last.map({ reply.body.count <= $0 }) ?? true {
      wait(until: number + Double(index + 1) * Self.part)
      reply.body += chunk(number, index)
      reply.pieces.append(now)
    }
  }

  private func chunk(_ number: Double, _ index: Int) -> [UInt8] {
    let time = Int64(number) * 1000 + Int64(index) * 250
    let captured = number + Double(index) * Self.part + referenceTimeShift
    let sample = Sample(
      payload: [UInt8](repeating: UInt8(index), count: 100),
      decodeTime: time + (number >= Self.start + 5 ? timeJump : 0),
      duration: hasOneChunk ? 1000 : 250,
      captured: .origin + .milliseconds(Int64(captured * 1000)), sequence: 1,
      isSync: index == 0 && hasKeyFrames)
    return ChunkWriter().chunk(sample, startsSegment: index == 0).array
  }
}
