// SPDX-License-Identifier: Apache-2.0

import Foundation
import HLSPackager
import HTTP
import Media
import Packaging
import ServerTestSupport
import Sharing
import Streams
import TestSupport
import Testing
import Time

@testable import Server
@testable import Statistics

@Suite("Routes")
struct RouteTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let path: String
    let route: Route
    var testDescription: String { path }
    init(_ path: String, _ route: Route) { (self.path, self.route) = (path, route) }
  }

  static let rows = [
    Row("", .page(stream: nil)), Row("live.m3u8", .playlist(stream: nil, rendition: nil, .root)),
    Row("playlist.m3u8", .playlist(stream: nil, rendition: nil, .root)),
    Row("index.m3u8", .playlist(stream: nil, rendition: nil, .root)),
    Row("ll.m3u8", .playlist(stream: nil, rendition: nil, .root)),
    Row("timestamps.json", .timestamps(stream: nil)), Row("time", .time(nil)),
    Row("isotime", .time(.isoMicroseconds)),
    Row("health", .health), Row("ready", .ready), Row("version", .version),
    Row("metrics", .metrics), Row("streams.json", .streams),
    Row("wall", .wall), Row("wall/", .page(stream: "wall")),
    Row("S/", .page(stream: "S")), Row("S", .unknown), Row("S/x", .unknown),
    Row("S/playlist.m3u8", .playlist(stream: "S", rendition: nil, .stream)),
    Row("S/index.m3u8", .playlist(stream: "S", rendition: nil, .stream)),
    Row("S/ll.m3u8", .playlist(stream: "S", rendition: nil, .lowLatency)),
    Row("S/chunked.m3u8", .chunkedPlaylist(stream: "S", rendition: nil, .stream)),
    Row("S/timestamps.json", .timestamps(stream: "S")),
    Row("player/hls.js", .pageFile("hls.js")), Row("player/", .pageFile("")),
    Row("S/R/playlist.m3u8", .playlist(stream: "S", rendition: "R", .rendition)),
    Row("S/R/index.m3u8", .playlist(stream: "S", rendition: "R", .rendition)),
    Row("S/R/chunked.m3u8", .chunkedPlaylist(stream: "S", rendition: "R", .rendition)),
    Row("S/R/iframes.m3u8", .iFrames(stream: "S", rendition: "R")),
    Row("S/iframes.m3u8", .unknown),
    Row("S/stream.mjpeg", .motionPictures(stream: "S", width: .own)),
    Row("S/stream/640.mjpeg", .motionPictures(stream: "S", width: .pixels(640))),
    Row("S/stream/641.mjpeg", .motionPictures(stream: "S", width: .invalid)),
    Row("S/stream/.mjpeg", .media(stream: "S", rendition: "stream", name: ".mjpeg")),
    Row("S/R/init-1.mp4", .media(stream: "S", rendition: "R", name: "init-1.mp4")),
    Row("S/clip/playlist.m3u8", .playlist(stream: "S", rendition: "clip", .rendition)),
    Row("S/R/", .media(stream: "S", rendition: "R", name: "")), Row("S/R/x/y", .unknown),
    Row("//", .media(stream: "", rendition: "", name: "")), Row("time/", .page(stream: "time")),
  ]

  @Test("a path names one thing", arguments: rows)
  func route(_ row: Row) {
    let pieces = row.path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    #expect(Route(pieces) == row.route)
  }

  @Test(
    "unknown paths are 404 in every form",
    arguments: [
      "/x", "/live", "/other/", "/other/playlist.m3u8", "/live/audio/playlist.m3u8", "/live/video/",
      "/live/../live.m3u8", "/live%2Fplaylist.m3u8", "//", "/player/", "/player/x.js", "/LIVE.m3u8",
      "/live/video/playlist.m3u8/", "/time/", "/timestamps.json?rendition=x",
      "/live/timestamps.json?rendition=",
    ])
  func unknown(_ path: String) throws {
    let exchange = try SyntheticHandler.live().ask(path)
    #expect(exchange.status == 404)
    #expect(exchange.answers == 1)
  }
}

