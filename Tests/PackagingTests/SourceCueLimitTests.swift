// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Testing
import Time

@Suite("The limits of the cues of a source")
struct SourceCueLimitTests {
  private static let second: Int64 = 1_795_155_720

  private func languages(_ count: Int) throws -> [LanguageTag] {
    let tags = "en de fr es it pt nl pl cs sk hu ro bg el tr sv".split(separator: " ")
    return try tags.prefix(count).map { try #require(LanguageTag(String($0))) }
  }

  private func cue(_ text: CueText, at milliseconds: Int64) -> CueStore.NewCue {
    CueStore.NewCue(
      text, start: .origin + .seconds(Self.second) + .milliseconds(milliseconds),
      duration: .milliseconds(500))
  }

  /// Adds a cue that arrives at its start, in the first segment.
  private func add(
    _ text: CueText, to store: inout CueStore, _ language: LanguageTag, at milliseconds: Int64
  ) -> CueLoss? {
    store.add(
      ofSource: cue(text, at: milliseconds), in: language, open: 0,
      wall: .origin + .seconds(Self.second), now: .origin + .milliseconds(milliseconds))
  }

  @Test("an hour of texts in 16 languages, each a cue of half a second again and again, stays")
  func hour() throws {
    let languages = try languages(16)
    var store = CueStore(languages, now: .origin)
    for half in 0..<Int64(7200) {
      // Another text every three seconds.
      let text = try CueText("These are words of text \(half / 6),\nin two lines.")
      for language in languages {
        guard let loss = add(text, to: &store, language, at: 500 * half) else { continue }
        Issue.record("\(loss) at \(half / 2) s")
        return
      }
    }
    for language in languages {
      let cues = store.cues(of: language, after: 0)
      #expect(cues.count == 7200)
      #expect(cues.last?.start == .origin + .seconds(Self.second) + .milliseconds(3_599_500))
    }
  }

  @Test("the newest cues replace the oldest; other languages and cues of programs stay")
  func oldest() throws {
    let languages = try languages(2)
    var store = CueStore(languages, now: .origin)
    #expect(add(try CueText("first"), to: &store, languages[1], at: 0) == nil)
    _ = try store.add(
      cue(try CueText("of a program"), at: 0), in: languages[0], open: 0, wall: .origin,
      now: .origin)
    var losses: [Int64] = []
    // Texts that differ from their neighbours.
    let texts = try (0..<10).map { try CueText("\($0)" + String(repeating: "x", count: 900)) }
    for number in 0..<Int64(6000) {
      let text = texts[Int(number % 10)]
      let loss = add(text, to: &store, languages[0], at: 10 * number)
      #expect(loss == nil || loss == .oldest)
      if loss != nil { losses.append(number) }
    }
    let first = try #require(losses.first)
    // 4 MiB are more than 3000 cues of 900 bytes, and fewer than 4600.
    #expect((3000..<4600).contains(first))
    let cues = store.cues(of: languages[0], after: 0)
    #expect(cues.first?.text.text == "of a program")
    let starts = cues.dropFirst().map(\.start)
    #expect(starts.last == .origin + .seconds(Self.second) + .milliseconds(59_990))
    #expect(zip(starts, starts.dropFirst()).allSatisfy { $0 + .milliseconds(10) == $1 })
    #expect(cues.count <= Int(first) + 1)
    #expect(store.cues(of: languages[1], after: 0).count == 1)
  }

  @Test("the rates of a source and of programs are apart")
  func rates() throws {
    let languages = try languages(1)
    var store = CueStore(languages, now: .origin)
    let text = try CueText("words")
    let outcomes = (0..<600).map { _ in add(text, to: &store, languages[0], at: 0) }
    #expect(outcomes.count { $0 == nil } == 512 && outcomes.last == .tooOften)
    for _ in 0..<50 {
      _ = try store.add(cue(text, at: 0), in: languages[0], open: 0, wall: .origin, now: .origin)
    }
    #expect(throws: CueRefusal.tooOften) {
      try store.add(cue(text, at: 0), in: languages[0], open: 0, wall: .origin, now: .origin)
    }
    #expect(add(text, to: &store, languages[0], at: 1000) == nil)
    #expect(store.cues(of: languages[0], after: 0).count == 512 + 50 + 1)
  }

  @Test("a language that is not declared is a loss")
  func undeclared() throws {
    let languages = try languages(2)
    var store = CueStore([languages[0]], now: .origin)
    #expect(add(try CueText("words"), to: &store, languages[1], at: 0) == .undeclared)
  }
}
