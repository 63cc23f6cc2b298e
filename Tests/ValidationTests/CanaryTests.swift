// SPDX-License-Identifier: Apache-2.0

import CMAF
import Net
import Testing
import Time

@testable import Validation

@Suite("What a canary reads, and the figures it gives")
struct CanaryTests {
  @Test(
    "the end of the path selects the form",
    arguments: [
      ("http://h/live.m3u8", CanaryTarget.Form.parts),
      ("https://h:8443/t/x/a.m3u8?token=1", .parts),
      ("http://h/manifest.mpd", .segments), ("http://h/", .frames), ("http://h/live/?x", .frames),
      ("http://h", nil), ("ftp://h/a.m3u8", nil), ("http://h/a.mp4", nil),
      ("http://h/ a.m3u8", nil), ("file:///a.mpd", nil), ("", nil),
    ])
  func targets(url: String, form: CanaryTarget.Form?) {
    #expect(CanaryTarget(url)?.form == form)
  }

  @Test(
    "references are resolved against their document",
    arguments: [
      ("a.m4s", "http://h/live/video/playlist.m3u8?x=/y", "http://h/live/video/a.m4s"),
      ("/a.m4s", "http://h:1/live/p.m3u8", "http://h:1/a.m4s"),
      ("https://cdn/a", "http://h/p", "https://cdn/a"), ("v/a", "http://h/", "http://h/v/a"),
      ("//cdn:2/a", "https://h/live/p", "https://cdn:2/a"),
      ("a.m4s?from=http://o/", "http://h/live/p", "http://h/live/a.m4s?from=http://o/"),
      ("./../../t/x/live/p?a=./b", "http://h/live/video/p", "http://h/t/x/live/p?a=./b"),
      ("../../../a/./b/../c", "http://h/live/p", "http://h/a/c"),
      ("/a/../b/.", "http://h", "http://h/b/"),
      ("..", "http://h/a/b/c", "http://h/a/"), (".well", "http://h/a/b", "http://h/a/.well"),
      ("p?x=/../y", "http://h/a/b", "http://h/a/p?x=/../y"),
    ])
  func references(reference: String, base: String, expected: String) {
    #expect(WebAddress.resolve(reference, base: base) == expected)
  }

  /// A box with this content.
  private func box(_ type: String, _ content: [UInt8]) -> [UInt8] {
    let size = UInt32(content.count + 8)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } + Array(type.utf8) + content
  }

  /// A `prft` of 1 s and a half after 1970.
  private var reference: [UInt8] {
    box("prft", [0, 0, 0, 24, 0, 0, 0, 1, 0x83, 0xAA, 0x7E, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 9])
  }

  @Test("a chunk counts at its last byte, in pieces of any size", arguments: [1, 3, 7, 64, 10_000])
  func chunks(size: Int) throws {
    let wide = [0, 0, 0, 1] + Array("mdat".utf8) + [0, 0, 0, 0, 0, 0, 0, 18] + [1, 2]
    let bytes =
      box("styp", [1, 2, 3, 4]) + reference + box("moof", [5]) + box("mdat", [6, 7, 8])
      + box("moof", [5]) + box("mdat", []) + reference + box("moof", []) + wide
    var times = ProducerTimes()
    var found: [(at: Int, time: WallTime)] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      let end = min(bytes.count, start + size)
      for time in try times.take(Array(bytes[start..<end])) { found.append((end, time)) }
    }
    #expect(found.map(\.time) == Array(repeating: .origin + .milliseconds(1500), count: 2))
    if size == 1 { #expect(found.map(\.at) == [12 + 28 + 9 + 11, bytes.count]) }
  }

  @Test(
    "bytes that are no boxes are an error",
    arguments: [
      [0, 0, 0, 7] + Array("mdat".utf8),
      [0, 0, 0, 1] + Array("mdat".utf8) + [0, 0, 0, 0, 0, 0, 0, 15],
      [0, 0, 0, 1] + Array("mdat".utf8) + [255, 255, 255, 255, 255, 255, 255, 255],
    ] as [[UInt8]])
  func damage(bytes: [UInt8]) throws {
    var times = ProducerTimes()
    #expect(throws: BoxError.self) { try times.take(bytes) }
  }

  @Test("media are whole after a chunk, and nowhere within")
  func whole() throws {
    let chunk = reference + box("moof", [5]) + box("mdat", [6, 7])
    for count in 0...chunk.count {
      var times = ProducerTimes()
      _ = try times.take(Array(chunk[..<count]))
      #expect(times.isWhole == (count == 0 || count == chunk.count), "\(count)")
    }
    // A text, such as an error of a cache, is not media.
    var text = ProducerTimes()
    #expect(try text.take(Array("#EXTM3U\n".utf8)).isEmpty && !text.isWhole)
  }

  @Test("percentiles, stalls and errors; an interval without media has no age")
  func figures() throws {
    var figures = AgeFigures()
    var now = MonotonicTime.origin
    for age in 1...100 as ClosedRange<Int64> {
      now = now + .milliseconds(age == 50 ? 600 : 100)
      figures.add(.milliseconds(age), .prft, stallTime: .milliseconds(500), now: now)
    }
    figures.fail()
    figures.breakRule()
    let found = figures.summary()
    #expect(found.age?.p50 == 51 && found.age?.p95 == 96 && found.age?.p99 == 100)
    #expect(found.clocks == [.prft] && found.count == 100 && found.stalls == 1 && found.errors == 1)
    #expect(found.broken == 1)
    let empty = figures.summary()
    #expect(empty.age == nil && empty.clocks.isEmpty && empty.count == 0)
    #expect(empty.chunks == 100 && empty.stalls == 1)
  }

  @Test("lines, JSON and metrics are without secrets")
  func report() throws {
    let target = try #require(CanaryTarget("http://u:pass@h/live.m3u8?token=abc.def.ghi"))
    var figures = AgeFigures()
    figures.add(.milliseconds(104), .pdt, stallTime: .seconds(1), now: .origin)
    let summary = figures.summary()
    let texts = [
      CanaryReport.line(target, summary), CanaryReport.json(target, summary, milliseconds: 5),
      CanaryReport.metrics([(target, summary)]),
    ]
    for text in texts { #expect(!text.contains("pass") && !text.contains("def"), "\(text)") }
    #expect(texts[0].contains("parts: age p50 104 p95 104 p99 104 ms by pdt, 1 chunks"))
    #expect(texts[1].hasPrefix("{\"t\":5,"))
    #expect(texts[1].contains("\"p99\":104.0},\"clock\":\"pdt\","))
    #expect(texts[2].contains("form=\"parts\",quantile=\"0.5\"} 0.104\n"))
    #expect(texts[2].contains("form=\"parts\",clock=\"pdt\"} 1\n"))
    #expect(texts[2].contains("streamer_canary_up{"))
    #expect(texts[2].contains("streamer_canary_broken_rules_total{"))
    let finding = Finding(
      rule: .partsInTime, url: target.url, seen: "late", expected: "early", time: 0)
    let line = CanaryReport.line(finding)
    #expect(!line.contains("pass") && !line.contains("def"), "\(line)")
    #expect(
      line.hasSuffix(": parts-in-time (should, RFC 8216bis §6.2.1): late; expected: early\n"))
  }
}
