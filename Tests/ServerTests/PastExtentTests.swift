// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import ServerTestSupport
import Testing
import Time

@testable import Server

@Suite("How far viewers may go back")
struct PastExtentTests {
  @Test("without an archive it is what the window has")
  func window() throws {
    let handler = try SyntheticHandler.live()
    handler.publish(segments: 4)
    let exchange = try handler.ask("/live/dvr.json")
    #expect(exchange.status == 200)
    #expect(exchange.header("cache-control") == "public, max-age=1")
    let known = handler.snapshot.pastSegments(.min ..< .max).filter { !$0.isGap }
    let (first, last) = (try #require(known.first?.number), handler.last)
    #expect(exchange.text.contains("\"archive\":false,\"from\":\(first),\"to\":\(last + 1),"))
    #expect(exchange.text.contains("\"frameRate\":[30,1],\"framesPerSegment\":30,\"gaps\":[],"))
    #expect(
      exchange.text.contains(
        "[{\"name\":\"video\",\"headers\":[{\"from\":\(first),"
          + "\"header\":\"\(SyntheticHandler.headerHash)\"}]}]"))
  }

  @Test("numbers that give no times have no extent, as an unknown stream has none")
  func refused() throws {
    let exchange = try SyntheticHandler.live(numbering: .run).ask("/live/dvr.json")
    #expect(exchange.text.hasSuffix(",\"archive\":false}\n") && exchange.status == 200)
    #expect(try SyntheticHandler.live().ask("/none/dvr.json").status == 404)
  }

  @Test("gaps and headers are those of the numbers, also at a rate that is no whole number")
  func document() throws {
    var spans = SegmentSpans()
    for (numbers, hash) in [(1000...1003, "aaaaaaaa"), (1010...1011, "bbbbbbbb")] {
      spans.append(
        SegmentSpans.Span(
          numbers: Int64(numbers.lowerBound)...Int64(numbers.upperBound), headerHash: hash))
    }
    let document = PastExtentDocument(
      segmentation: Segmentation(
        rate: try #require(FrameRate("30000/1001")), segmentMicroseconds: 1_000_000,
        partMicroseconds: 100_000),
      names: MediaNames(.epoch, first: 1), renditions: [("video", spans)], isArchived: true)
    #expect(
      document.text(now: .origin + .milliseconds(1_014_500))
        == "{\"now\":1014.5,\"archive\":true,\"from\":1001,\"to\":1013.012,"
        + "\"frameRate\":[30000,1001],\"framesPerSegment\":30,\"gaps\":[[1005.004,1011.01]],"
        + "\"events\":[],"
        + "\"renditions\":[{\"name\":\"video\",\"headers\":["
        + "{\"from\":1000,\"header\":\"aaaaaaaa\"},{\"from\":1010,\"header\":\"bbbbbbbb\"}]}]}\n")
  }
}
