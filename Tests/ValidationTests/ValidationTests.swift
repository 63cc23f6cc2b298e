// SPDX-License-Identifier: Apache-2.0

import Checked
import TestSupport
import Testing
import XML

@testable import Validation

@Suite("Rules of origins")
struct ValidationTests {
  /// The result of following an origin for 20 s of virtual time.
  private func follow(_ address: PlantedFault.Address, _ origin: ScriptedOrigin) -> Validation {
    Validation("http://origin/\(address.rawValue)", origin, seconds: 20)
  }

  @Test("an origin that obeys all rules has no findings", arguments: [true, false])
  func healthy(hasParts: Bool) {
    for address in [PlantedFault.Address.main, .plain, .mpd] {
      let origin = ScriptedOrigin()
      origin.hasParts = hasParts
      origin.hasTimeline = !hasParts
      let validation = follow(address, origin)
      #expect(validation.failure == nil)
      #expect(validation.findings.list.map { "\($0.rule.name): \($0.seen)" } == [])
      #expect(validation.findings.checks.count > 20)
      #expect(validation.isPassed)
    }
  }

  @Test(
    "each planted fault breaks its rule",
    arguments: zip(PlantedFault.all, PlantedFault.all.indices))
  func planted(fault: PlantedFault, index: Int) async throws {
    let validation = try #require(await PlantedFault.validations.value[index])
    let names = validation.findings.list.map(\.rule.name)
    #expect(names.contains(fault.rule), "\(names), \(validation.failure ?? "followed")")
    let rule = Rule.all.first { $0.name == fault.rule }
    if rule?.level == .must { #expect(!validation.isPassed) }
  }

  @Test("a static MPD at the end may begin later, with the times and names of its segments")
  func ends() {
    let base = Int(ScriptedOrigin.start) + 2
    let rows: [(hasTimeline: Bool, old: String, new: String, seen: String?)] = [
      (false, "", "", nil), (true, "", "", nil),
      // The timeline may begin at zero again.
      (false, "start=\"PT\(base)S", "start=\"PT0S", nil),
      (false, "availabilityStartTime=\"1970-01-01T00:00:00Z\"", "", nil),
      (
        false, "start=\"PT\(base)S", "start=\"PT\(base + 1)S", "which are 1.0 s later"
      ),
      (false, "Offset=\"\(base)000", "Offset=\"\(base)001", "startNumber"),
      (false, "startNumber=\"\(base)", "startNumber=\"\(base + 1)", "startNumber"),
      (false, "duration=\"1000", "duration=\"1001", "another SegmentTemplate"),
      (true, "Offset=\"\(base)000", "Offset=\"\(base)500", "presentation times"),
      (true, "startNumber=\"\(base)", "startNumber=\"\(base + 1)", "number \(base + 1)"),
    ]
    for row in rows {
      let origin = ScriptedOrigin()
      (origin.endTime, origin.hasTimeline) = (6, row.hasTimeline)
      origin.change = { reply, elapsed in
        guard elapsed >= 6, reply.url.contains("mpd") else { return }
        let text = String(decoding: reply.body, as: UTF8.self)
        #expect(text.contains(row.old) || row.old.isEmpty, "\(row.old)")
        reply.body = Array(
          row.old.isEmpty ? text.utf8 : text.replacingBytes(of: row.old, with: row.new).utf8)
      }
      let found = follow(.mpd, origin).findings.list
      #expect(found.count == (row.seen == nil ? 0 : 1), "\(row) \(found.map(\.seen))")
      if let seen = row.seen { #expect(found.first?.seen.contains(seen) == true, "\(found)") }
      #expect(origin.now < ScriptedOrigin.start + 10)
    }
  }

  @Test(
    "a stream may end before a segment that is announced by the clock, and only then",
    arguments: [true, false])
  func endsBeforeSegment(hasEnded: Bool) {
    let origin = ScriptedOrigin()
    let number = Int(ScriptedOrigin.start) + 6
    origin.endTime = hasEnded ? 6.3 : .infinity
    origin.change = { reply, _ in
      if reply.url.contains("seg\(number)") { (reply.status, reply.body) = (404, []) }
    }
    let found = follow(.mpd, origin).findings.list
    #expect(found.map(\.rule.name) == (hasEnded ? [] : ["segment-in-time"]))
  }

  @Test("an origin may leave after EXT-X-ENDLIST, and only then", arguments: [true, false])
  func leaves(hasEnded: Bool) {
    let origin = ScriptedOrigin()
    origin.change = { reply, elapsed in
      if hasEnded, (5..<5.3).contains(elapsed), reply.url.contains("v.m3u8") {
        let lines = String(decoding: reply.body, as: UTF8.self).split(separator: "\n")
          .filter { !$0.contains("HINT") && !$0.contains("EXT-X-PART:") }
        reply.body = Array((lines + ["#EXT-X-ENDLIST\n"]).joined(separator: "\n").utf8)
      } else if elapsed >= 5 {
        (reply.status, reply.failure, reply.body) = (0, "no connection", [])
      }
    }
    let validation = follow(.main, origin)
    let names = validation.findings.list.map(\.rule.name)
    #expect(validation.isPassed == hasEnded, "\(names)")
    #expect(names.contains("reload-in-time") != hasEnded)
    // The rule of the end is checked a Target Duration later.
    #expect((validation.seconds < 7) == hasEnded)
  }

  @Test("a short segment, as at the end of a stream, is sent in a short time")
  func shortSegment() throws {
    var found = try FragmentSummary([], nil)
    found.fragments = 2
    for (end, spread, isBroken) in [(200, 0.1, false), (200, 0.01, true), (1000, 0.1, true)] {
      (found.start, found.end) = (5000, 5000 + Int64(end))
      let reply = Reply(
        url: "http://origin/s", status: 200, sent: 0, end: spread, pieces: [0, spread])
      var findings = Findings()
      findings.checkSegment(
        reply, found, start: 5, duration: 1, timescale: 1000, isLowLatency: true)
      #expect(findings.list.contains { $0.rule == .sentWhileMade } == isBroken)
    }
  }

  @Test("a segment whose response is cut is requested again")
  func cut() {
    let origin = ScriptedOrigin()
    var isCut = false
    origin.change = { reply, elapsed in
      guard elapsed > 4, reply.url.contains("/seg"), !isCut else { return }
      isCut = true
      reply.failure = "the connection ended within the response"
    }
    let validation = follow(.mpd, origin)
    #expect(validation.findings.list.map(\.rule.name) == ["segment-sent-whole"])
    #expect(validation.findings.list.first?.count == 1 && validation.isPassed)
  }

  @Test("a playlist that has ended is no Playlist Delta Update")
  func endedDelta() {
    let lines = (1...20).map { "#EXTINF:1.0,\n\($0).m4s\n" }.joined()
    let text =
      "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:1\n"
      + "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=6\n" + lines
    for (end, rules) in [("", [Rule.deltaGiven]), ("#EXT-X-ENDLIST\n", [])] {
      let playlist = MediaPlaylist(PlaylistText(Array((text + end).utf8)))
      var findings = Findings()
      findings.checkDelta(
        playlist, after: playlist, before: playlist, Place(url: "http://origin/a", time: 0))
      #expect(findings.list.map(\.rule) == rules)
    }
  }

  @Test("a fault is planted for each rule, and names are unique")
  func complete() {
    #expect(Set(PlantedFault.all.map(\.rule)) == Set(Rule.all.map(\.name)))
    #expect(Set(Rule.all.map(\.name)).count == Rule.all.count)
    #expect(Rule.all.count >= 60)
  }

  @Test("the table of rules: clause, planted fault, and what was seen of it")
  func table() async throws {
    var rows = [["rule", "level", "clause", "planted", "found"]]
    let validations = await PlantedFault.validations.value
    for (index, fault) in PlantedFault.all.enumerated() {
      let list = try #require(validations[index]).findings.list
      let found = try #require(list.first { $0.rule.name == fault.rule }, "\(fault.rule)")
      rows.append([
        fault.rule, found.rule.level.rawValue, found.rule.clause, fault.planted, found.seen,
      ])
    }
    let lines = rows.map { row in
      row.map { $0.replacingBytes(of: "\n", with: " ").replacingBytes(of: "\t", with: " ") }
        .joined(separator: "\t") + "\n"
    }
    Golden.expect(lines.joined(), equals: "planted-faults.tsv")
  }

  @Test("what cannot be followed is a failure with its reason")
  func failures() {
    let origin = ScriptedOrigin()
    origin.change = { reply, _ in reply.status = 404 }
    #expect(follow(.main, origin).failure == "status 404")
    origin.change = { reply, _ in reply.body = Array("hello".utf8) }
    let other = follow(.main, origin)
    #expect(other.failure == "neither a playlist nor an MPD")
    #expect(!other.isPassed)
    let junit = ValidationReport.junit([other])
    #expect(junit.contains("tests=\"\(Rule.all.count + 1)\" failures=\"0\" errors=\"1\""))
    #expect(junit.split(separator: "<testcase ").count == Rule.all.count + 2)
  }

  @Test("reports name rule, clause, request, what was seen and what was expected")
  func reports() {
    let origin = ScriptedOrigin()
    origin.change = { reply, _ in
      guard reply.url.contains("v.m3u8") else { return }
      let text = String(decoding: reply.body, as: UTF8.self)
      reply.body = Array(text.replacingBytes(of: "BACK=0.75", with: "BACK=0.3").utf8)
    }
    let validation = Validation("http://origin/main.m3u8?token=secret", origin, seconds: 3)
    let text = ValidationReport.text(validation)
    #expect(text.contains("part-hold-back (must, RFC 8216bis §4.4.3.8)"))
    #expect(text.contains("seen      PART-HOLD-BACK=0.3\n  expected  at least 0.5"))
    #expect(text.contains("blocking reload: median"))
    for report in [text, ValidationReport.json(validation), ValidationReport.junit([validation])] {
      #expect(!report.contains("secret"))
    }
    let json = ValidationReport.json(validation)
    #expect(json.contains("{\"rule\":\"part-hold-back\",\"level\":\"must\""))
    let junit = ValidationReport.junit([validation])
    #expect(junit.contains("<failure type=\"must\" message=\"PART-HOLD-BACK=0.3\">"))
    #expect(junit.contains("name=\"mpd-well-formed\"><skipped/>"))
    #expect(junit.contains("name=\"part-hold-back-three\"><system-out>should: "))
    #expect(junit.contains("tests=\"\(Rule.all.count)\" failures=\"1\" errors=\"0\""))
    #expect(!text.contains("early hints") && json.contains("\"earlyHints\":0,"))
  }

  @Test("reports count the responses 103 of an origin that sends some")
  func earlyHints() {
    let origin = ScriptedOrigin()
    origin.hintsPerResponse = 1
    let validation = follow(.main, origin)
    #expect(validation.isPassed && validation.earlyHints > 20)
    let text = ValidationReport.text(validation)
    #expect(text.hasSuffix("\nearly hints: \(validation.earlyHints)\n"))
    let json = ValidationReport.json(validation)
    #expect(json.contains("\"earlyHints\":\(validation.earlyHints),"))
  }
}

@Suite("Foreign documents")
struct ForeignDocumentTests {
  @Test("XML: entities, CDATA, comments, prefixes; faults with their place")
  func elements() throws {
    let node = try Manifest.document(
      "<?xml version='1.0'?><!-- a --><d:MPD a='1 &lt; 2' d:b=\"&#x41;\"><S/>"
        + "<BaseURL> x&amp;y<![CDATA[<z>]]> </BaseURL></d:MPD>\n")
    #expect(node.name == "MPD" && node["a"] == "1 < 2" && node["b"] == "A")
    #expect(node.first("BaseURL")?.text == "x&y<z>" && node.all("S").count == 1)
    for text in [
      "", "MPD", "<MPD", "<MPD>", "<MPD></S>", "<MPD a=1/>", "<MPD a='1' a='2'/>", "<MPD/>x",
      "<MPD>&x;</MPD>", "<!-- ", String(repeating: "<S>", count: 100), "<!DOCTYPE MPD><MPD/>",
    ] {
      #expect(throws: XMLFault.self) { try Manifest.document(text) }
    }
  }

  @Test("MPDs that grow: Representations, timelines and addresses are bounded")
  func growth() throws {
    let timeline = "<SegmentTimeline><S t='0' d='1' r='99999'/></SegmentTimeline>"
    let representations = (0..<1200).map { "<Representation id='\($0)'/>" }.joined()
    let manifest = try Manifest(
      "<MPD><Period><SegmentTemplate media='a'>\(timeline)</SegmentTemplate>"
        + "<AdaptationSet>\(representations)</AdaptationSet></Period></MPD>")
    #expect(manifest.tracks.count == 1000)
    let segments = manifest.tracks.reduce(0) { $0 + ($1.template?.timeline?.count ?? 0) }
    #expect(segments == 1_000_000)
    #expect(
      manifest.unread == [
        "segments after the first 1000000 of all timelines",
        "Representations after the first 1000",
      ])
    let long = try Manifest(
      "<MPD><BaseURL>\(String(repeating: "a", count: 9000))</BaseURL><Period><AdaptationSet>"
        + "<SegmentTemplate media='\(String(repeating: "$RepresentationID$", count: 500))'/>"
        + "<Representation id='\(String(repeating: "b", count: 5000))'/></AdaptationSet>"
        + "</Period></MPD>")
    let track = try #require(long.tracks.first)
    #expect(track.base.isEmpty && long.unread == ["a BaseURL of more than 8192 bytes"])
    let uri = track.template?.uri(
      track.template?.media ?? "", id: track.id, bandwidth: nil, number: 1, time: 0)
    #expect(uri?.utf8.count == 10_000)
  }

  /// The largest variables of the attack "billion laughs": nine levels of ten references.
  private static let laughs =
    "#EXTM3U\r\n#EXT-X-VERSION:11\r\n#EXT-X-DEFINE:NAME=\"v0\",VALUE=\"aaaaaaaaaa\"\n"
    + (1...9).map { level in
      let value = String(repeating: "{$v\(level - 1)}", count: 10)
      return "#EXT-X-DEFINE:NAME=\"v\(level)\",VALUE=\"\(value)\"\n"
    }.joined() + "#EXT-X-TARGETDURATION:1\n"

  @Test("values of variables that refer to variables stay below a limit, with the line beyond it")
  func laughs() {
    var findings = Findings()
    let place = Place(url: "http://origin/a", time: 0)
    let text = PlaylistText(Array(Self.laughs.utf8))
    findings.checkSyntax(text, place)
    // 10^4 bytes are the value of v3, 10^5 would be that of v4, in the line after it.
    let found = findings.list.first { $0.rule == .variablesDefined }
    #expect(found?.seen == "line 7: variables make a line of more than 65536 bytes")
    // The line of v4 stays as it is, so v5 has ten times its 50 bytes.
    #expect(text.size < 100_000)
    #expect(text.tags("#EXT-X-TARGETDURATION").first?.value == "1")
  }

  @Test("values of variables add no more than a limit to all lines together")
  func growthOfLines() {
    let lines = String(repeating: "{$v3}\n", count: 5000)
    let text = PlaylistText(Array((Self.laughs + lines).utf8))
    #expect(text.size <= Self.laughs.utf8.count + lines.utf8.count + (16 << 20))
    #expect(text.size > 8 << 20)
    #expect(text.lines.last?.value == "{$v3}")
    let faults = text.variables.faults
    let limit = "variables add more than 16777216 bytes to the playlist"
    #expect(faults.count == 8 && faults.last?.hasSuffix(limit) == true)
  }

  @Test("at most 1000 variables are read")
  func manyVariables() {
    let lines = (1...1001).map { "#EXT-X-DEFINE:NAME=\"a\($0)\",VALUE=\"b\"\n" }.joined()
    let text = PlaylistText(Array("#EXTM3U\n\n\(lines){$a1000}\n{$a1001}\n".utf8))
    #expect(
      text.variables.faults == [
        "line 1003: more than 1000 variables", "line 1005: no value of a1001",
      ])
    #expect(text.lines.suffix(2).map(\.value) == ["b", "{$a1001}"])
  }

