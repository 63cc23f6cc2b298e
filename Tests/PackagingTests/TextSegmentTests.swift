// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import Sharing
import TestSupport
import Testing
import Time

@testable import Packaging

@Suite("Captions as wvtt in CMAF, ISO/IEC 14496-30")
struct TextSegmentTests {
  private func cue(_ id: UInt32, _ start: WallTime, _ milliseconds: Int64) throws -> Cue {
    Cue(
      id: id, start: start, duration: .milliseconds(milliseconds), text: try CueText("a < \(id)"),
      firstSegment: 0)
  }

  @Test("the header has the language and the timescale, and one entry wvtt")
  func header() throws {
    let bytes = TextHeader.bytes(Language("deu"), timescale: 30_000)
    let movie = try MovieHeader(header: bytes)
    #expect(movie.timescale == 30_000 && movie.trackID == 1 && movie.edit == nil)
    #expect(Language(packed: movie.language) == Language("de"))
    #expect(movie.entry.type == "wvtt" && movie.entries == 1 && movie.statedEntries == 1)
    #expect(movie.extends.map(\.trackID) == [1])
    #expect(TextHeader.hash(Language("deu"), timescale: 30_000).utf8.count == 8)
    let languages = [Language("en"), Language("de"), .undetermined]
    #expect(Set(languages.map { TextHeader.hash($0, timescale: 30_000) }).count == 3)
  }

  @Test("samples cover the segment without a gap, each with the cues of its time")
  func samples() throws {
    var stream = SyntheticStream(.thirty)
    stream.goLive(prefill: 3)
    stream.skip(0, offset: 250_000_000)
    stream.publish(segments: 2)
    let segment = try #require(stream.window.snapshot.segments.last)
    let segmentation = stream.window.segmentation
    let begin = segment.programDateTime
    let offset = begin.offset(from: segmentation.frameTime(of: segment.firstFrame))
    let start = segmentation.ticks(segment.firstFrame)
    let cues = [
      try cue(1, begin - .seconds(3), 3500), try cue(2, begin + .milliseconds(250), 500),
      try cue(3, begin + .milliseconds(900), 5000),
    ]
    func parsed(_ cues: [Cue]) throws -> (samples: [MovieFragment.Sample], texts: [[UInt8]]) {
      let bytes = TextSegment(
        segment, cues, start: start, offset: offset, timescale: segmentation.timescale
      ).bytes
      var top = BoxReader(bytes)
      let type = try #require(try top.next())
      let fragment = try #require(try top.next())
      let media = try #require(try top.next())
      let rest = try top.next()
      #expect([type.type, fragment.type, media.type] == ["styp", "moof", "mdat"])
      #expect(rest?.type == nil)
      let movie = try MovieFragment(fragment, trackID: 1, maximumSamples: 100)
      let texts = movie.samples.map { sample in
        Array(bytes[(24 + sample.offset)..<(24 + sample.offset + sample.size)])
      }
      return (movie.samples, texts)
    }
    let (samples, texts) = try parsed(cues)
    let second = Int64(segmentation.timescale)
    #expect(samples.map(\.decodeTime).first == start)
    #expect(samples.map { $0.duration * 1000 / second } == [250, 250, 250, 150, 100])
    #expect(samples.reduce(0) { $0 + $1.duration } == segment.duration)
    #expect(samples.map(\.isSync) == samples.map { _ in true })
    let shown = texts.map { String(decoding: $0, as: UTF8.self) }
    let numbers = shown.map { text in (1...3).filter { text.contains("cue-\($0)") } }
    #expect(numbers == [[1], [1, 2], [2], [], [3]])
    #expect(shown[0].contains("payla &lt; 1") && texts[3] == [0, 0, 0, 8] + Array("vtte".utf8))
    let (empty, none) = try parsed([])
    #expect(empty.map(\.duration) == [segment.duration] && none == [texts[3]])
  }
}
