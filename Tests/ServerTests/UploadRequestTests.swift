// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Packaging
import Publishing
import ServerTestSupport
import System
import TestSupport
import Testing
import Time

@testable import Server

private let local = PeerAddress(high: 0, low: 0x7f00_0001, port: 4000, isVersion6: false)
private let remote = PeerAddress(high: 0, low: 0xc000_0201, port: 4000, isVersion6: false)
private let key = "correct-horse"

extension SyntheticHandler {
  /// An upload from this machine; a nil body is supplied in pieces.
  fileprivate func put(
    _ path: String, _ body: String?, method: String = "PUT", _ fields: [String] = [],
    peer: PeerAddress = local
  ) throws -> FakeExchange {
    let exchange = try ask(path, method: method, fields, body: body, peer: peer)
    settle()
    return exchange
  }

  fileprivate func send(_ text: String, to upload: FakeExchange) {
    upload.receive(text)
    settle()
  }

  fileprivate func end(_ upload: FakeExchange) {
    upload.endBody()
    settle()
  }

  fileprivate func cut(_ upload: FakeExchange) {
    upload.cutBody()
    settle()
  }

  /// Runs the end of the loop's iteration and the next one.
  private func settle() {
    loop.iterate()
    requests.woken()
  }

  fileprivate func expire(after time: Interval) { requests.expire(loop.now + time) }
}

/// A client that publishes, and the status of its upload.
private struct AccessRow: Sendable {
  var mode = KeylessAccess.Mode.loopback
  var hasKey = false
  var peer = local
  var fields: [String] = []
  let status: Int
}

private let accessRows = [
  AccessRow(status: 201),
  AccessRow(peer: remote, status: 403),
  AccessRow(fields: ["Origin: http://page.example"], status: 403),
  AccessRow(fields: ["Sec-Fetch-Site: cross-site"], status: 403),
  AccessRow(mode: .open, peer: remote, status: 201),
  AccessRow(hasKey: true, status: 401),
  AccessRow(hasKey: true, peer: remote, fields: ["Authorization: Bearer \(key)"], status: 201),
  AccessRow(hasKey: true, peer: remote, fields: ["Authorization: bearer \(key)x"], status: 403),
  // any:correct-horse, and any:wrong-horse
  AccessRow(
    hasKey: true, peer: remote, fields: ["Authorization: Basic YW55OmNvcnJlY3QtaG9yc2U="],
    status: 201),
  AccessRow(
    hasKey: true, peer: remote, fields: ["Authorization: Basic YW55Ondyb25nLWhvcnNl"],
    status: 403),
  AccessRow(hasKey: true, fields: ["Authorization: Basic %%%"], status: 401),
  AccessRow(mode: .open, hasKey: true, status: 401),
  AccessRow(mode: .key, fields: ["Authorization: Bearer \(key)"], status: 401),
]

@Suite("Uploaded streams: PUT, POST, DELETE and GET of their files")
struct UploadRequestTests {
  @Test("a file is sent while it arrives, under both paths; a pause is not its end")
  func whileItArrives() throws {
    let handler = try SyntheticHandler()
    let upload = try handler.put("/cam/seg-1.m4s", nil)
    #expect(upload.isHeld)
    let first = try handler.ask("/cam/seg-1.m4s")
    #expect(first.isHeld)
    handler.send("one", to: upload)
    #expect(first.stage == .streaming && first.text == "one")
    #expect(first.header("content-type") == "video/mp4")
    handler.expire(after: .seconds(3))
    #expect(first.stage == .streaming)
    handler.send("two", to: upload)
    let second = try handler.ask("/ldash/cam/seg-1.m4s")
    #expect(second.pieces == ["one", "two"])
    handler.send("three", to: upload)
    handler.end(upload)
    #expect(upload.status == 201)
    for reader in [first, second] {
      #expect(reader.stage == .answered && reader.pieces == ["one", "two", "three"])
    }
    let late = try handler.ask("/ldash/play/cam/seg-1.m4s")
    #expect(late.stage == .answered && late.text == "onetwothree")
    #expect(late.header("etag") != nil && late.header("cache-control") == "public, max-age=120")
    #expect(try handler.ask("/cam/seg-1.m4s", ["Range: bytes=3-5"]).text == "two")
    let again = try handler.put("/ldash/cam/seg-1.m4s", "new", method: "POST")
    #expect(again.status == 204)
    #expect(try handler.ask("/cam/seg-1.m4s").text == "new")
    #expect(handler.held == 0)
  }