@Suite("/timestamps.json")
struct TimestampsDocumentTests {
  private struct Read: Decodable {
    struct Clock: Decodable {
      let source: String
      let synchronized: Bool
      let offsetEstimateNs: Int64
    }
    struct Source: Decodable {
      let online: Bool
      let since: Int64
    }
    let timestamp: Int64
    let segments, parts, captures: [String: Int64]
    let source: Source
    let clock: Clock
  }

  @Test("when objects became complete and when they were captured; nothing of the history")
  func document() throws {
    let handler = try SyntheticHandler.live()
    handler.publish(segments: 3)
    handler.publish(parts: 4)
    let before = SystemClock.wallTime
    let exchange = try handler.ask("/timestamps.json")
    let read = try JSONDecoder().decode(Read.self, from: Data(exchange.body))
    #expect((before...SystemClock.wallTime).contains(WallTime(nanoseconds: read.timestamp)))
    #expect(read.clock.source == "system")
    let grid = handler.stream.segmentation.grid
    let first = handler.last - 2
    // The synthetic stream publishes a frame 2 ms after its frame time.
    #expect(
      read.segments
        == Dictionary(
          uniqueKeysWithValues: (first...handler.last).map {
            ("segment\($0).m4s", (grid.frameTime(of: $0 * 30 + 29) + 2_000_000).nanoseconds)
          }))
    var (parts, captures): ([String: Int64], [String: Int64]) = ([:], [:])
    for number in first...handler.last + 1 {
      for part in 0..<(number > handler.last ? 4 : 10) as Range<Int64> {
        let name = "segment\(number).\(part).m4s"
        let end = grid.frameTime(of: number * 30 + part * 3 + 2)
        parts[name] = (end + 2_000_000).nanoseconds
        captures[name] = grid.frameTime(of: number * 30 + part * 3).nanoseconds
      }
    }
    #expect(read.parts == parts)
    #expect(read.captures == captures)
  }

  private static func data(
    _ document: TimestampsDocument, _ statistics: StreamStatistics
  ) -> Data {
    Data(
      TimestampsDocument.pieces(SharedBytes(document.objects), statistics, now: 5)
        .flatMap(\.array))
  }

  @Test("as many segments as asked for, the newest")
  func length() throws {
    let handler = try SyntheticHandler.live()
    handler.publish(segments: 12)
    let document = TimestampsDocument(
      snapshot: handler.snapshot, names: handler.served.names, length: 3)
    let read = try JSONDecoder().decode(Read.self, from: Self.data(document, StreamStatistics()))
    #expect(read.timestamp == 5)
    #expect(
      Set(read.segments.keys) == Set((handler.last - 2...handler.last).map { "segment\($0).m4s" }))
    #expect(read.parts.count == 30 && read.captures.count == 30)
  }

  @Test("whether the source supplies frames, and since when")
  func source() throws {
    let handler = try SyntheticHandler.live()
    let before = SystemClock.wallTime
    var statistics = StreamStatistics()
    func read() throws -> Read.Source {
      let document = TimestampsDocument(
        snapshot: handler.snapshot, names: handler.served.names, length: 3)
      return try JSONDecoder().decode(Read.self, from: Self.data(document, statistics)).source
    }
    let start = try read()
    #expect(!start.online)
    #expect((before...SystemClock.wallTime).contains(WallTime(nanoseconds: start.since)))
    while SystemClock.wallTime.nanoseconds <= start.since {}
    statistics.isSourceOnline = true
    let online = try read()
    #expect(online.online && online.since > start.since)
    while SystemClock.wallTime.nanoseconds <= online.since {}
    statistics.isSourceOnline = true
    #expect(try read().since == online.since)
    statistics.isSourceOnline = false
    let away = try read()
    #expect(!away.online && away.since > online.since)
  }

  @Test("gaps are not listed")
  func gaps() throws {
    let handler = try SyntheticHandler.live()
    handler.publish(parts: 12)
    handler.stream.skip(2)
    handler.publish(segments: 1)
    let read = try JSONDecoder().decode(
      Read.self, from: Data(try handler.ask("/live/timestamps.json?rendition=video").body))
    #expect(read.segments.count == 3)
    #expect(read.segments.values.allSatisfy { $0 > 0 })
  }
}

