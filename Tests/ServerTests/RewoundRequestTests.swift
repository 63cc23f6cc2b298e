// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Media
import Net
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Server

@Suite("Playlists that begin in the past as responses")
struct RewoundRequestTests {
  /// A stream of one rendition, whose cache has a playlist from its first segment on.
  struct Case {
    var stream: SyntheticStream
    let cache: RewoundCache
    /// Room for six of the longest lists of these tests.
    let budget = RewoundBudget(limit: 4 << 20)
    let first: Int64
    /// The revision of the archive.
    let revision = Locked<Int64>(1)

    init(segments: Int64 = 20) throws {
      stream = SyntheticStream(try #require(FrameRate("30")))
      stream.goLive(prefill: 10)
      first = try #require(stream.window.snapshot.segments.first?.number)
      let names = MediaNames(.epoch, first: 1)
      let segmentation = TrackSegmentation.video(stream.segmentation)
      cache = RewoundCache(
        names: names, window: stream.window, control: ServerControl(segmentations: [segmentation]),
        others: [], budget: budget, archiveRevision: { [revision] in revision.withLock { $0 } })
      cache.add(
        PastLines(from: first, names: names, base: RewoundCache.base, segmentation),
        for: first, revision: 1, now: .origin)
      for _ in 0..<segments {
        stream.publish(segments: 1)
        _ = response()
      }
    }

    func response(
      _ form: MediaPlaylist.Form = .full, isCompressed: Bool = false, from other: Int64? = nil
    ) -> PreparedResponse? {
      cache.response(
        RewoundCache.Key(
          first: other ?? first, form: form, isCompressed: isCompressed,
          caching: .playlist(targetDuration: 1)),
        now: .origin)
    }

    func text(_ form: MediaPlaylist.Form = .full) throws -> String {
      let body = try #require(response(form)).body
      return body.map { String(decoding: $0.bytes.array, as: UTF8.self) }.joined()
    }
  }

  @Test("one response per version and form")
  func sharing() throws {
    var test = try Case()
    let (whole, delta) = (test.response(), test.response(.delta))
    #expect(whole === test.response() && delta === test.response(.delta))
    #expect(whole !== delta)
    test.stream.publish(parts: 1)
    #expect(whole !== test.response())
  }

  @Test("the text of the past is appended to, over many versions")
  func appended() throws {
    let test = try Case(segments: 300)
    let text = try test.text()
    let numbers = text.split(separator: "\n").filter { $0.hasPrefix("../../segment") }
    #expect(numbers.first == "../../segment\(test.first).m4s")
    // The last segment is complete when the next one has a part.
    #expect(numbers.count == 309)
    #expect(Set(numbers).count == numbers.count)
    #expect(try #require(test.response()).body.count <= 68)
    #expect(text.contains("#EXT-X-MEDIA-SEQUENCE:\(test.first)\n"))
  }

  @Test("lists are forgotten when segments are removed or added; lines from before are dropped")
  func revisions() throws {
    let test = try Case()
    #expect(test.response() != nil && test.cache.count == 1)
    test.revision.withLock { $0 = 2 }
    #expect(test.response() == nil && test.cache.count == 0)
    // Its followers are not led to the live playlist: they ask, and it is read again.
    #expect(test.cache.has(test.first) && !test.cache.has(test.first + 1))
    let lines = PastLines(
      from: test.first, names: MediaNames(.epoch, first: 1), base: RewoundCache.base,
      .video(test.stream.segmentation))
    test.cache.add(lines, for: test.first, revision: 1, now: .origin)
    #expect(test.cache.count == 0)
    test.cache.add(lines, for: test.first, revision: 2, now: .origin)
    #expect(test.cache.count == 1)
  }

  @Test("a list whose first segments retention has removed begins later, at the same address")
  func removed() throws {
    let test = try Case(segments: 0)
    test.revision.withLock { $0 = 2 }
    let left = PastLines(
      from: test.first + 2, names: MediaNames(.epoch, first: 1), base: RewoundCache.base,
      .video(test.stream.segmentation))
    test.cache.add(left, for: test.first, revision: 2, now: .origin)
    #expect(try test.text().contains("#EXT-X-MEDIA-SEQUENCE:\(test.first + 2)\n"))
  }

  @Test("a delta has none of the past, and is compressed")
  func delta() throws {
    let test = try Case(segments: 300)
    #expect(try test.text(.delta).utf8.count < 4096)
    let response = try #require(test.response(.delta, isCompressed: true))
    #expect(response.header("content-encoding") == "gzip")
    #expect(response.contentLength < 1000)
    #expect(try #require(test.response(isCompressed: true)).header("content-encoding") == nil)
  }

  @Test("a playlist that the window has left behind is not known any more")
  func behind() throws {
    var test = try Case()
    test.stream.publish(segments: 40)
    #expect(test.response() == nil)
    #expect(test.cache.count == 0)
  }

  @Test("lists that the window has left behind leave without a request; followers may return")
  func dropped() throws {
    var test = try Case()
    #expect(test.budget.size > 0)
    test.stream.publish(segments: 4)
    test.cache.windowMoved(to: test.stream.window.listing)
    #expect(test.cache.count == 1, "the window continues it")
    test.stream.publish(segments: 40)
    test.cache.windowMoved(to: test.stream.window.listing)
    #expect(test.cache.count == 0 && test.budget.size == 0)
    #expect(test.cache.has(test.first))
  }

