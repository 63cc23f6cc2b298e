// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Testing
import Time

@Suite("Cues of the source of a stream")
struct SourceCueTests {
  private func track(_ cue: String, _ tracks: [String]) throws -> String? {
    let tags = try tracks.map { try #require(LanguageTag($0)) }
    return SourceCue(try CueText("a"), Language(cue), duration: .seconds(1))
      .track(of: tags.map { CaptionTrack($0) })?.language.text
  }

  @Test("a cue is for the track of its language; without a language, for the only track")
  func languages() throws {
    #expect(try track("ger", ["en", "de-AT", "de"]) == "de-AT")
    #expect(try track("fra", ["en", "de"]) == nil)
    #expect(try track("und", ["en", "de"]) == nil && track("und", ["en"]) == "en")
    #expect(try track("fra", ["en"]) == nil)
  }

  @Test("durations are limited to those of cues")
  func durations() throws {
    func limited(_ duration: Interval) throws -> Interval {
      SourceCue(try CueText("a"), .undetermined, duration: duration).duration
    }
    #expect(try limited(.zero) == .milliseconds(1) && limited(.seconds(900)) == .seconds(60))
    #expect(try limited(.seconds(2)) == .seconds(2))
  }
}