  @Test("attribute lists: the values, and what is malformed")
  func attributes() {
    let list = AttributeList("A=1,B=\"x,y\",C-1=YES"[...])
    #expect(list["A"] == "1" && list["B"] == "x,y" && list.isYes("C-1"))
    #expect(list.malformed == nil && list["C"] == nil && list.repeated == [])
    for text in [
      "A", "A=", "a=1", "A=1,", "A=\"x", "A=\"x\"y", "A=1, B=2", "=1",
      "A=x\u{2003}y", "Ä=1",
    ] {
      #expect(AttributeList(text[...]).malformed != nil, "\(text)")
    }
    #expect(AttributeList("A=1,A=2"[...]).repeated == ["A"])
    let many = (0..<300).map { "A\($0)=1" }.joined(separator: ",")
    #expect(AttributeList(many[...]).malformed == "more than 256 attributes")
    for text in ["-1", "1e9", "nan", "inf", "99999999999", ""] {
      #expect(AttributeList.seconds(text) == nil, "\(text)")
    }
  }

  @Test("addresses of templates: numbers with a width, times, dollars")
  func templates() throws {
    let manifest = try Manifest(
      "<MPD><Period><AdaptationSet><SegmentTemplate media='$RepresentationID$/$Number%05d$-$Time$"
        + "-$Bandwidth$$$.m4s' duration='2' timescale='1'/><Representation id='v' bandwidth='9'/>"
        + "</AdaptationSet></Period></MPD>")
    let template = try #require(manifest.tracks.first?.template)
    let uri = template.uri(template.media ?? "", id: "v", bandwidth: 9, number: 42, time: 7)
    #expect(uri == "v/00042-7-9$.m4s")
    #expect(Manifest.duration("PT1H2M3.5S") == 3723.5 && Manifest.duration("P1DT1S") == 86_401)
    #expect(Manifest.duration("P0Y0M0DT0H0M2.0S") == 2 && Manifest.duration("P1M") == 2_592_000)
    for text in ["P", "PT", "1S", "P1DT", "PT1", "PT1S1M", "P1S", "PT1D", "PT1ST1S", "-PT1S"] {
      #expect(Manifest.duration(text) == nil, "\(text)")
    }
  }

