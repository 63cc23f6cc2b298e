// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Testing
import Validation

@Suite("Trials of caches: the table of deploy/edge/cases.json")
struct EdgeTrialTests {
  private let random = EdgeTrial.Stream(name: "edge-check-1", isRandom: true)
  private let made = EdgeTrial.Stream(name: "edge-check", isRandom: false)

  private func run(
    _ edge: ScriptedEdge, _ stream: EdgeTrial.Stream?, _ cases: [EdgeCase] = EdgeCase.all
  ) throws -> Validation {
    let address = try #require(WebAddress(ScriptedEdge.address))
    return EdgeTrial.run(address, edge, stream, cases, agent: "test")
  }

  private func plan(_ name: String) throws -> EdgePlan? {
    let one = try #require(EdgeCase.all.first { $0.name == name })
    var names = EdgeNames(authority: "edge.example", agent: "test")
    (names.stream, names.segment, names.part, names.next) = ("made", 7, 3, 9)
    names.past = 5
    return EdgePlan(one, names)
  }

  private func names(_ validation: Validation) -> [String] {
    validation.findings.list.map { "\($0.rule.name): \($0.seen)" }
  }

  // MARK: The table

  @Test("the table is part of the program: each case has a name and a clause of its own")
  func table() {
    #expect(EdgeCase.all.count > 70)
    #expect(Set(EdgeCase.all.map(\.rule.name)).count == EdgeCase.all.count)
    for one in EdgeCase.all {
      #expect(one.rule.clause.wholeMatch(of: #/RFC \d+ §[\d.]+/#) != nil, "\(one.rule.clause)")
      #expect(!one.meanings.isEmpty)
    }
  }

