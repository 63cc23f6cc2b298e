// SPDX-License-Identifier: Apache-2.0

import Media
import Testing
import Time

@testable import Packaging

@Suite("WebVTT of captions")
struct WebVTTTests {
  private func cue(_ text: String, at milliseconds: Int64 = 0) throws -> Cue {
    Cue(
      id: 7, start: .origin + .seconds(1_795_155_720) + .milliseconds(milliseconds),
      duration: .milliseconds(1500), text: try CueText(text), firstSegment: 0)
  }

  @Test("cue times are media times, without X-TIMESTAMP-MAP; a segment without cues has a head")
  func times() throws {
    #expect(WebVTT.segment([], offset: .zero) == "WEBVTT\n\n")
    #expect(
      WebVTT.segment([try cue("Hello\nworld", at: 250)], offset: .milliseconds(-500)) == """
        WEBVTT

        cue-7
        498654:22:00.750 --> 498654:22:02.250
        Hello
        world


        """)
    let early = Cue(
      id: 1, start: .origin + .milliseconds(3_723_004), duration: .milliseconds(1),
      text: try CueText("x"), firstSegment: 0)
    #expect(WebVTT.segment([early], offset: .zero).contains("01:02:03.004 --> 01:02:03.005\n"))
  }

  @Test("a cue with a place has it in its settings; the standard place has none")
  func settings() throws {
    var placed = try cue("a")
    for (line, align, expected) in [
      (10, CuePosition.Align.start, " line:10% position:6% align:start\na\n"),
      (0, .center, " line:0%\na\n"), (nil, .end, " position:94% align:end\na\n"),
      (nil, .center, ".500\na\n"),
    ] {
      placed.position = CuePosition(line: line, align: align)
      #expect(WebVTT.segment([placed], offset: .zero).contains(expected))
    }
  }

  @Test("no character begins markup, a time or another block")
  func escaped() throws {
    let text = try CueText("<img src=x onerror=alert(1)> & 1 --> 2\r\n\r\nNOTE &lt;\u{2028}<c.red>")
    #expect(
      WebVTT.payload(text) == """
        &lt;img src=x onerror=alert(1)&gt; &amp; 1 --&gt; 2
        NOTE &amp;lt;
        &lt;c.red&gt;
        """)
  }

  @Test("colours are classes of WebVTT; each line begins with the usual one, §5.1")
  func colours() throws {
    let (yellow, cyan) = (TextColour.yellow.mark, TextColour.cyan.mark)
    let text = try CueText(marked: " \(yellow) <a> \(cyan)b\(yellow) \n c\(TextColour.usualMark) d")
    #expect(text.lines == ["<a> b", "c d"] && text.isColoured)
    #expect(WebVTT.payload(text) == "<c.yellow>&lt;a&gt; </c><c.cyan>b</c>\nc d")
    #expect(text.runs[1] == [CueText.Run(text: "c d", colour: nil)])
    #expect(try CueText(marked: text.marked) == text)
    #expect(try CueText(marked: "a\nb") == CueText("a\nb") && !(try CueText("a").isColoured))
    #expect(throws: CueText.Refusal.controlCharacter) { try CueText("a\(yellow)b") }
    #expect(throws: CueText.Refusal.controlCharacter) { try CueText(marked: "a\u{8}b") }
    #expect(throws: CueText.Refusal.empty) { try CueText(marked: "\(yellow) \n\(cyan)") }
    #expect(throws: CueText.Refusal.tooLong) {
      try CueText(marked: String(repeating: "ä", count: 501))
    }
    let most = String(repeating: "\(yellow)a\(cyan)b", count: 500)
    #expect(try CueText(marked: most).runs[0].count == 1000)
  }

  @Test("lines are trimmed, empty ones are removed; Arabic and emoji stay")
  func lines() throws {
    #expect(try CueText("  a\tb \n \n\u{A0}\nc\r").lines == ["a b", "c"])
    #expect(try CueText("مرحبا 👩‍👩‍👧 e\u{301}").text == "مرحبا 👩‍👩‍👧 e\u{301}")
  }

  @Test(
    "empty, long and binary texts are refused",
    arguments: [
      ("", CueText.Refusal.empty), (" \n\t\r\n", .empty),
      (String(repeating: "ä", count: 501), .tooLong),
      (String(repeating: "a\n", count: 9), .tooManyLines), ("a\0b", .controlCharacter),
      ("\u{1B}[31m", .controlCharacter), ("a\u{9B}", .controlCharacter),
    ])
  func refused(text: String, refusal: CueText.Refusal) {
    #expect(throws: refusal) { try CueText(text) }
    #expect(!refusal.description.isEmpty && !refusal.description.contains("\n"))
  }
}