@Suite("/metrics, Prometheus text format 0.0.4")
struct MetricsTextTests {
  private static func text(_ handler: SyntheticHandler) throws -> [String] {
    try handler.ask("/metrics").text.split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init)
  }

  @Test("each family has its HELP and TYPE once, before its samples, which stand together")
  func families() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    _ = try handler.ask("/live.m3u8")
    let lines = try Self.text(handler)
    #expect(lines.last == "")
    var (current, type, seen): (String, Substring, Set<String>) = ("", "", [])
    var samples: Set<String> = []
    for line in lines.dropLast() {
      if line.hasPrefix("# HELP ") {
        current = String(line.split(separator: " ")[2])
        #expect(seen.insert(current).inserted, "\(current) twice")
      } else if line.hasPrefix("# TYPE ") {
        #expect(line.split(separator: " ")[2] == current)
        type = line.split(separator: " ")[3]
        #expect(["counter", "gauge", "histogram"].contains(type))
        #expect((type == "counter") == current.hasSuffix("_total"), "\(current)")
      } else {
        let name = String(line.prefix { $0 != "{" && $0 != " " })
        let suffixes = type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        #expect(suffixes.contains { current + $0 == name }, "\(line)")
        let (series, value) = (
          line.split(separator: " ").dropLast().joined(), line.split(separator: " ").last
        )
        #expect(samples.insert(series).inserted, "\(series) twice")
        #expect(Double(value ?? "") != nil, "\(line)")
      }
    }
    for name in [
      "streamer_stream_online", "streamer_input_frames_total",
      "streamer_part_publish_lateness_seconds",
      "streamer_held_requests", "streamer_requests_total", "streamer_response_bytes_total",
      "process_resident_memory_bytes", "process_start_time_seconds",
    ] { #expect(seen.contains(name), "\(name)") }
  }

  @Test("a histogram's buckets are cumulated and end with +Inf, which is the count")
  func histogram() {
    var histogram = Histogram(bounds: [0.1, 1])
    for value in [0.05, 0.1, 0.5, 5, 7] { histogram.observe(value) }
    var lines = MetricLines()
    lines.add("h", "Sizes.", histograms: [([("stream", "a\"b")], histogram)])
    #expect(
      lines.text == """
        # HELP h Sizes.
        # TYPE h histogram
        h_bucket{stream="a\\"b",le="0.1"} 2
        h_bucket{stream="a\\"b",le="1"} 3
        h_bucket{stream="a\\"b",le="+Inf"} 5
        h_sum{stream="a\\"b"} 12.65
        h_count{stream="a\\"b"} 5

        """)
  }

  @Test("no label has a value from a client")
  func labels() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let counter = ResponseCounter(handler.counters, nil)
    for path in ["/evil1", "/live/video/evil2", "/?evil3", "/player/evil4", "/evil5/playlist.m3u8"]
    {
      let exchange = try handler.ask(path, ["User-Agent: evil6", "X-Forwarded-For: evil7"])
      counter.finished(
        ExchangeRecord(
          request: exchange.request, peer: exchange.request.peer, kind: exchange.kind,
          status: exchange.status, bytesSent: 100, cut: false, asked: .origin, begun: nil,
          ended: .origin))
    }
    let lines = try Self.text(handler)
    #expect(!lines.contains { $0.contains("evil") })
    #expect(lines.contains("streamer_requests_total{kind=\"playlist\",code=\"404\"} 1"))
    #expect(lines.contains("streamer_requests_total{kind=\"other\",code=\"404\"} 2"))
    #expect(lines.contains("streamer_response_bytes_total{kind=\"page\"} 200"))
  }

  @Test("the gauges count the held requests")
  func held() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    _ = try [
      handler.playlist("wait=1000"), handler.media("segment\(handler.last + 1).m4s"),
      handler.playlist("wait=1000"),
    ]
    let lines = try Self.text(handler)
    #expect(lines.contains("streamer_held_requests{kind=\"start\"} 0"))
    #expect(lines.contains("streamer_held_requests{kind=\"playlist\"} 2"))
    #expect(lines.contains("streamer_held_requests{kind=\"segment\"} 1"))
  }

  @Test("a stream is online if its source delivers frames and its window is open")
  func online() throws {
    let stream = SyntheticStream(.thirty)
    let isOnline = Locked(true)
    let served = ServedStream(
      name: "second", names: MediaNames(.epoch, first: 1), windows: [("video", stream.window)],
      control: .init(segmentations: [.video(stream.segmentation)]),
      measures: .init(statistics: {
        var statistics = StreamStatistics()
        statistics.isSourceOnline = isOnline.withLock { $0 }
        statistics.inputFrames = 7
        return statistics
      }))
    let handler = try SyntheticHandler(others: [served])
    func line() throws -> String? {
      try Self.text(handler).first { $0.hasPrefix("streamer_stream_online{stream=\"second\"}") }
    }
    #expect(try line()?.hasSuffix(" 0") == true)
    stream.window.goLive()
    #expect(try line()?.hasSuffix(" 1") == true)
    isOnline.withLock { $0 = false }
    #expect(try line()?.hasSuffix(" 0") == true)
    #expect(try Self.text(handler).contains("streamer_input_frames_total{stream=\"second\"} 7"))
  }
}

