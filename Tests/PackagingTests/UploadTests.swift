// SPDX-License-Identifier: Apache-2.0

import Packaging
import Sharing
import Testing
import Time

/// An uploaded stream on a clock that the test moves.
private final class UploadCase {
  var now = MonotonicTime.origin
  let stream: UploadedStream

  init(megabytes: Int = 1, span: Interval = .seconds(60)) {
    stream = UploadedStream(
      name: "s", limits: UploadLimits(megabytes: megabytes, span: span), now: .origin)
  }

  func name(_ text: String) throws -> UploadName {
    try #require(UploadName(text.split(separator: "/").map(String.init)))
  }

  func begin(_ text: String) throws -> UploadedFile {
    guard case .begun(let file, _) = stream.begin(try name(text), at: now) else {
      throw Failure.notBegun
    }
    return file
  }

  @discardableResult
  func add(_ text: String, to file: UploadedFile) -> Bool {
    stream.append(SharedBytes(text), to: file, at: now)
  }

  @discardableResult
  func put(_ text: String, _ body: String) throws -> UploadedFile {
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

  func body(_ file: UploadedFile) -> String {
    let piece = file.read()
    let text = String(decoding: piece.chunks.flatMap(\.array), as: UTF8.self)
    return text + (piece.phase == .open ? "…" : piece.phase == .broken ? "!" : "")
  }

  enum Failure: Error { case notBegun }
}

@Suite("The files of an uploaded stream")
struct UploadTests {
  @Test("a file is readable while it grows; only the end of the upload completes it")
  func growing() throws {
    let uploads = UploadCase()
    #expect(try uploads.get("a.m4s") == "unknown")
    let file = try uploads.begin("a.m4s")
    #expect(try uploads.get("a.m4s") == "…")
    uploads.add("one", to: file)
    uploads.now += .seconds(3)
    uploads.stream.expire(at: uploads.now)
    #expect(try uploads.get("a.m4s") == "one…")
    uploads.add("two", to: file)
    #expect(file.read(from: 1).chunks.map(\.array) == [Array("two".utf8)])
    #expect(file.read(from: 7).chunks.isEmpty)
    uploads.stream.complete(file, at: uploads.now)
    #expect(try uploads.get("a.m4s") == "onetwo")
    uploads.stream.fail(file, at: uploads.now)
    uploads.add("late", to: file)
    #expect(try uploads.get("a.m4s") == "onetwo")
  }

  @Test("a cut upload is broken for its readers and for later requests, until the next upload")
  func cut() throws {
    let uploads = UploadCase()
    let file = try uploads.begin("a.m4s")
    uploads.add("one", to: file)
    uploads.stream.fail(file, at: uploads.now)
    #expect(uploads.body(file) == "one!")
    #expect(try uploads.get("a.m4s") == "broken")
    #expect(uploads.stream.statistics.byteCount == 0)
    try uploads.put("a.m4s", "whole")
    #expect(try uploads.get("a.m4s") == "whole")
  }

  @Test("an upload replaces, never appends; while it is open, there is no second one")
  func replaced() throws {
    let uploads = UploadCase()
    try uploads.put("a.m4s", "old")
    let file = try uploads.begin("a.m4s")
    #expect(throws: UploadCase.Failure.self) { try uploads.begin("a.m4s") }
    uploads.add("new", to: file)
    #expect(try uploads.get("a.m4s") == "new…")
    uploads.stream.complete(file, at: uploads.now)
    #expect(try uploads.get("a.m4s") == "new")
    #expect(uploads.stream.statistics.fileCount == 1)
  }

  @Test("an index is readable until the next one is complete")
  func index() throws {
    let uploads = UploadCase()
    for name in ["live.m3u8", "manifest.mpd"] {
      let first = try uploads.begin(name)
      uploads.add("1", to: first)
      #expect(try uploads.get(name) == "1…")
      uploads.stream.complete(first, at: uploads.now)
      let second = try uploads.begin(name)
      uploads.add("2", to: second)
      #expect(try uploads.get(name) == "1")
      uploads.stream.fail(second, at: uploads.now)
      #expect(try uploads.get(name) == "1")
      try uploads.put(name, "3")
      #expect(try uploads.get(name) == "3")
    }
    #expect(uploads.stream.statistics.indexes.map(\.text) == ["live.m3u8", "manifest.mpd"])
  }

  @Test("deletion is obeyed, but not of an open upload")
  func deletion() throws {
    let uploads = UploadCase()
    let file = try uploads.begin("a.m4s")
    let name = try uploads.name("a.m4s")
    #expect(uploads.stream.remove(name) == .busy)
    uploads.stream.complete(file, at: uploads.now)
    #expect(uploads.stream.remove(name) == .removed)
    #expect(try uploads.get("a.m4s") == "removed")
    #expect(uploads.stream.remove(name) == .removed)
    #expect(uploads.stream.remove(try uploads.name("b.m4s")) == .unknown)
    #expect(uploads.stream.statistics.byteCount == 0)
  }