  @Test(
    "a segment begins at the end of the one before; a gap may begin later",
    arguments: [
      ("", "01.000", true), ("", "01.400", false), ("#EXT-X-GAP\n", "01.000", true),
      ("#EXT-X-GAP\n", "01.400", true), ("#EXT-X-GAP\n", "00.600", false),
    ])
  func dates(tag: String, second: String, isRight: Bool) {
    let playlist = """
      #EXTM3U
      #EXT-X-TARGETDURATION:1
      #EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:00.000Z
      #EXTINF:1.000,
      a.ts
      \(tag)#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:\(second)Z
      #EXTINF:1.000,
      b.ts

      """
    let text = PlaylistText(Array(playlist.utf8))
    var findings = Findings()
    findings.checkMediaPlaylist(MediaPlaylist(text), text, Place(url: "http://origin/a", time: 0))
    #expect(findings.list.contains { $0.rule == .dateContinuous } == !isRight)
  }

  @Test("malformed playlists do not trap")
  func numbers() {
    let text = """
      #EXTM3U
      #EXT-X-MEDIA-SEQUENCE:9223372036854775807
      #EXT-X-TARGETDURATION:999999999999999999999
      #EXT-X-SKIP:SKIPPED-SEGMENTS=9007199254740992
      #EXT-X-DISCONTINUITY-SEQUENCE:-5
      #EXT-X-PART:DURATION=99999999999999999999
      #EXTINF:-1,
      x
      """
    let playlist = MediaPlaylist(PlaylistText(Array(text.utf8)))
    #expect(playlist.segments.count == 1 && playlist.mediaSequence == 0)
    var findings = Findings()
    let place = Place(url: "http://origin/a", time: 0)
    findings.checkUpdate(from: playlist, to: playlist, place)
    findings.checkDelta(playlist, after: playlist, before: playlist, place)
    findings.checkSyntax(PlaylistText([0xFF, 0x0A, 0]), place)
    #expect(findings.list.contains { $0.rule == .encoding })
  }
}