  @Test("requests are sent byte by byte as in the table")
  func bytes() throws {
    let high = try #require(try plan("Host with a byte above 0x7F"))
    #expect(
      high.attack.bytes.starts(
        with: Array("GET /made/video/playlist.m3u8?_HLS_msn=7&_HLS_part=3 HTTP/1.1\r\nHost: a".utf8)
          + [0xE9]))
    let two = try #require(try plan("two Host fields"))
    let hosts = two.attack.fields.filter { $0.isNamed("host") }.map(\.value)
    #expect(hosts == ["a.example", "b.example"])
    let none = try #require(try plan("HTTP/1.0 without Host"))
    #expect(none.attack.value("host") == nil && none.attack.version == "1.0")
    let absolute = try #require(try plan("an absolute address"))
    #expect(absolute.attack.target == "http://other.example/made/manifest.mpd")
    let body = try #require(try plan("a body"))
    #expect(body.attack.bytes.suffix(7) == Array("\r\n\r\nabc".utf8)[...])
    let many = try #require(try plan("150 fields"))
    #expect(many.attack.fields.count > 150)
    let named = try #require(try plan("a host that Connection names"))
    #expect(named.attack.fields.filter { $0.isNamed("connection") }.map(\.value) == ["Host"])
    #expect(try plan("the parameters of a player") == nil)
  }

  @Test("names of a sub-path and of a token are part of each path")
  func prefixes() throws {
    var names = EdgeNames(authority: "edge.example", agent: "test")
    (names.prefix, names.stream) = ("/t/x", "made")
    for one in EdgeCase.all {
      guard let plan = EdgePlan(one, names) else { continue }
      for request in [plan.attack] + plan.victims.map(\.request) {
        #expect(request.target.contains("/t/x/"), "\(one.name)")
      }
    }
  }

  @Test("viewers of a case ask for its addresses as players do")
  func viewers() throws {
    let found = try #require(try plan("a directive in lower case")).victims
    #expect(
      found.map(\.request.target) == [
        "/made/video/playlist.m3u8?_HLS_msn=9&_HLS_part=0", "/made/video/playlist.m3u8",
      ])
    #expect(found.first?.asked.map { $0 == (9, 0) } == true)
    #expect(found.allSatisfy { $0.request.method == "GET" && $0.request.value("host") != nil })
  }

  // MARK: Pace

  @Test("requests are at least 0.1 s apart, and at most 200")
  func pace() throws {
    var pace = EdgePace()
    var last = 4.0
    for _ in 0..<EdgePace.most {
      // The clock when the request before was sent.
      let next = pace.next(max(5, last))
      let time = try #require(next)
      #expect(time - last > 0.0999)
      last = time
    }
    let further = pace.next(1000)
    #expect(further == nil && pace.count == 200)
    var back = EdgePace()
    _ = back.next(1000)
    // A clock that is set back stops no trial.
    let early = back.next(10)
    #expect(early.map { $0 < 10.11 } == true)

    let edge = ScriptedEdge()
    let found = try run(edge, random, EdgeCase.all + EdgeCase.all)
    #expect(edge.requests.count == 200 && found.requests == 200)
    #expect(found.findings.notes.contains { $0.contains("the limit of 200 requests") })
    for (first, second) in zip(edge.requests, edge.requests.dropFirst()) {
      #expect(second.time - first.time > 0.0999)
    }
  }

  // MARK: Reading

  @Test("without a stream only requests of players are sent, to the stream of the address")
  func reading() throws {
    let edge = ScriptedEdge()
    let found = try run(edge, nil)
    #expect(names(found) == [] && found.isPassed && found.requests == edge.requests.count)
    #expect(found.findings.checks.count == 4 && edge.requests.count < 10)
    let known: Set = ["Host", "User-Agent", "Connection", "Accept-Encoding"]
    for (request, _) in edge.requests {
      #expect(["GET", "HEAD"].contains(request.method) && request.body.isEmpty)
      #expect(request.target.hasPrefix("/live") && !request.target.contains("%"))
      #expect(known.isSuperset(of: request.fields.map(\.name)))
    }
  }

  @Test("reading finds keys without directives, without encodings, and a kept HEAD")
  func readingFaults() throws {
    let rows: [(rule: String, plant: (ScriptedEdge) -> Void)] = [
      ("edge-directives-in-key", { $0.comparesQuery = false }),
      ("edge-encodings-apart", { $0.dividesEncodings = false }),
      ("edge-head-apart", { $0.keepsHead = true }),
    ]
    for row in rows {
      let edge = ScriptedEdge()
      row.plant(edge)
      let found = try run(edge, nil)
      #expect(found.findings.list.map(\.rule.name).contains(row.rule), "\(names(found))")
      #expect(!found.isPassed)
    }
  }

  // MARK: Cases

  @Test("an edge that reads requests as the server does has no findings")
  func healthy() throws {
    for (stream, hasPast) in [(random, true), (made, true), (made, false)] {
      // Their addresses have viewers, or media that the stream does not have.
      let left = EdgeCase.all.filter {
        ([.root, .extent].contains($0.resource) && $0.isTried)
          || ($0.resource == .past && !hasPast)
      }
      let edge = ScriptedEdge()
      edge.hasPast = hasPast
      let found = try run(edge, stream)
      #expect(names(found) == [] && found.failure == nil)
      #expect(
        found.isPassed
          && found.findings.checks.count >= 4 + EdgeCase.all.filter(\.isTried).count - left.count)
      let addresses = found.findings.notes.filter { $0.hasPrefix("“") }
      #expect(addresses.count == left.count, "\(addresses)")
      #expect(!found.findings.notes.contains { $0.contains("the limit of 200") })
    }
  }

  @Test("unusual requests are sent below the stream only")
  func addresses() throws {
    for stream in [random, made] {
      let edge = ScriptedEdge()
      let reading = ScriptedEdge()
      _ = try run(reading, nil)
      _ = try run(edge, stream)
      for (request, _) in edge.requests.dropFirst(reading.requests.count) {
        #expect(request.target.contains("/\(stream.name)"), "\(request.target)")
      }
    }
  }

  @Test("each planted fault is named by the request that shows it")
  func faults() throws {
    let rows: [(rule: String, stream: EdgeTrial.Stream, plant: (ScriptedEdge) -> Void)] = [
      (
        "edge-host-with-a-brace", random,
        { ($0.checksHost, $0.dividesHosts, $0.keepsErrors) = (false, false, true) }
      ),
      ("edge-another-method", made, { $0.acceptsMethods = true }),
      ("edge-a-directive-in-upper-case", made, { $0.comparesQuery = false }),
      (
        "edge-the-skip-directive-twice", made,
        { ($0.keepsErrors, $0.comparesQuery, $0.checksQuery) = (true, false, false) }
      ),
      ("edge-an-encoding-for-a-part", made, { $0.change = Self.spoilParts }),
      ("edge-a-directive-in-lower-case", made, { $0.dropsSpellings = true }),
      ("edge-an-unknown-parameter-of-the-past", made, { $0.keepsRedirects = true }),
    ]
    for row in rows {
      let edge = ScriptedEdge()
      row.plant(edge)
      let found = try run(edge, row.stream)
      #expect(found.findings.list.map(\.rule.name).contains(row.rule), "\(names(found))")
      #expect(!found.isPassed)
    }
  }

  private static func spoilParts(_ reply: inout Reply, _ count: Int) {
    if reply.url.hasSuffix(".m4s"), count > 25 { reply.body = [] }
  }

  @Test(
    "below a sub-path no request is sent to an address above it",
    arguments: [
      "live.m3u8", "ll.m3u8", "manifest.mpd", "live/video/playlist.m3u8", "live/manifest.mpd",
    ])
  func subPath(name: String) throws {
    let edge = ScriptedEdge()
    edge.folder = "/cameras"
    let address = try #require(WebAddress("http://edge.example/cameras/\(name)"))
    let found = EdgeTrial.run(address, edge, made, agent: "test")
    #expect(names(found) == [] && found.failure == nil && edge.requests.count > 150)
    #expect(edge.requests.allSatisfy { $0.request.target.contains("/cameras/") })
  }

  @Test("a stream with viewers, and an address without a stream, are only read")
  func viewed() throws {
    let rows: [(stream: String, address: String, reason: String)] = [
      ("live", "/live.m3u8", "is that of the address"), ("edge-check", "/time", "no media below"),
      ("live", "/ll.m3u8", "is that of the address"),
      ("live", "/manifest.mpd", "is that of the address"),
    ]
    for row in rows {
      let edge = ScriptedEdge()
      let address = try #require(WebAddress("http://edge.example\(row.address)"))
      let stream = EdgeTrial.Stream(name: row.stream, isRandom: false)
      let found = EdgeTrial.run(address, edge, stream, agent: "test")
      #expect(found.failure?.contains(row.reason) == true && !found.isPassed)
      #expect(edge.requests.allSatisfy { !$0.request.target.contains("%") })
      #expect(edge.requests.count < 10)
    }
  }

  @Test("a stream that answers although its name is random is not tried")
  func existing() throws {
    let edge = ScriptedEdge()
    let found = try run(edge, EdgeTrial.Stream(name: "live2", isRandom: true))
    #expect(found.failure?.contains("expected 404") == true && !found.isPassed)
    #expect(edge.requests.allSatisfy { ["GET", "HEAD"].contains($0.request.method) })
    #expect(edge.requests.count < 12)
  }

  @Test("an edge that limits this client ends the trial, and is no finding")
  func limited() throws {
    let edge = ScriptedEdge()
    edge.change = { reply, count in if count > 60 { reply.status = 429 } }
    let found = try run(edge, random)
    #expect(found.failure?.contains("429") == true && names(found) == [])
    #expect(edge.requests.count == 61)
  }

  @Test("the report has the clause of each finding, and the number of requests")
  func report() throws {
    let edge = ScriptedEdge()
    edge.acceptsMethods = true
    let found = try run(edge, made)
    let text = ValidationReport.text(found)
    #expect(text.contains("edge-another-method (must, RFC 9110 §15.5.6), once"), "\(text)")
    let count = edge.requests.count
    #expect(text.contains(" s, broken: 2 must, 0 should\n"))
    #expect(text.contains("requests: \(count) of at most 200\n"))
    #expect(ValidationReport.json(found).contains("\"requests\":\(edge.requests.count),"))
    #expect(ValidationReport.junit([found]).contains("failures=\"2\""))
  }
}