  @Test("requests before the upload are held, and all get the whole file")
  func early() throws {
    let handler = try SyntheticHandler()
    _ = try handler.put("/cam/index.m3u8", "#EXTM3U")
    let readers = try (0..<50).map { _ in try handler.ask("/cam/seg-2.m4s") }
    let old = try handler.ask("/cam/seg-2.m4s", version: "1.0")
    let head = try handler.ask("/cam/seg-2.m4s", method: "HEAD")
    let other = try handler.ask("/cam/seg-3.m4s")
    #expect(handler.held == 53)
    let upload = try handler.put("/cam/seg-2.m4s", nil)
    #expect(head.status == 200 && head.stage == .answered)
    handler.send("half", to: upload)
    #expect(readers.allSatisfy { $0.text == "half" && $0.stage == .streaming } && old.isHeld)
    handler.send("whole", to: upload)
    handler.end(upload)
    #expect(readers.allSatisfy { $0.text == "halfwhole" && $0.stage == .answered })
    #expect(old.text == "halfwhole" && old.answers == 1)
    #expect(other.isHeld && handler.held == 1)
    handler.expire(after: UploadHandler.hold)
    #expect(other.status == 404 && handler.held == 0)
  }

  @Test("a request between the upload and the wake of the loop does not hide the upload")
  func betweenUploadAndWake() throws {
    let handler = try SyntheticHandler()
    _ = try handler.put("/cam/index.m3u8", "#EXTM3U")
    let early = try handler.ask("/cam/seg-1.m4s")
    let upload = try handler.ask("/cam/seg-1.m4s", method: "PUT", body: nil, peer: local)
    #expect(try handler.ask("/cam/index.m3u8").status == 200)
    handler.send("one", to: upload)
    #expect(early.text == "one")
  }

  @Test("a cut upload never ends the body of a reader cleanly; the file is broken")
  func cut() throws {
    let handler = try SyntheticHandler()
    let upload = try handler.put("/cam/seg-1.m4s", nil)
    let early = try handler.ask("/cam/seg-1.m4s", version: "1.0")
    handler.send("half", to: upload)
    let readers = try (0..<50).map { _ in try handler.ask("/cam/seg-1.m4s") }
    handler.cut(upload)
    #expect(readers.allSatisfy { $0.stage == .cut && $0.text == "half" })
    #expect(early.status == 404)
    #expect(try handler.ask("/cam/seg-1.m4s").status == 404)
    _ = try handler.put("/cam/seg-1.m4s", "whole")
    #expect(try handler.ask("/cam/seg-1.m4s").text == "whole")
  }

  @Test("a second upload is 409 while the first is open, as is a deletion")
  func conflict() throws {
    let handler = try SyntheticHandler()
    let upload = try handler.put("/cam/seg-1.m4s", nil)
    #expect(try handler.put("/cam/seg-1.m4s", "x").status == 409)
    #expect(try handler.put("/cam/seg-1.m4s", "", method: "DELETE").status == 409)
    handler.send("one", to: upload)
    handler.end(upload)
    #expect(try handler.put("/cam/seg-1.m4s", "", method: "DELETE").status == 204)
    #expect(try handler.ask("/cam/seg-1.m4s").status == 410)
    #expect(try handler.put("/cam/none.m4s", "", method: "DELETE").status == 404)
    #expect(try handler.put("/none/none.m4s", "", method: "DELETE").status == 404)
  }

  @Test("readers that disconnect get nothing more")
  func gone() throws {
    let handler = try SyntheticHandler()
    let upload = try handler.put("/cam/seg-1.m4s", nil)
    handler.send("one", to: upload)
    let (first, second) = (try handler.ask("/cam/seg-1.m4s"), try handler.ask("/cam/seg-1.m4s"))
    let waiting = try handler.ask("/cam/seg-2.m4s")
    first.go()
    waiting.go()
    handler.send("two", to: upload)
    handler.end(upload)
    #expect(first.text == "one" && second.text == "onetwo" && handler.held == 0)
  }

