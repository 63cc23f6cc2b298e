// SPDX-License-Identifier: Apache-2.0

import Archive
import CMAF
import DASHPackager
import HLSPackager
import HTTP
import Media
import Net
import Packaging
import ServerTestSupport
import Sharing
import TestSupport
import Testing
import Time

@testable import Server
@testable import Stills

@Suite("Playlists, stills and MPDs of the past", .blocking)
struct PastRequestTests {
  private static let token = "correct-horse-battery"
  private static let bearer = ["Authorization: Bearer \(token)"]

  private static func options() -> ServingOptions {
    var options = ServingOptions()
    options.adminToken = token
    return options
  }

  /// A live stream with an archive of the 90 seconds before it, whose window has left them.
  private static func live(
    _ lab: PastLab, dvr: Interval = .seconds(366 * 86_400),
    list: Interval = .seconds(366 * 86_400)
  ) throws -> SyntheticHandler {
    let handler = try SyntheticHandler.withPast(
      lab, before: 90, dvr: dvr, list: list, options: options())
    handler.stream.goLive(prefill: 0)
    handler.publish(segments: 4)
    return handler
  }

  /// The lines with names of segments.
  private static func segments(_ exchange: FakeExchange) -> [Substring] {
    exchange.text.split(separator: "\n").filter { $0.hasSuffix(".m4s") && !$0.hasPrefix("#") }
  }

  @Test("a followed playlist begins later after its hour was removed, at the same address")
  func kept() throws {
    let lab = try PastLab()
    let handler = try Self.live(lab)
    let minute = handler.last - handler.last % 60 - 120
    // The archive begins 30 seconds later.
    let path = "/live/video/from/\(minute)/playlist.m3u8"
    let first = try handler.askPast(path)
    #expect(first.status == 307)
    #expect(first.header("location")?.hasSuffix("from/\(minute + 30)/playlist.m3u8") == true)
    let followed = try handler.askPast(path + "?_HLS_msn=\(handler.last)&_HLS_part=0")
    #expect(followed.status == 200)
    let begin = "#EXT-X-MEDIA-SEQUENCE:\(minute + 30)\n"
    #expect(followed.text.contains(begin))
    #expect(Self.segments(followed).first == "../../segment\(minute + 30).m4s")
    #expect(!followed.text.contains("#EXT-X-GAP"))
    // It was begun: requests without directives keep it too.
    #expect(try handler.askPast(path).text.contains(begin))
  }

  @Test("a followed playlist whose start is no whole minute stays where it is")
  func exact() throws {
    let lab = try PastLab()
    let handler = try Self.live(lab)
    let number = handler.last - handler.last % 60 - 77
    let path = "/live/video/from/\(number)/playlist.m3u8"
    #expect(try handler.askPast(path).status == 307)
    let followed = try handler.askPast(path + "?_HLS_msn=\(handler.last)&_HLS_part=0")
    #expect(followed.text.contains("#EXT-X-MEDIA-SEQUENCE:\(number)\n"))
  }

  @Test("a follower stays when the start is older than viewers may go back")
  func old() throws {
    let lab = try PastLab()
    // The synthetic stream is some days old.
    let handler = try Self.live(lab, dvr: .seconds(3600))
    let number = handler.last - handler.last % 60 - 60
    let path = "/live/video/from/\(number)/playlist.m3u8"
    #expect(try handler.askPast(path).status == 410)
    let followed = try handler.askPast(path + "?_HLS_msn=\(handler.last)&_HLS_part=0")
    #expect(followed.status == 200)
  }

  @Test("a playlist with an end in the future is refused after a pause, with Retry-After")
  func future() throws {
    let lab = try PastLab()
    let handler = try Self.live(lab)
    let from = handler.last - handler.last % 60 - 60
    let path = "/live/video/from/\(from)/to/\(handler.last + 100)/playlist.m3u8"
    let exchange = try handler.ask(path)
    #expect(exchange.isHeld, "a client that asks again at once is slowed down")
    handler.endPause()
    #expect(exchange.status == 425)
    #expect(exchange.header("retry-after") == "1", "its time has come, its media has not")
  }

