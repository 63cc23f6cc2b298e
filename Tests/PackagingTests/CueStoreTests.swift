// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("The cues of captions")
struct CueStoreTests {
  private static let second: Int64 = 1_795_155_720
  private let english: LanguageTag
  private let german: LanguageTag
  private var store: CueStore

  init() throws {
    english = try #require(LanguageTag("en"))
    german = try #require(LanguageTag("de"))
    store = CueStore([english, german], now: .origin)
  }

  /// Segments of one second, whose numbers are seconds since 1970.
  private func span(_ segment: Int64) -> Range<WallTime> {
    (.origin + .seconds(segment))..<(.origin + .seconds(segment + 1))
  }

  private mutating func add(
    at milliseconds: Int64, lasting duration: Int64 = 1000, open: Int64 = 0,
    in language: LanguageTag? = nil, now: MonotonicTime = .origin
  ) throws(CueRefusal) -> Cue {
    let text: CueText
    do { text = try CueText("words") } catch { throw .tooMany }
    return try store.add(
      CueStore.NewCue(
        text, start: .origin + .seconds(Self.second) + .milliseconds(milliseconds),
        duration: .milliseconds(duration)),
      in: language ?? english, open: Self.second + open,
      wall: .origin + .seconds(Self.second), now: now)
  }

  @Test("a cue is in each segment during which it is shown, and in no other language")
  mutating func overlap() throws {
    let cue = try add(at: 1900, lasting: 1200)
    for (segment, isThere) in [(0, false), (1, true), (2, true), (3, true), (4, false)] {
      let number = Self.second + Int64(segment)
      #expect(store.read(english, segment: number, span(number)) == (isThere ? [cue] : []))
      #expect(store.read(german, segment: number, span(number)).isEmpty)
    }
    let exact = try add(at: 6000, lasting: 1000)
    let numbers = (5...7).map { Self.second + $0 }
    #expect(numbers.map { store.read(english, segment: $0, span($0)) } == [[], [exact], []])
  }

  @Test("a segment that was read gets no further cue: the next one has it")
  mutating func final() throws {
    let first = Self.second
    #expect(store.read(english, segment: first, span(first)).isEmpty)
    let late = try add(at: 200, lasting: 300)
    #expect(late.firstSegment == first + 1)
    #expect(store.read(english, segment: first, span(first)).isEmpty)
    #expect(store.read(english, segment: first + 1, span(first + 1)) == [late])
    #expect(store.read(english, segment: first + 2, span(first + 2)).isEmpty)
    #expect(try add(at: 200, in: german).firstSegment == first)
  }

  @Test("cues stay while the window has a segment with them")
  mutating func forgotten() throws {
    let cue = try add(at: 0, lasting: 2500, open: 0)
    let late = try add(at: -5000, lasting: 100, open: 4)
    let number = Self.second + 2
    store.forget(before: span(number).lowerBound, number)
    #expect(store.cues(of: english, after: 0) == [cue, late])
    store.forget(before: span(number + 1).lowerBound, number + 1)
    #expect(store.cues(of: english, after: 0) == [late])
    store.forget(before: span(number + 3).lowerBound, number + 3)
    #expect(store.cues(of: english, after: 0).isEmpty)
  }

  @Test("numbers rise over languages and restarts; a reader gets the cues after its revision")
  mutating func revisions() throws {
    let (one, two) = (try add(at: 0), try add(at: 0, in: german))
    let three = try add(at: 500)
    #expect(one.id == UInt32(Self.second) && two.id == one.id + 1 && three.id == one.id + 2)
    #expect(store.revision == three.id)
    #expect(store.cues(of: english, after: one.id) == [three])
    #expect(store.cues(of: german, after: one.id) == [two])
    #expect(store.cues(of: english, after: three.id).isEmpty)
    #expect(store.cues(of: english, after: three.id + 1) == [one, three], "of another program")
  }

  @Test("50 cues at once, 20 per second, 500 of a language, and no other language")
  mutating func limits() throws {
    let french = try #require(LanguageTag("fr"))
    #expect(throws: CueRefusal.unknownLanguage) { try add(at: 0, in: french) }
    for _ in 0..<50 { _ = try add(at: 0) }
    #expect(throws: CueRefusal.tooOften) { try add(at: 0) }
    for index in 1...450 {
      _ = try add(at: 0, now: .origin + .milliseconds(50 * Int64(index)))
    }
    let later = MonotonicTime.origin + .seconds(60)
    #expect(throws: CueRefusal.tooMany) { try add(at: 0, now: later) }
    _ = try add(at: 0, in: german, now: later)
  }

  @Test("numbers, dates and gaps of any segment give a span")
  func spans() throws {
    var stream = SyntheticStream(.thirty)
    stream.goLive(prefill: 3)
    stream.skip(2)
    stream.publish(segments: 2)
    for segment in stream.window.snapshot.segments {
      let span = segment.span(timescale: stream.window.segmentation.timescale)
      #expect(span.upperBound - span.lowerBound == .seconds(1))
    }
  }
}
