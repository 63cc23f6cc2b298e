// SPDX-License-Identifier: Apache-2.0

import Sharing
import Testing
import Time

@testable import Packaging

/// A relayed stream on a clock that the test moves.
private final class RelayCase {
  var now = MonotonicTime.origin
  let stream: RelayStream

  init(megabytes: Int = 1, span: Interval = .seconds(60)) {
    stream = RelayStream(
      name: "s", limits: RelayLimits(megabytes: megabytes, span: span), now: .origin)
  }

  func name(_ text: String) throws -> RelayName {
    try #require(RelayName(text.split(separator: "/").map(String.init)))
  }

  func begin(_ text: String) throws -> RelayFile {
    guard case .begun(let file, _) = stream.begin(try name(text), at: now) else {
      throw Failure.notBegun
    }
    return file
  }

  @discardableResult
  func add(_ text: String, to file: RelayFile) -> Bool {
    stream.append(SharedBytes(text), to: file, at: now)
  }

  @discardableResult
  func put(_ text: String, _ body: String) throws -> RelayFile {
    let file = try begin(text)
    add(body, to: file)
    stream.complete(file, at: now)
    return file
  }

  /// The file's content now, or a word for its absence.
  func get(_ text: String) throws -> String {
    switch stream.lookup(try name(text)) {
    case .found(let file): body(file)
    case .broken: "broken"
    case .removed: "removed"
    case .unknown: "unknown"
    }
  }

  func body(_ file: RelayFile) -> String {
    let piece = file.read()
    let text = String(decoding: piece.chunks.flatMap(\.array), as: UTF8.self)
    return text + (piece.phase == .open ? "…" : piece.phase == .broken ? "!" : "")
  }

  enum Failure: Error { case notBegun }
}

@Suite("The files of a relayed stream")
struct RelayTests {
  @Test("a file is readable while it grows; only the end of the upload completes it")
  func growing() throws {
    let relay = RelayCase()
    #expect(try relay.get("a.m4s") == "unknown")
    let file = try relay.begin("a.m4s")
    #expect(try relay.get("a.m4s") == "…")
    relay.add("one", to: file)
    relay.now += .seconds(3)
    relay.stream.expire(at: relay.now)
    #expect(try relay.get("a.m4s") == "one…")
    relay.add("two", to: file)
    #expect(file.read(from: 1).chunks.map(\.array) == [Array("two".utf8)])
    #expect(file.read(from: 7).chunks.isEmpty)
    relay.stream.complete(file, at: relay.now)
    #expect(try relay.get("a.m4s") == "onetwo")
    relay.stream.fail(file, at: relay.now)
    relay.add("late", to: file)
    #expect(try relay.get("a.m4s") == "onetwo")
  }

  @Test("a cut upload is broken for its readers and for later requests, until the next upload")
  func cut() throws {
    let relay = RelayCase()
    let file = try relay.begin("a.m4s")
    relay.add("one", to: file)
    relay.stream.fail(file, at: relay.now)
    #expect(relay.body(file) == "one!")
    #expect(try relay.get("a.m4s") == "broken")
    #expect(relay.stream.statistics.byteCount == 0)
    try relay.put("a.m4s", "whole")
    #expect(try relay.get("a.m4s") == "whole")
  }

  @Test("an upload replaces, never appends; while it is open, there is no second one")
  func replaced() throws {
    let relay = RelayCase()
    try relay.put("a.m4s", "old")
    let file = try relay.begin("a.m4s")
    #expect(throws: RelayCase.Failure.self) { try relay.begin("a.m4s") }
    relay.add("new", to: file)
    #expect(try relay.get("a.m4s") == "new…")
    relay.stream.complete(file, at: relay.now)
    #expect(try relay.get("a.m4s") == "new")
    #expect(relay.stream.statistics.fileCount == 1)
  }

  @Test("an index is readable until the next one is complete")
  func index() throws {
    let relay = RelayCase()
    for name in ["live.m3u8", "manifest.mpd"] {
      let first = try relay.begin(name)
      relay.add("1", to: first)
      #expect(try relay.get(name) == "1…")
      relay.stream.complete(first, at: relay.now)
      let second = try relay.begin(name)
      relay.add("2", to: second)
      #expect(try relay.get(name) == "1")
      relay.stream.fail(second, at: relay.now)
      #expect(try relay.get(name) == "1")
      try relay.put(name, "3")
      #expect(try relay.get(name) == "3")
    }
    #expect(relay.stream.statistics.indexes.map(\.text) == ["live.m3u8", "manifest.mpd"])
  }

  @Test("deletion is obeyed, but not of an open upload")
  func deletion() throws {
    let relay = RelayCase()
    let file = try relay.begin("a.m4s")
    let name = try relay.name("a.m4s")
    #expect(relay.stream.remove(name) == .busy)
    relay.stream.complete(file, at: relay.now)
    #expect(relay.stream.remove(name) == .removed)
    #expect(try relay.get("a.m4s") == "removed")
    #expect(relay.stream.remove(name) == .removed)
    #expect(relay.stream.remove(try relay.name("b.m4s")) == .unknown)
    #expect(relay.stream.statistics.byteCount == 0)
  }

