// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("CMAF headers that return, RFC 8216bis §4.4.4.5")
struct ReturningHeaderTests {
  /// A stream whose segments are evicted after `retained` more.
  private func stream(retained: Int) throws -> SyntheticStream {
    try WindowCase(rate: "30").stream(playlistLength: 6, retained: retained)
  }

  private func track(_ header: String, _ stream: SyntheticStream) throws -> TrackDescription {
    TrackDescription(
      rendition: "video", codecs: "avc1.64001e", bandwidth: 1_034_000,
      size: try #require(VideoSize(width: 640, height: 360)),
      segmentation: stream.segmentation, header: Array(header.utf8))
  }

  /// Begins a period with another header, and publishes `segments` segments.
  private func begin(
    _ header: String, _ stream: inout SyntheticStream, segments: Int64 = 2
  ) throws {
    stream.window.begin([], offset: .zero, skipped: 0, track: try track(header, stream))
    stream.publish(segments: segments)
  }

  /// The headers of the segments, of which the hashes are replaced by their texts.
  private func headers(_ stream: SyntheticStream, _ texts: [String]) throws -> [String?] {
    let names = Dictionary(
      try texts.map { (try track($0, stream).headerHash, $0) }, uniquingKeysWith: { $1 })
    return stream.window.snapshot.segments.map { segment in
      stream.window.snapshot.track(of: segment.period).flatMap { names[$0.headerHash] }
    }
  }

  @Test("segments of the first header keep it when it has returned")
  func returning() throws {
    var stream = try stream(retained: 20)
    stream.window.goLive()
    stream.publish(segments: 2)
    let texts = ["header", "other", "header", "other"]
    for text in texts.dropFirst() {
      let before = try headers(stream, texts)
      try begin(text, &stream)
      #expect(try headers(stream, texts) == before + [text, text])
    }
  }

  @Test("a first period has the header with which it begins, not the described one")
  func first() throws {
    var stream = try stream(retained: 20)
    stream.window.goLive()
    try begin("other", &stream)
    #expect(try headers(stream, ["header", "other"]) == ["other", "other"])
  }

  @Test("each header is kept as long as the window has a segment of it")
  func many() throws {
    var stream = try stream(retained: 30)
    stream.window.goLive()
    let texts = (0..<60).map { "header \($0)" }
    for text in texts { try begin(text, &stream, segments: 1) }
    #expect(try headers(stream, texts) == texts.suffix(30))
    let count = stream.window.snapshot.tracks.count
    #expect((30...38).contains(count), "\(count) headers")
  }
}