  @Test("more bytes than the window are 413 and end the readers")
  func tooLarge() throws {
    var options = ServingOptions()
    options.uploadLimits = UploadLimits(megabytes: 1, span: .seconds(60))
    let handler = try SyntheticHandler(options: options)
    let upload = try handler.put("/cam/seg-1.m4s", nil)
    handler.send("x", to: upload)
    let reader = try handler.ask("/cam/seg-1.m4s")
    for _ in 0..<20 { handler.send(String(repeating: "x", count: 60_000), to: upload) }
    #expect(upload.status == 413 && upload.answers == 1 && reader.stage == .cut)
    handler.cut(upload)
    #expect(try handler.ask("/cam/seg-1.m4s").status == 404)
  }

  @Test("rule, address and key decide who may publish", arguments: accessRows)
  fileprivate func access(row: AccessRow) throws {
    var options = ServingOptions()
    options.publishAccess = KeylessAccess(row.mode)
    options.publishKey = row.hasKey ? SecretDigest(key) : nil
    let handler = try SyntheticHandler(options: options)
    let upload = try handler.put("/cam/a.m4s", "x", row.fields, peer: row.peer)
    #expect(upload.status == row.status)
    #expect((upload.header("www-authenticate") != nil) == (row.status == 401))
    #expect(!upload.text.contains(key))
    #expect(upload.header("access-control-allow-origin") == nil)
    #expect(try handler.ask("/cam/a.m4s").status == (row.status == 201 ? 200 : 404))
  }

  @Test("after five wrong keys an address waits; with the right one only if that is short")
  func attempts() throws {
    for (key, status) in [("sesame", 429), ("sesame-of-16-or-more", 201)] {
      var options = ServingOptions()
      options.publishKey = SecretDigest(key)
      let clock = ManualClock()
      let handler = try SyntheticHandler(options: options, clock: clock)
      for _ in 0..<5 {
        #expect(try handler.put("/cam/a.m4s", "x", ["Authorization: Bearer no"]).status == 403)
      }
      let refused = try handler.put("/cam/a.m4s", "x", ["Authorization: Bearer no"])
      #expect(refused.status == 429 && refused.header("retry-after") == "60", "\(refused.text)")
      // The time after which a right key of this length is compared.
      let long = try handler.put("/cam/a.m4s", "x", ["Authorization: Bearer wrong-with-16-letters"])
      #expect(long.status == 429 && long.header("retry-after") == "1")
      clock.advance(by: .seconds(1))
      handler.loop.iterate()
      let right = try handler.put("/cam/a.m4s", "x", ["Authorization: Bearer \(key)"])
      #expect(right.status == status)
    }
  }

  @Test("wrong keys are counted by stream; names of new streams do not divide the guesses")
  func attemptsByStream() throws {
    var options = ServingOptions()
    options.publishKey = SecretDigest(key)
    let handler = try SyntheticHandler(options: options)
    var entry = UploadEntry(
      UploadedStream(name: "studio", limits: .standard, now: handler.loop.now))
    entry.key = SecretDigest("sesame")
    handler.serverState.addUploads(entry)
    handler.requests.woken()
    let own = ["Authorization: Bearer \(key)"]
    let guess = ["Authorization: Bearer guess"]
    for number in 0..<9 {
      // The own key of the guessing publisher ends only the wait for its stream.
      #expect(try handler.put("/own/a.ts", "x", own).status == (number == 0 ? 201 : 204))
      #expect(try handler.put("/studio/a.ts", "x", guess).status == (number < 5 ? 403 : 429))
    }
    #expect(try handler.put("/studio/a.ts", "x", ["Authorization: Bearer sesame"]).status == 429)
    for number in 0..<7 {
      let found = try handler.put("/new\(number)/a.ts", "x", guess)
      #expect(found.status == (number < 5 ? 403 : 429))
    }
    #expect(try handler.put("/own/a.ts", "x", guess).status == 429)
  }