  @Test("renditions share one budget: the list that was requested least recently leaves")
  func shared() throws {
    let test = try Case()
    let names = MediaNames(.epoch, first: 1)
    let segmentation = TrackSegmentation.video(test.stream.segmentation)
    let next = try #require(test.stream.window.snapshot.endingWithPart.listed.first?.number)
    var other: RewoundCache? = RewoundCache(
      names: names, window: test.stream.window,
      control: ServerControl(segmentations: [segmentation]), others: [], budget: test.budget,
      archiveRevision: { 1 })
    func add(_ count: Int64, at seconds: Int64) {
      var lines = PastLines(
        from: next - count, names: names, base: RewoundCache.base, segmentation)
      for segment in next - count..<next {
        lines.append(
          PastSegment(
            number: segment, duration: 90_000, programDateTime: .origin + .seconds(segment),
            startsDiscontinuity: false, headerHash: "aaaaaaaa"))
      }
      other?.add(lines, for: next - count, revision: 1, now: .origin + .seconds(seconds))
    }
    // About 640 kB each.
    for number in 0..<Int64(3) { add(13_000 + number, at: 1 + number) }
    #expect(test.cache.count == 1 && other?.count == 3)
    for number in 3..<Int64(10) { add(13_000 + number, at: 1 + number) }
    #expect(test.cache.count == 0)
    #expect((4...7).contains(other?.count ?? 0))
    #expect(other?.has(next - 13_009) == true && other?.has(next - 13_000) == false)
    #expect(test.budget.size <= 4 << 20)
    other = nil
    #expect(test.budget.size == 0)
  }

  @Test("other playlists are not known; the number of playlists is bounded")
  func bounded() throws {
    let test = try Case()
    #expect(test.response(from: test.first + 1) == nil)
    let next = try #require(test.stream.window.snapshot.endingWithPart.listed.first?.number)
    for offset in 0..<Int64(2000) {
      test.cache.add(
        PastLines(
          from: next + offset, names: MediaNames(.epoch, first: 1), base: RewoundCache.base,
          .video(test.stream.segmentation)),
        for: next + offset, revision: 1, now: .origin + .seconds(offset + 1))
    }
    #expect(test.cache.count == 1440)
    #expect(!test.cache.has(test.first) && test.cache.has(next + 1999))
  }

  @Test("the playlists have a bounded number of bytes, not a small number of starts")
  func bytes() throws {
    let test = try Case()
    let next = try #require(test.stream.window.snapshot.endingWithPart.listed.first?.number)
    func add(_ count: Int64, _ number: Int64) {
      var lines = PastLines(
        from: next - count, names: MediaNames(.epoch, first: 1), base: RewoundCache.base,
        .video(test.stream.segmentation))
      for segment in next - count..<next {
        lines.append(
          PastSegment(
            number: segment, duration: 90_000, programDateTime: .origin + .seconds(segment),
            startsDiscontinuity: false, headerHash: "aaaaaaaa"))
      }
      test.cache.add(lines, for: next - count, revision: 1, now: .origin + .seconds(number))
    }
    for number in 1...Int64(60) { add(4 * number, number) }
    #expect(test.cache.count == 61)
    // About 640 kB each.
    for number in 100..<Int64(108) { add(13_000 + number, number) }
    #expect((4...7).contains(test.cache.count))
  }

  @Test("one request reads a playlist, and its answer is that of all that arrive meanwhile")
  func coalesced() throws {
    let test = try Case()
    let key = RewoundCache.Key(
      first: 5, form: .full, isCompressed: false, caching: .playlist(targetDuration: 1))
    let answers = Locked<[Int]>([])
    let response = PreparedResponse.notFound
    func begin(_ number: Int) -> Bool {
      test.cache.begin(key) { _ in answers.withLock { $0.append(number) } }
    }
    #expect(begin(1) && !begin(2) && !begin(3))
    test.cache.finish(5) { _ in response }
    #expect(answers.withLock { $0 } == [1, 2, 3])
    #expect(begin(4))
  }
}

@Suite("Decisions on playlists that begin in the past")
struct RewoundDecisionTests {
  @Test("a whole segment is awaited until the next one has a part")
  func decisions() throws {
    var stream = SyntheticStream(try #require(FrameRate("30")))
    stream.goLive(prefill: 10)
    stream.publish(segments: 3)
    let last = try #require(stream.window.snapshot.segments.last?.number)
    func decide(
      _ number: Int64?, _ part: UInt64? = nil, from first: Int64 = 0
    ) -> BlockingReload {
      var directives = DeliveryDirectives()
      directives.mediaSequenceNumber = number.flatMap { UInt64(exactly: $0) }
      directives.partIndex = part
      directives.waitMilliseconds = 500
      return BlockingReload.decide(
        directives, from: first, on: stream.window.snapshot,
        control: ServerControl(segmentations: [.video(stream.segmentation)]),
        names: MediaNames(.epoch, first: 1))
    }
    let version = (last + 1) * 10
    #expect(decide(nil) == .answer)
    #expect(decide(last, 9) == .answer)
    #expect(decide(last - 1) == .answer)
    #expect(decide(last) == .hold(until: version + 1))
    #expect(decide(last, 10) == .hold(until: version + 1))
    #expect(decide(last + 1, 0) == .hold(until: version + 1))
    #expect(decide(last + 1) == .hold(until: version + 11))
    #expect(decide(nil, from: last) == .hold(until: version + 1))
    #expect(decide(nil, from: last + 1) == .hold(until: version + 11))
    if case .refuse = decide(last + 9) {} else { Issue.record("not refused") }
    if case .refuse = decide(last, from: last + 1) {} else { Issue.record("not refused") }
    stream.publish(parts: 1)
    #expect(decide(last) == .answer)
    stream.window.end()
    #expect(decide(last + 9, from: last) == .answer)
  }
}