  @Test("caches keep no redirect with a parameter that is no directive")
  func redirected() throws {
    let lab = try PastLab()
    let handler = try Self.live(lab)
    let path = "/live/video/from/\(handler.last - handler.last % 60 - 77)/playlist.m3u8"
    for (query, expected) in [("", "public, max-age=1"), ("?x=1", "no-store")] {
      let exchange = try handler.askPast(path + query)
      #expect(exchange.status == 307 && exchange.header("cache-control") == expected, "\(query)")
    }
  }

  @Test("the admin token is no limit, and no cache keeps its answers", arguments: [false, true])
  func administration(hasNone: Bool) throws {
    let lab = try PastLab()
    let handler = try Self.live(lab, dvr: hasNone ? .zero : .seconds(3600))
    let (from, to) = (handler.last - handler.last % 60 - 60, handler.last - 20)
    for path in [
      "video/from/\(from)/playlist.m3u8", "video/from/\(from)/to/\(to)/playlist.m3u8",
      "from/\(from)/playlist.m3u8", "from/\(from)/to/\(to)/playlist.m3u8",
    ] {
      let refused = try handler.askPast("/live/\(path)")
      #expect(refused.status == (hasNone ? 404 : 410), "\(path)")
      let exchange = try handler.askPast("/live/\(path)", Self.bearer)
      #expect(exchange.status == 200, "\(path)")
      #expect(exchange.header("cache-control") == "private, no-store", "\(path)")
    }
    let manifest = try handler.askPast("/live/dvr.mpd", Self.bearer)
    #expect(manifest.status == 200 && manifest.text.contains("timeShiftBufferDepth"))
    #expect(manifest.header("cache-control") == "private, no-store")
    // The archive of the lab is older than an hour: the MPD has the window.
    #expect(try handler.askPast("/live/dvr.mpd").status == (hasNone ? 404 : 200))
  }

  @Test("the depth of the MPD stays while the archive is read less often than the window moves")
  func depth() throws {
    let lab = try PastLab()
    let handler = try Self.live(lab)
    let past = try #require(handler.served.past)
    let now = handler.loop.now
    func depth() -> Interval? {
      let time = WallTime.origin + .seconds(handler.last)
      return past.runs.past(before: handler.served.window.listing, now: time)?.depth
    }
    let _: Bool = try PastLab.wait { answer in past.runs.read(now: now) { answer(true) } }
    #expect(depth() == .seconds(60))
    // The archive is not read meanwhile.
    for _ in 0..<40 {
      handler.publish(segments: 1)
      #expect(try #require(depth()) >= .seconds(60))
    }
    #expect(depth() == .seconds(120))
  }

  @Test("stills of the past are not those of the window, and their decoder may continue")
  func stills() throws {
    let lab = try PastLab()
    let handler = try Self.live(lab)
    let served = handler.served
    let archive = try #require(served.options.archive)
    #expect(served.stillTrack != served.pastStillTrack)
    let media = StillMediaBudget(limit: 1 << 20)
    func still() throws -> StillRequest {
      let time = WallTime.origin + .seconds(handler.last - 30)
      let instant = PastInstant(time: time, rendition: served.top)
      let found: Result<StillRequest, ArchiveFailure> = try PastLab.wait { answer in
        archive.read(answer: answer) { reader throws(ArchiveFailure) in
          try instant.still(reader, served.pastStillTrack, width: nil, in: media)
        }
      }
      return try found.get()
    }
    let first = try still()
    #expect(try still().header === first.header)
    #expect(first.header.array == PastLab.header(90_000))
  }

  @Test("the entity tag of a segment of the archive is the digest of its bytes")
  func tags() throws {
    let lab = try PastLab()
    let handler = try Self.live(lab)
    let number = handler.last - 30
    let exchange = try handler.askPast("/live/video/segment\(number).m4s")
    #expect(exchange.status == 200)
    let digester = SegmentDigester()
    let bytes = SharedBytes(exchange.body)
    digester.add(bytes, of: try SegmentIndex([bytes]))
    let digest = try #require(digester.digest())
    let text = digest.content.map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
    #expect(exchange.header("etag") == "\"\(text)\"")
    let known = try handler.askPast(
      "/live/video/segment\(number).m4s", ["If-None-Match: \"\(text)\""])
    #expect(known.status == 304)
  }

