// SPDX-License-Identifier: Apache-2.0

import HTTP
import TestSupport
import Testing

@testable import Validation

@Suite("Forms that our origin does not use")
struct OtherOriginsTests {
  /// The result of following an origin for 20 s of virtual time.
  private func follow(_ address: PlantedFault.Address, _ origin: ScriptedOrigin) -> Validation {
    Validation("http://origin/\(address.rawValue)", origin, seconds: 20)
  }

  @Test("addresses of a redirected playlist or MPD are relative to the final address")
  func redirected() {
    for address in [PlantedFault.Address.main, .plain, .mpd] {
      let origin = ScriptedOrigin()
      origin.redirects = true
      let found = follow(address, origin).findings
      #expect(found.list.map { "\($0.rule.name): \($0.seen)" } == [])
      #expect(found.checks[.wholeBoxes, default: 0] > 5)
    }
  }

  @Test("variables of EXT-X-DEFINE: by value, of the Multivariant Playlist, of the query")
  func variables() {
    for definition in [
      "NAME=\"folder\",VALUE=\"v\"", "IMPORT=\"folder\"", "QUERYPARAM=\"folder\"",
    ] {
      let origin = ScriptedOrigin()
      origin.change = { reply, _ in
        let text = String(decoding: reply.body, as: UTF8.self)
        if reply.url.contains("main.m3u8") {
          reply.body = Array(
            text.replacingBytes(of: ":6\n", with: ":8\n#EXT-X-DEFINE:NAME=\"folder\",VALUE=\"v\"\n")
              .replacingBytes(of: "\nv.m3u8", with: "\n{$folder}.m3u8?folder=%76").utf8)
        } else if reply.url.contains("v.m3u8") {
          reply.body = Array(
            text.replacingBytes(of: ":9\n", with: ":11\n#EXT-X-DEFINE:\(definition)\n")
              .replacingBytes(of: "v/", with: "{$folder}/").utf8)
        }
      }
      let found = follow(.main, origin).findings
      #expect(found.list.map { "\($0.rule.name): \($0.seen)" } == [], "\(definition)")
      #expect(found.checks[.wholeBoxes, default: 0] > 5)
    }
  }

  @Test("media that are encrypted as a whole are not read, and the report says so")
  func encrypted() {
    let key = "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x1\n"
    for coversHeader in [false, true] {
      let origin = ScriptedOrigin()
      origin.change = { reply, _ in
        if reply.url.contains("m3u8") {
          let text = String(decoding: reply.body, as: UTF8.self)
          reply.body = Array(
            (coversHeader
              ? text.replacingBytes(of: "#EXT-X-MAP", with: key + "#EXT-X-MAP")
              : text.replacingBytes(of: "init.mp4\"\n", with: "init.mp4\"\n" + key)).utf8)
        } else if coversHeader || !reply.url.contains("init") {
          reply.body = reply.body.map { $0 ^ 0x5A }
        }
      }
      let validation = follow(.main, origin)
      #expect(validation.findings.list.map { "\($0.rule.name): \($0.seen)" } == [])
      #expect(validation.findings.checks[.wholeBoxes] == nil)
      let line = "boxes of media with EXT-X-KEY:METHOD=AES-128, not decrypted"
      #expect(ValidationReport.text(validation).contains("\nnot checked: \(line)\n"))
      #expect(ValidationReport.json(validation).contains("\"notChecked\":[\"\(line)\"]"))
      #expect(ValidationReport.junit([validation]).contains("<system-out>not checked: \(line)<"))
    }
  }