  @Test("media files leave the window after their time; indexes and headers of media stay")
  func span() throws {
    let uploads = UploadCase(span: .seconds(60))
    try uploads.put("index.m3u8", "#EXTM3U")
    try uploads.put("init.mp4", "\0\0\0\u{18}ftypiso6")
    try uploads.put("init.webm", "x")
    try uploads.put("1.m4s", "\0\0\0\u{18}styp")
    uploads.now += .seconds(30)
    try uploads.put("2.ts", "G")
    let open = try uploads.begin("3.m4s")
    uploads.now += .seconds(30)
    uploads.stream.expire(at: uploads.now)
    #expect(try uploads.get("1.m4s") == "removed")
    #expect(try uploads.get("2.ts") == "G")
    uploads.now += .seconds(3600)
    uploads.stream.expire(at: uploads.now)
    #expect(try uploads.get("2.ts") == "removed")
    #expect(try uploads.get("index.m3u8") == "#EXTM3U")
    #expect(try uploads.get("init.mp4").hasSuffix("ftypiso6"))
    #expect(uploads.body(open) == "…")
  }

  @Test("above the limit of bytes the oldest media files are removed, then the others")
  func bytes() throws {
    let uploads = UploadCase(megabytes: 1)
    let block = String(repeating: "x", count: 300_000)
    try uploads.put("index.m3u8", block)
    for number in 1...20 {
      try uploads.put("\(number).m4s", block)
      #expect(uploads.stream.statistics.byteCount <= 1_000_000)
    }
    #expect(try uploads.get("18.m4s") == "removed")
    #expect(try uploads.get("19.m4s").count == 300_000)
    #expect(try uploads.get("index.m3u8").count == 300_000)
    let open = try uploads.begin("open.m4s")
    for _ in 0..<3 { #expect(uploads.add(block, to: open)) }
    #expect(try uploads.get("index.m3u8") == "removed")
    // Only open uploads are left: there is no room, and the upload fails.
    #expect(!uploads.add(block, to: open))
    #expect(uploads.body(open).hasSuffix("!"))
    #expect(uploads.stream.statistics.byteCount == 0)
    #expect(try uploads.get("open.m4s") == "broken")
  }

  @Test("many tiny chunks and files, and names that are replaced often, stay within the limit")
  func hostile() throws {
    let uploads = UploadCase(megabytes: 1)
    let file = try uploads.begin("a.m4s")
    var count = 0
    while uploads.add("x", to: file) { count += 1 }
    #expect(count < 11_000)
    for number in 0..<5000 { try uploads.put("d/\(number).m4s", "") }
    #expect(uploads.stream.statistics.fileCount < 1000)
    for _ in 0..<5000 { try uploads.put("i.m3u8", "") }
    #expect(uploads.stream.statistics.fileCount < 1000)
    #expect(try uploads.get("i.m3u8") == "")
    uploads.now += .seconds(100)
    uploads.stream.expire(at: uploads.now)
    #expect(uploads.stream.statistics.fileCount == 1)
  }

  @Test("watchers are called after each change; the end of the stream breaks open uploads")
  func watchers() throws {
    let uploads = UploadCase()
    let calls = Locked(0)
    let ticket = uploads.stream.watch { calls.withLock { $0 += 1 } }
    let file = try uploads.begin("a.m4s")
    let revision = uploads.stream.revision
    uploads.add("x", to: file)
    #expect(calls.withLock { $0 } == 2)
    #expect(uploads.stream.revision == revision)
    uploads.stream.end(at: uploads.now)
    #expect(uploads.body(file) == "x!")
    #expect(calls.withLock { $0 } == 3)
    uploads.stream.unwatch(ticket)
    #expect(throws: UploadCase.Failure.self) { try uploads.begin("b.m4s") }
    #expect(!uploads.add("y", to: file))
    #expect(calls.withLock { $0 } == 3)
  }

  @Test("names have at most four elements, and no sign with a meaning elsewhere")
  func names() {
    let good = [
      ["a.m4s"], ["720p", "segment-00001.m4s"], ["a", "b", "c", "d.ts"], ["Streams(video.cmfv)"],
      ["chunk-stream0-00001.m4s"], ["a..b"], [String(repeating: "x", count: 128)],
    ]
    for elements in good { #expect(UploadName(elements) != nil, "\(elements)") }
    let wrong = [
      [], [""], ["."], [".."], [".hidden"], ["a", ".."], ["a", ""], ["a", "b", "c", "d", "e"],
      ["a/b"], ["a b"], ["a\n"], ["<b>"], ["a\"b"], ["ü"], ["a%2e"], ["a\\b"], ["a?b"], ["a#b"],
      [String(repeating: "x", count: 129)],
      [String(repeating: "x", count: 128), String(repeating: "y", count: 128)],
    ]
    for elements in wrong { #expect(UploadName(elements) == nil, "\(elements)") }
    #expect(UploadName(["a", "B.M3U8"])?.isIndex == true)
    #expect(UploadName(["a.mpd", "b"])?.isIndex == false)
    #expect(UploadName(["a.m4s"])?.suffix == "m4s")
  }
}