  @Test("prefill does not replace the segments of the archive, and is kept for a second")
  func prefill() throws {
    let lab = try PastLab()
    let handler = try SyntheticHandler.withPast(
      lab, before: 90, after: 5, dvr: .zero, options: Self.options())
    let first = handler.stream.segmentation.segment(of: handler.stream.next)
    handler.goLive(prefill: 10)
    let archived = try handler.askPast("/live/video/segment\(first + 4).m4s")
    #expect(archived.status == 200)
    #expect(archived.header("cache-control")?.contains("immutable") == true)
    #expect(archived.body != handler.stream.window.snapshot.segment(first + 4)?.bytes)
    let slate = try handler.askPast("/live/video/segment\(first + 5).m4s")
    #expect(slate.status == 200)
    #expect(slate.header("cache-control")?.contains("immutable") == false)
    #expect(slate.body == handler.stream.window.snapshot.segment(first + 5)?.bytes)
  }

  @Test("a gap of the window that was healed has the bytes of the archive, others stay gaps")
  func healedGap() throws {
    let lab = try PastLab()
    let handler = try SyntheticHandler.withPast(
      lab, before: 90, after: 3, dvr: .zero, options: Self.options())
    let first = handler.stream.segmentation.segment(of: handler.stream.next)
    handler.stream.goLive(prefill: 0)
    handler.publish(segments: 2)
    // The archive has the first one, and not the second one.
    for missing in first + 2...first + 3 { handler.stream.window.leaveOut(missing) }
    #expect(handler.stream.window.snapshot.segment(first + 2)?.isGap == true)
    let healed = try handler.askPast("/live/video/segment\(first + 2).m4s")
    #expect(healed.status == 200 && healed.body.count > 100)
    #expect(healed.header("cache-control")?.contains("immutable") == true)
    let part = try handler.askPast(
      "/live/video/segment\(first + 2).m4s", ["Range: bytes=0-9"])
    #expect(part.status == 206 && part.body == Array(healed.body.prefix(10)))
    let gap = try handler.askPast("/live/video/segment\(first + 3).m4s")
    #expect(gap.status == 200 && gap.body == SegmentType.bare.array)
    #expect(gap.header("cache-control")?.contains("immutable") == false)
  }

  @Test("a text that is no instant is 400 for a still as for an object")
  func badInstant() throws {
    let handler = try SyntheticHandler.live()
    for path in ["/live/at/noon.jpg", "/live/at/noon", "/live/at/noon/160.jpg"] {
      let exchange = try handler.ask(path)
      #expect(exchange.status == 400 && exchange.text.contains(InstantText.expected), "\(path)")
    }
  }

  @Test("frames of a damaged file have empty ranges")
  func damaged() {
    let frames = [(100, 50), (40, 10), (160, 20)].map { offset, size in
      SegmentIndex.Frame(offset: offset, size: size, duration: 1, shift: 0, isSync: true)
    }
    #expect(FrameRanges.chunk(0, of: frames) == 0..<150)
    #expect(FrameRanges.chunk(1, of: frames).isEmpty)
    #expect(FrameRanges.chunk(2, of: frames) == 50..<180)
    #expect(FrameRanges.head(0, of: frames) == 0..<100)
    #expect(FrameRanges.head(1, of: frames).isEmpty)
  }
}

@Suite("Clips of the archive", .blocking)
struct PastClipTests {
  private static let first: Int64 = 1_795_155_600

  private func outcome(
    _ lab: PastLab, _ span: Range<WallTime>, _ main: ServedRendition, _ audio: ServedRendition?
  ) throws -> PastClip.Outcome {
    let archive = try lab.open(main.name)
    let clip = PastClip(span: span, main: main, audio: audio, archive: archive)
    let found: Result<PastClip.Outcome, ArchiveFailure> = try PastLab.wait { answer in
      archive.read(answer: answer) { reader throws(ArchiveFailure) in try clip.read(reader) }
    }
    return try found.get()
  }

  private func seconds(_ from: Int64, _ to: Int64) -> Range<WallTime> {
    WallTime.origin + .seconds(from)..<WallTime.origin + .seconds(to)
  }

