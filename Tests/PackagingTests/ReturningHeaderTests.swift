// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import TestSupport
import Testing
import Time

@testable import Packaging

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

  @Test("clips, the feed, and the past name the header of each segment, when it has returned")
  func readers() throws {
    var stream = try stream(retained: 20)
    stream.window.goLive()
    stream.publish(segments: 2)
    try begin("other", &stream)
    try begin("header", &stream)
    let snapshot = stream.window.snapshot
    let texts = ["header", "header", "other", "other", "header", "header"]
    let hashes = try texts.map { try track($0, stream).headerHash }
    #expect(snapshot.pastSegments(0..<Int64.max).map(\.headerHash) == hashes)
    var cursor = FeedCursor(before: snapshot.segments[0].number, in: snapshot)
    var read: [String?] = []
    while case .item(let item) = cursor.next(snapshot) {
      if case .segment(let start, _) = item {
        read.append(snapshot.track(of: start.period)?.headerHash)
      }
    }
    #expect(read == hashes)
    for (segment, hash) in zip(snapshot.segments, hashes) {
      let start = segment.programDateTime + .milliseconds(100)
      let clip = ClipSelection.select(
        start..<start + .milliseconds(300), .init(snapshot, stream.window.segmentation), nil)
      guard case .ready(let selection) = clip else {
        Issue.record("segment \(segment.number): \(clip)")
        continue
      }
      #expect(selection.tracks.map(\.headerHash) == [hash])
    }
  }

  @Test("a header that the window does not have is replaced by no other one")
  func absent() throws {
    var stream = try stream(retained: 20)
    stream.window.goLive()
    stream.publish(segments: 2)
    try begin("other", &stream)
    let hashes = stream.window.snapshot.pastSegments(0..<Int64.max).map(\.headerHash)
    let other = try track("other", stream)
    let snapshot = stream.window.shared.withLock { WindowSnapshot($0.window, tracks: [other]) }
    let segment = snapshot.segments[0]
    #expect(snapshot.track(of: segment.period) == nil)
    #expect(snapshot.pastSegments(0..<Int64.max).map(\.headerHash) == hashes)
    let clip = ClipSelection.select(
      segment.programDateTime..<segment.programDateTime + .milliseconds(300),
      .init(snapshot, stream.window.segmentation), nil)
    guard case .empty = clip else {
      Issue.record("a clip without its header: \(clip)")
      return
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