  @Test("the key of a stream is no name of a stream")
  func keyAsName() throws {
    let handler = try SyntheticHandler()
    var entry = UploadEntry(
      UploadedStream(name: "studio", limits: .standard, now: handler.loop.now))
    entry.key = SecretDigest(key)
    handler.serverState.addUploads(entry)
    handler.requests.woken()
    let refused = try handler.put("/\(key)/a.ts", "x")
    #expect(refused.status == 404 && !refused.text.contains(key))
    #expect(!handler.serverState.hasStream(key) && handler.serverState.isPublishKey(key))
  }

  @Test("a client cannot find keys by names that are refused")
  func keysByNames() throws {
    let handler = try SyntheticHandler()
    var entry = UploadEntry(
      UploadedStream(name: "studio", limits: .standard, now: handler.loop.now))
    entry.key = SecretDigest("name-1000")
    handler.serverState.addUploads(entry)
    handler.requests.woken()
    var statuses: [Int: Int] = [:]
    for number in 1...1000 {
      statuses[try handler.put("/name-\(number)/a.ts", "x").status, default: 0] += 1
    }
    // Some streams are created, five names are refused, and nothing is learned of the others.
    let limit = handler.serverState.createdStreams.limit
    #expect(statuses == [201: limit, 503: 5, 429: 1000 - limit - 5])
    #expect(try handler.put("/name-1000/a.ts", "x").status == 429)
    #expect(try handler.put("/name-1/a.ts", "x").status == 204, "a stream that exists")
  }

  @Test(
    "parts of files, codings and unwanted replacements are refused", arguments: ["PUT", "POST"])
  func preconditions(method: String) throws {
    let handler = try SyntheticHandler()
    func put(_ field: String) throws -> FakeExchange {
      try handler.put("/cam/a.m3u8", "x", method: method, [field])
    }
    #expect(try put("Content-Range: bytes 0-0/9").status == 400)
    let coded = try put("Content-Encoding: gzip")
    #expect(coded.status == 415 && coded.header("accept-encoding") == "identity")
    #expect(try handler.ask("/cam/a.m3u8").status == 404)
    #expect(try put("Content-Encoding: identity").status == 201)
    #expect(try put("If-None-Match: *").status == 412)
    #expect(try handler.put("/cam/b.m3u8", "y", method: method, ["If-None-Match: *"]).status == 201)
    #expect(try put("If-None-Match: \"other\"").status == 204)
    #expect(try handler.put("/cam/a.m3u8", "", method: "DELETE").status == 204)
    #expect(try put("If-None-Match: *").status == 201)
  }

  @Test("a file is replaced or deleted only if the conditions hold, RFC 9110 §13.1.1, §13.1.2")
  func conditions() throws {
    let handler = try SyntheticHandler()
    #expect(try handler.put("/cam/a.m4s", "x", ["If-Match: *"]).status == 412)
    #expect(try handler.put("/cam/a.m4s", "x", ["If-Match: \"a\""]).status == 412)
    #expect(handler.serverState.uploads.isEmpty)
    #expect(try handler.put("/cam/a.m4s", "one").status == 201)
    let tag = try #require(try handler.ask("/cam/a.m4s").header("etag"))
    for method in ["PUT", "POST", "DELETE"] {
      for field in [
        "If-Match: \"other\"", "If-Match: W/\(tag)", "If-Match:", "If-None-Match: *",
        "If-None-Match: \(tag)", "If-None-Match: W/\(tag)",
      ] {
        let refused = try handler.put("/cam/a.m4s", "two", method: method, [field])
        #expect(refused.status == 412, "\(method) \(field)")
        #expect(refused.header("cache-control") == "no-store")
      }
    }
    #expect(try handler.ask("/cam/a.m4s").text == "one")
    #expect(try handler.put("/cam/a.m4s", "two", ["If-Match: \"b\", \(tag)"]).status == 204)
    // The tag is that of the former file now.
    #expect(try handler.put("/cam/a.m4s", "three", ["If-Match: \(tag)"]).status == 412)
    let late = try handler.put("/cam/a.m4s", "", method: "DELETE", ["If-Match: \(tag)"])
    #expect(late.status == 412)
    #expect(try handler.ask("/cam/a.m4s").text == "two")
    let next = try #require(try handler.ask("/cam/a.m4s").header("etag"))
    let deleted = try handler.put("/cam/a.m4s", "", method: "DELETE", ["If-Match: \(next)"])
    #expect(deleted.status == 204)
    #expect(try handler.put("/cam/a.m4s", "", method: "DELETE", ["If-Match: *"]).status == 412)
    // §13.2.1: without the condition the response would be 404.
    #expect(try handler.put("/cam/b.m4s", "", method: "DELETE", ["If-Match: *"]).status == 404)
    // An open upload has no tag.
    let upload = try handler.put("/cam/c.m4s", nil)
    let reader = try handler.ask("/cam/c.m4s", ["If-Match: \"a\""])
    handler.send("one", to: upload)
    #expect(reader.status == 412)
    handler.end(upload)
  }