  @Test("media files leave the window after their time; indexes and headers of media stay")
  func span() throws {
    let relay = RelayCase(span: .seconds(60))
    try relay.put("index.m3u8", "#EXTM3U")
    try relay.put("init.mp4", "\0\0\0\u{18}ftypiso6")
    try relay.put("init.webm", "x")
    try relay.put("1.m4s", "\0\0\0\u{18}styp")
    relay.now += .seconds(30)
    try relay.put("2.ts", "G")
    let open = try relay.begin("3.m4s")
    relay.now += .seconds(30)
    relay.stream.expire(at: relay.now)
    #expect(try relay.get("1.m4s") == "removed")
    #expect(try relay.get("2.ts") == "G")
    relay.now += .seconds(3600)
    relay.stream.expire(at: relay.now)
    #expect(try relay.get("2.ts") == "removed")
    #expect(try relay.get("index.m3u8") == "#EXTM3U")
    #expect(try relay.get("init.mp4").hasSuffix("ftypiso6"))
    #expect(relay.body(open) == "…")
  }

  @Test("above the limit of bytes the oldest media files are removed, then the others")
  func bytes() throws {
    let relay = RelayCase(megabytes: 1)
    let block = String(repeating: "x", count: 300_000)
    try relay.put("index.m3u8", block)
    for number in 1...20 {
      try relay.put("\(number).m4s", block)
      #expect(relay.stream.statistics.byteCount <= 1_000_000)
    }
    #expect(try relay.get("18.m4s") == "removed")
    #expect(try relay.get("19.m4s").count == 300_000)
    #expect(try relay.get("index.m3u8").count == 300_000)
    let open = try relay.begin("open.m4s")
    for _ in 0..<3 { #expect(relay.add(block, to: open)) }
    #expect(try relay.get("index.m3u8") == "removed")
    // Only open uploads are left: there is no room, and the upload fails.
    #expect(!relay.add(block, to: open))
    #expect(relay.body(open).hasSuffix("!"))
    #expect(relay.stream.statistics.byteCount == 0)
    #expect(try relay.get("open.m4s") == "broken")
  }

  @Test("many tiny chunks and files, and names that are replaced often, stay within the limit")
  func hostile() throws {
    let relay = RelayCase(megabytes: 1)
    let file = try relay.begin("a.m4s")
    var count = 0
    while relay.add("x", to: file) { count += 1 }
    #expect(count < 11_000)
    for number in 0..<5000 { try relay.put("d/\(number).m4s", "") }
    #expect(relay.stream.statistics.fileCount < 1000)
    for _ in 0..<5000 { try relay.put("i.m3u8", "") }
    #expect(relay.stream.statistics.fileCount < 1000)
    #expect(try relay.get("i.m3u8") == "")
    relay.now += .seconds(100)
    relay.stream.expire(at: relay.now)
    #expect(relay.stream.statistics.fileCount == 1)
  }

  @Test("watchers are called after each change; the end of the stream breaks open uploads")
  func watchers() throws {
    let relay = RelayCase()
    let calls = Locked(0)
    let ticket = relay.stream.watch { calls.withLock { $0 += 1 } }
    let file = try relay.begin("a.m4s")
    let revision = relay.stream.revision
    relay.add("x", to: file)
    #expect(calls.withLock { $0 } == 2)
    #expect(relay.stream.revision == revision)
    relay.stream.end(at: relay.now)
    #expect(relay.body(file) == "x!")
    #expect(calls.withLock { $0 } == 3)
    relay.stream.unwatch(ticket)
    #expect(throws: RelayCase.Failure.self) { try relay.begin("b.m4s") }
    #expect(!relay.add("y", to: file))
    #expect(calls.withLock { $0 } == 3)
  }

  @Test("names have at most four elements, and no sign with a meaning elsewhere")
  func names() {
    let good = [
      ["a.m4s"], ["720p", "segment-00001.m4s"], ["a", "b", "c", "d.ts"], ["Streams(video.cmfv)"],
      ["chunk-stream0-00001.m4s"], ["a..b"], [String(repeating: "x", count: 128)],
    ]
    for elements in good { #expect(RelayName(elements) != nil, "\(elements)") }
    let wrong = [
      [], [""], ["."], [".."], [".hidden"], ["a", ".."], ["a", ""], ["a", "b", "c", "d", "e"],
      ["a/b"], ["a b"], ["a\n"], ["<b>"], ["a\"b"], ["ü"], ["a%2e"], ["a\\b"], ["a?b"], ["a#b"],
      [String(repeating: "x", count: 129)],
      [String(repeating: "x", count: 128), String(repeating: "y", count: 128)],
    ]
    for elements in wrong { #expect(RelayName(elements) == nil, "\(elements)") }
    #expect(RelayName(["a", "B.M3U8"])?.isIndex == true)
    #expect(RelayName(["a.mpd", "b"])?.isIndex == false)
    #expect(RelayName(["a.m4s"])?.suffix == "m4s")
  }
}