@Suite("Small answers")
struct SmallAnswersTests {
  @Test("/time: milliseconds of the true clock on ms, ISO 8601 otherwise")
  func time() {
    for query in ["ms", "_=5&ms", "ms&x"] {
      #expect(TimeService.Form(query: query) == .unixMilliseconds)
    }
    for query in ["iso", "xsdate", "", "msx", "x=ms", nil] {
      #expect(TimeService.Form(query: query) == .iso)
    }
    let now: WallTime = 1_795_155_721_234_567_890
    func text(_ form: TimeService.Form) -> String {
      TimeService.text(form, now: now, displacement: 1_500_000_000)
    }
    // The clock that measures is never displaced.
    #expect(text(.unixMilliseconds) == "1795155721234.567")
    #expect(text(.iso) == "2026-11-20T06:21:59.734Z")
  }

  @Test("/ready: not before the window is full, not when nothing is published, not after the end")
  func ready() throws {
    let handler = try SyntheticHandler()
    #expect(try handler.ask("/ready").status == 503)
    handler.goLive()
    // The synthetic stream publishes in another year.
    #expect(try handler.ask("/ready").text.contains("nothing was published"))
    let number = handler.stream.segmentation.segment(of: handler.stream.next)
    let frame = handler.stream.segmentation.firstFrame(of: number)
    handler.served.window.publish(
      Chunk(
        frameIndex: frame, isIndependent: true, duration: 3000, captured: SystemClock.wallTime,
        published: SystemClock.wallTime, bytes: SharedBytes("x")))
    let ready = try handler.ask("/ready")
    #expect(ready.status == 200 && ready.text == "ready\n")
    handler.end()
    #expect(try handler.ask("/ready").text.contains("has ended"))
    #expect(try handler.ask("/health").text == "ok\n")
    #expect(try handler.ask("/version").text == "1.2.3\n")
  }

  @Test("gzip is read back as it was", arguments: [0, 1, 100, 65536, 1_000_000])
  func gzip(count: Int) throws {
    var generator = SplitMix64(seed: 3)
    for alphabet in [1, 3, 256] as [UInt64] {
      // Repeated after more bytes than a match of DEFLATE can go back.
      let noise = (0..<min(count, 65536)).map { _ in
        UInt8(truncatingIfNeeded: generator.next() % alphabet)
      }
      var bytes: [UInt8] = []
      while bytes.count < count { bytes += noise.prefix(count - bytes.count) }
      let compressed = try #require(Gzip.compress(SharedBytes(bytes)))
      #expect(try Inflated.bytes(of: compressed.array) == bytes)
    }
  }

  @Test("the resource usage of the process is above zero")
  func usage() {
    let usage = ProcessUsage()
    #expect(usage.residentBytes > 1_000_000)
    #expect(usage.threads >= 1 && usage.descriptors >= 3)
    #expect(usage.cpuSeconds >= 0)
  }
}