  @Test("Allow names the methods of a path, RFC 9110 §10.2.1; pages of others only read")
  func allowed() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    #expect(try handler.put("/cam/a.m4s", "one").status == 201)
    let (read, files) = ("GET, HEAD, OPTIONS", "GET, HEAD, OPTIONS, PUT, POST, DELETE")
    for (path, methods) in [
      ("/cam/a.m4s", files), ("/cam/x/y.mpd", files), ("/ldash/cam/a.m4s", files),
      ("/other/a.ts", files), ("/cam/", read), ("/", read), ("/live/video/playlist.m3u8", read),
      ("/live/", read), ("/player/hls.js", read), ("/health", read), ("/t/token/live/a.m4s", read),
      ("/live/clearkey", "GET, HEAD, OPTIONS, POST"),
      ("/t/token/live/clearkey", "GET, HEAD, OPTIONS, POST"),
    ] {
      let options = try handler.ask(path, method: "OPTIONS")
      #expect(options.status == 204 && options.header("allow") == methods, "\(path)")
      let refused = try handler.ask(path, method: "PATCH")
      #expect(refused.status == 405 && refused.header("allow") == methods, "\(path)")
      let pages = options.header("access-control-allow-methods") ?? ""
      #expect(!pages.contains("PUT") && !pages.contains("DELETE"))
      // Fetch §2.2.2: a Content-Type such as application/json needs permission.
      let fields = options.header("access-control-allow-headers") ?? ""
      #expect(fields.contains("Content-Type") == path.hasSuffix("/clearkey"))
      #expect(fields.contains("Range") && fields.contains("Authorization"))
    }
  }

  @Test("a stream of the configuration has its own key, and outlives its publisher")
  func configured() throws {
    let handler = try SyntheticHandler()
    var entry = UploadEntry(
      UploadedStream(name: "studio", limits: .standard, now: handler.loop.now))
    entry.key = SecretDigest(key)
    handler.serverState.addUploads(entry)
    handler.requests.woken()
    #expect(try handler.put("/studio/a.ts", "x").status == 401)
    let upload = try handler.put("/studio/a.ts", "x", ["Authorization: Bearer \(key)"])
    #expect(upload.status == 201)
    handler.expire(after: .seconds(100))
    handler.requests.woken()
    #expect(try handler.ask("/studio/a.ts").header("content-type") == "video/mp2t")
    #expect(handler.serverState.removeUploads("studio"))
    handler.requests.woken()
    #expect(try handler.ask("/studio/a.ts").status == 404)
  }

  @Test("a stream of a publisher is removed 60 s after its last upload; there are at most 32")
  func temporary() throws {
    let handler = try SyntheticHandler()
    for number in 0..<32 {
      #expect(try handler.put("/cam\(number)/a.ts", "x").status == 201)
    }
    #expect(try handler.put("/more/a.ts", "x").status == 503)
    let open = try handler.put("/cam0/b.ts", nil)
    let held = try handler.ask("/cam1/never.ts")
    handler.expire(after: .seconds(59))
    handler.requests.woken()
    #expect(try handler.ask("/cam1/a.ts").status == 200)
    handler.expire(after: .seconds(60))
    handler.requests.woken()
    #expect(try handler.ask("/cam1/a.ts").status == 404)
    #expect(held.status == 404)
    handler.send("y", to: open)
    #expect(try handler.ask("/cam0/b.ts").text == "y")
    #expect(try handler.put("/more/a.ts", "x").status == 201)
  }

  @Test(
    "names of other streams and of other paths are not those of uploaded streams",
    arguments: [
      ("/live/seg.m4s", 405), ("/ldash/live/seg.m4s", 405), ("/api/seg.m4s", 403),
      ("/metrics/a.ts", 405), ("/a.ts", 405), ("/cam/", 405), ("/cam", 405),
      ("/ldash/play/cam/a.ts", 405), ("/play/a.ts", 404), ("/auto/a.ts", 404),
      ("/cam/../a.ts", 405), ("/cam/%2e%2e/a.ts", 405), ("/cam/.a", 405), ("/cam/a%2fb", 405),
      ("/cam/a%00b", 405), ("/cam/1/2/3/4.ts", 201), ("/cam/1/2/3/4/5.ts", 405),
      ("/ldash/cam/Streams(video.cmfv)", 201), ("/%63am/a.ts", 201), ("/cam.mpd/a.ts", 405),
    ])
  func names(path: String, status: Int) throws {
    let handler = try SyntheticHandler()
    #expect(try handler.put(path, "x").status == status)
    #expect(handler.serverState.streamTable.uploads.entries.count == (status == 201 ? 1 : 0))
  }

  @Test("no script of another origin may upload or delete")
  func preflight() throws {
    let handler = try SyntheticHandler()
    _ = try handler.put("/cam/a.ts", "x")
    let answer = try handler.ask(
      "/cam/a.ts", method: "OPTIONS",
      ["Origin: http://page.example", "Access-Control-Request-Method: PUT"])
    #expect(answer.header("access-control-allow-methods") == "GET, HEAD, OPTIONS")
    #expect(try handler.put("/cam/a.ts", "", method: "PATCH").status == 405)
  }

  @Test(
    "the type follows from the name; indexes are cached for a second",
    arguments: [
      ("a.mpd", "application/dash+xml", 1), ("a.M3U8", "application/vnd.apple.mpegurl", 1),
      ("a.m4s", "video/mp4", 120), ("a.cmfa", "audio/mp4", 120), ("x/a.ts", "video/mp2t", 120),
      ("a.vtt", "text/vtt; charset=utf-8", 120), ("a.jpg", "image/jpeg", 120),
      ("a.html", "application/octet-stream", 120), ("a", "application/octet-stream", 120),
    ])
  func types(name: String, type: String, age: Int) throws {
    let handler = try SyntheticHandler()
    _ = try handler.put("/cam/\(name)", "x")
    let answer = try handler.ask("/cam/\(name)")
    #expect(answer.header("content-type") == type)
    #expect(answer.header("cache-control") == "public, max-age=\(age)")
    #expect(answer.header("x-content-type-options") == "nosniff")
  }

  @Test("the page, /api and /metrics say that a stream is uploaded")
  func described() throws {
    var options = ServingOptions()
    options.adminToken = "correct-horse-battery"
    let handler = try SyntheticHandler(options: options)
    _ = try handler.put("/cam/manifest.mpd", "<MPD/>")
    let page = try handler.ask("/cam/")
    #expect(page.status == 200 && page.text.contains("an uploaded stream"))
    #expect(page.text.contains("\"./../?src=cam/manifest.mpd\""))
    #expect(try handler.ask("/ldash/play/cam").text == "<html>")
    let player = try handler.ask("/ldash/play/cam/manifest.mpd", ["Accept: text/html"])
    #expect(player.text == "<html>")
    #expect(try handler.ask("/ldash/play/cam/manifest.mpd").text == "<MPD/>")
    let bearer = ["Authorization: Bearer correct-horse-battery"]
    for path in ["/api/streams", "/api/streams/cam"] {
      let text = try handler.ask(path, bearer).text
      #expect(text.contains(#""stream": "cam", "source": "relay""#), "\(text)")
      #expect(text.contains(#""state": "live", "files": 1"#), "\(text)")
    }
    let metrics = try handler.ask("/metrics").text
    #expect(metrics.contains("streamer_relayed_streams 1"))
    #expect(metrics.contains(#"streamer_uploads_total{result="complete"} 1"#))
    #expect(metrics.contains("streamer_upload_bytes_total 6"))
  }
}