  @Test("a clip of audio over a fall of the sample rate is refused")
  func sampleRate() throws {
    let lab = try PastLab()
    for (index, rate) in [Int64(48_000), 44_100].enumerated() {
      let start = Self.first + Int64(index) * 10
      try lab.write(
        "audio", start...start + 9, header: PastLab.header(rate), timescale: rate, isAudio: true)
    }
    let ladder = SyntheticLadder(audio: true)
    ladder.goLive()
    let audio = try #require(ladder.served.defaultAudio)
    let span = seconds(Self.first + 8, Self.first + 12)
    guard case .response(let response) = try outcome(lab, span, audio, nil) else {
      Issue.record("it waits")
      return
    }
    #expect(response.status == 409)
  }

  @Test("a clip or its playlist with a hole, also at an end or of sound, is kept for a second")
  func holes() throws {
    let lab = try PastLab()
    let first = Self.first
    try lab.write(
      "r0", first...first + 9, header: HeaderBytes.complete(isVideo: true, timescale: 90_000),
      timescale: 90_000, frames: 30)
    try lab.write(
      "audio", first...first + 5, header: HeaderBytes.complete(isVideo: false, timescale: 48_000),
      timescale: 48_000, isAudio: true)
    let archive = try lab.open("r0")
    var serving = StreamServingOptions()
    serving.archive = archive
    let ladder = SyntheticLadder(sizes: [.hd720], audio: true, options: serving)
    ladder.goLive()
    ladder.publish()
    let (top, sound) = (ladder.served.top, ladder.served.defaultAudio)
    func caching(_ from: Int64, _ to: Int64, _ audio: ServedRendition?) throws -> String? {
      let clip = PastClip(
        span: seconds(first + from, first + to), main: top, audio: audio, archive: archive)
      let found: Result<PastClip.Outcome, ArchiveFailure> = try PastLab.wait { answer in
        archive.read(answer: answer) { reader throws(ArchiveFailure) in try clip.read(reader) }
      }
      guard case .response(let response) = try found.get(), response.status == 200 else {
        return nil
      }
      return response.header("cache-control")
    }
    let (final, second) = ("public, max-age=3600, immutable", "public, max-age=1")
    let rows: [(Int64, Int64, ServedRendition?, String)] = [
      (2, 8, nil, final), (0, 10, nil, final), (-1, 5, nil, second), (5, 12, nil, second),
      (2, 5, sound, final), (2, 8, sound, second), (7, 9, sound, second), (0, 3, sound, second),
    ]
    for (from, to, audio, expected) in rows {
      #expect(try caching(from, to, audio) == expected, "\(from) to \(to), \(audio != nil)")
      guard audio == nil else { continue }
      let playlist: PreparedResponse = try PastLab.wait { answer in
        ladder.served.closedPlaylist(
          seconds(first + from, first + to), of: top, base: "../", answer: answer)
      }
      #expect(playlist.status == 200)
      #expect(playlist.header("cache-control") == expected, "playlist \(from) to \(to)")
    }
  }

  @Test("a clip whose sound is not complete waits for the end of its segment, not for a frame")
  func sound() throws {
    let lab = try PastLab()
    let ladder = SyntheticLadder(sizes: [.hd720], audio: true)
    ladder.goLive()
    for _ in 0..<3 { ladder.publish() }
    let sound = try #require(ladder.served.defaultAudio)
    let last = try #require(sound.window.snapshot.segments.last).number
    try lab.write(
      "r0", last - 20...last + 4, header: PastLab.header(90_000), timescale: 90_000, frames: 30)
    let span = seconds(last - 10, last + 3)
    guard case .waiting(let end) = try outcome(lab, span, ladder.served.top, sound) else {
      Issue.record("it does not wait")
      return
    }
    // The segment of the last sample ends within an AAC frame of a second.
    let distance = end - (MediaTime.origin + .seconds(last + 3))
    #expect(distance.magnitude < .milliseconds(1022))
    #expect(end > MediaTime.origin + .seconds(last + 2))
  }
}

extension Segment {
  fileprivate var bytes: [UInt8] { chunks.flatMap(\.bytes.array) }
}