  @Test("an S with r=-1 repeats up to now: the newest segments are requested")
  func openTimeline() {
    for isWhole in [false, true] {
      let origin = ScriptedOrigin()
      origin.hasTimeline = true
      var ages: [Double] = []
      origin.change = { reply, elapsed in
        if reply.url.contains("mpd") {
          let text = String(decoding: reply.body, as: UTF8.self)
            .replacingBytes(of: " r=\"3\"", with: " r=\"-1\"")
          reply.body = Array(
            (isWhole
              ? text.replacing(#/ t="\d+"/#, with: " t=\"0\"")
                .replacing(#/startNumber="\d+"/#, with: "startNumber=\"0\"")
              : text).utf8)
        } else if let name = reply.url.split(separator: "/seg").last, reply.url.contains("/seg") {
          let number = Double(name.prefix { $0 != "." }) ?? 0
          ages.append(ScriptedOrigin.start + elapsed - number)
        }
      }
      let found = follow(.mpd, origin).findings.list
      #expect(found.map { "\($0.rule.name): \($0.seen)" } == [])
      #expect(ages.count > 20 && ages.allSatisfy { (1..<2.5).contains($0) }, "\(ages)")
    }
  }

  @Test("lengths of ranges without a start add up to no number that cannot be requested")
  func chain() {
    var next: Int64? = 0
    for _ in 0..<1100 {
      let range = ByteRange("\(1 << 53)", next: next)
      #expect(range?.field.value.hasSuffix("-") != true)
      next = range?.end ?? next
    }
    #expect(next == 1 << 54)
  }

  @Test("an origin may ignore Range if no playlist lists a range", arguments: [true, false])
  func ignoredRanges(isListed: Bool) {
    let origin = ScriptedOrigin()
    (origin.ignoresRange, origin.hasRanges) = (true, isListed)
    let validation = follow(.plain, origin)
    #expect(validation.isPassed == !isListed)
    let rules = validation.findings.list.map(\.rule)
    #expect(rules.contains(isListed ? .listedRanges : .ranges))
    guard !isListed else { return }
    #expect(ValidationReport.text(validation).contains(" s, broken: 0 must, 1 should\n"))
    #expect(ValidationReport.json(validation).contains("\"broken\":{\"must\":0,\"should\":1}"))
  }

  @Test("ranges of bytes: header, hint, parts and segments are requested with Range")
  func ranges() {
    for (fault, seen) in [
      ("", nil), ("status", "status 200"), ("short", "bytes"), ("shifted", "Content-Range"),
    ] as [(String, String?)] {
      let origin = ScriptedOrigin()
      origin.hasRanges = true
      origin.change = { reply, elapsed in
        guard elapsed > 3, reply.status == 206 else { return }
        switch fault {
        case "status": reply.status = 200
        case "short": reply.body.removeLast()
        case "shifted": reply.fields.removeAll { $0.isNamed("content-range") }
        default: break
        }
      }
      let found = follow(.plain, origin).findings
      let texts = found.list.map { "\($0.rule.name): \($0.seen)" }
      if let seen {
        #expect(texts.contains { $0.hasPrefix("listed-ranges: ") && $0.contains(seen) }, "\(texts)")
        continue
      }
      #expect(texts == [])
      #expect(found.checks[.partsAreSegment, default: 0] > 10)
      #expect(found.checks[.independentPart, default: 0] > 10)
      #expect(origin.requestedRanges.count { $0.hasSuffix("-") } == 1)
    }
  }

  @Test("the report names media and playlists that are not followed")
  func notFollowed() {
    let origin = ScriptedOrigin()
    origin.change = { reply, _ in
      let text = String(decoding: reply.body, as: UTF8.self)
      if reply.url.contains("mpd") {
        reply.body = Array(text.replacingBytes(of: "SegmentTemplate", with: "SegmentList").utf8)
      } else if reply.url.contains("main") {
        reply.body += Array(
          """
          #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="one",URI="s.m3u8"
          #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=9,CODECS="avc1.64001f",URI="i.m3u8"

          """.utf8)
      }
    }
    let list = follow(.mpd, origin)
    #expect(list.findings.notes == ["segments of Representations without SegmentTemplate: v, a"])
    #expect(list.findings.checks[.publishTimeGrows, default: 0] > 10 && list.seconds >= 20)
    let playlists = follow(.main, origin)
    #expect(
      playlists.findings.notes == [
        "playlists of subtitles: s.m3u8", "playlists of I-frames: i.m3u8",
      ])
    #expect(playlists.isPassed)
  }
}
