// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import Time

@testable import Archive

@Suite("Objects of an archive in a store")
struct ObjectTests {
  private static let hour = WallTime.origin + .seconds(1_795_406_400)
  private static let name = HourName(at: hour, headerHash: "0123abcd", isAudio: false)
  private static let later = HourName(
    at: hour + .seconds(3600), headerHash: "0123abcd", isAudio: false)

  /// Segments of 1 s with 1000 ticks per second.
  private static func rows(_ numbers: Range<Int64>) -> [SegmentRow] {
    numbers.map { number in
      SegmentRow(
        number: number, offset: Int(number) * 100, size: 100, decodeTime: number * 1000,
        duration: 1000, start: hour + .seconds(number), startsDiscontinuity: false)
    }
  }

  private static func hour(
    _ rows: [SegmentRow], _ name: HourName = ObjectTests.name, isOpen: Bool = false
  ) throws -> TrackObjects.Hour {
    TrackObjects.Hour(
      name: name, summary: try #require(HourIndex.Summary(rows, size: 9, timescale: 1000)),
      isOpen: isOpen)
  }

  /// The requests for a file, which the store accepts.
  private func send(
    _ track: inout TrackObjects, _ rows: [SegmentRow], of name: HourName = ObjectTests.name,
    isOpen: Bool = false, limit: Int = 100
  ) -> [TrackObjects.Request] {
    let requests = track.requests(for: name, rows, isOpen: isOpen, limit: limit)
    for request in requests { track.done(request, of: name, timescale: 1000) }
    return requests
  }

  @Test("the header is put first, then the segments in order, then the index of a finished file")
  func order() throws {
    var track = TrackObjects()
    let rows = Self.rows(10..<14)
    let hour = try Self.hour(rows)
    #expect(track.next([hour]) == Self.name)
    #expect(track.missing([hour]) == rows[0].start)
    #expect(send(&track, rows, limit: 3) == [.header, .segment(rows[0]), .segment(rows[1])])
    #expect(track.missing([hour]) == rows[2].start)
    // The index promises all segments: it waits for them.
    #expect(send(&track, rows) == [.segment(rows[2]), .segment(rows[3])])
    #expect(track.next([hour]) == Self.name)
    #expect(send(&track, rows) == [.index(4)])
    #expect(track.next([hour]) == nil)
    #expect(track.missing([hour]) == nil)
  }

  @Test("an open file has no index in the store until it is finished")
  func open() throws {
    var track = TrackObjects()
    let rows = Self.rows(10..<12)
    #expect(send(&track, rows, isOpen: true).last == .segment(rows[1]))
    #expect(track.next([try Self.hour(rows, isOpen: true)]) == nil)
    #expect(track.next([try Self.hour(rows)]) == Self.name)
    #expect(send(&track, rows) == [.index(2)])
  }

  @Test("segments that are added in the middle are put, and the index again")
  func healed() throws {
    var track = TrackObjects()
    let all = Self.rows(10..<16)
    let some = all.filter { $0.number != 12 }
    #expect(send(&track, some).count == 6)
    #expect(send(&track, some) == [.index(5)])
    #expect(track.next([try Self.hour(all)]) == Self.name)
    #expect(send(&track, all) == [.segment(all[2])])
    #expect(send(&track, all) == [.index(6)])
  }

  @Test("the number of a segment is put once, from the earlier of two files")
  func twice() throws {
    var track = TrackObjects()
    let rows = Self.rows(10..<12)
    _ = send(&track, rows)
    #expect(send(&track, rows, of: Self.later) == [.header])
    for name in [Self.name, Self.later] {
      #expect(send(&track, rows, of: name) == [.index(2)])
    }
    let hours = [try Self.hour(rows), try Self.hour(rows, Self.later)]
    #expect(track.next(hours) == nil)
  }

  @Test("a segment that the disk cannot read does not stop the later ones")
  func unreadable() throws {
    var track = TrackObjects()
    let rows = Self.rows(10..<12)
    track.cannotRead(rows[0])
    #expect(send(&track, rows) == [.header, .segment(rows[1])])
    #expect(send(&track, rows) == [.index(2)])
    #expect(track.start(of: 10) == nil)
    #expect(track.start(of: 11) == rows[1].start)
  }

  @Test("removed segments are removed from the store, also one that is on its way")
  func removal() throws {
    var track = TrackObjects()
    let rows = Self.rows(10..<16)
    _ = send(&track, Array(rows[..<5]))
    track.remove(in: rows[2].start..<rows[4].start)
    #expect(track.start(of: 12) == nil && track.start(of: 13) == nil)
    #expect(track.start(of: 11) == rows[1].start && track.start(of: 14) == rows[4].start)
    let left = rows.filter { ![12, 13].contains($0.number) }
    #expect(track.next([try Self.hour(left)]) == Self.name)
    #expect(send(&track, left) == [.removal(12), .removal(13)])
    #expect(send(&track, left) == [.segment(rows[5])])
    #expect(send(&track, left) == [.index(4)])
    #expect(send(&track, left).isEmpty)
    // The store accepts it after the order of the operator.
    track.remove(in: Self.hour + .seconds(20)..<Self.hour + .seconds(21))
    track.done(.segment(Self.rows(20..<21)[0]), of: Self.name, timescale: 1000)
    #expect(track.start(of: 20) == nil)
    #expect(send(&track, left) == [.removal(20)])
  }

  @Test("an order to remove covers segments that the store may have without a mark")
  func uncertain() throws {
    var track = TrackObjects()
    let rows = Self.rows(10..<16)
    _ = send(&track, Array(rows[..<2]), isOpen: true)
    track.remove(in: rows[1].start..<rows[4].start, [Self.name: Array(rows[1..<4])])
    #expect(track.marks[Self.name]?.removed == [11...11, 12...13])
    #expect(track.unsaved == [Self.name])
    // One of them was under way, and the store accepts it afterwards.
    track.done(.segment(rows[3]), of: Self.name, timescale: 1000)
    #expect(track.start(of: 13) == nil)
    #expect(track.isRemoved(rows[3], timescale: 1000) && !track.isRemoved(rows[4], timescale: 1000))
    // Removals end in any order.
    track.done(.removal(13), of: Self.name, timescale: 1000)
    let left = track.requests(for: Self.name, [], isOpen: true, limit: 9)
    #expect(left == [.removal(11), .removal(12)])
    let many = Self.rows(100..<1100)
    track.remove(in: Self.hour + .seconds(100)..<Self.hour + .seconds(1100), [Self.later: many])
    #expect(track.marks[Self.later]?.removed == [100...611])
  }

  @Test("a segment that the store has refused is put although it has a later one")
  func refused() throws {
    var track = TrackObjects()
    let rows = Self.rows(10..<13)
    let hour = try Self.hour(rows, isOpen: true)
    track.begin(Self.name)
    track.left(Self.name)
    track.done(.header, of: Self.name, timescale: 1000)
    for index in [0, 2] { track.done(.segment(rows[index]), of: Self.name, timescale: 1000) }
    #expect(track.next([hour]) == Self.name)
    #expect(send(&track, rows, isOpen: true) == [.segment(rows[1])])
    track.begin(Self.name)
    #expect(track.next([hour]) == nil)
  }

  @Test("a mark is read as it was written; a damaged one is none")
  func marks() throws {
    var track = TrackObjects()
    for _ in 0..<2 { _ = send(&track, Self.rows(10..<14) + Self.rows(17..<19)) }
    track.remove(in: Self.hour + .seconds(11)..<Self.hour + .seconds(12))
    let mark = try #require(track.marks[Self.name])
    #expect(HourMark(mark.text) == mark)
    #expect(
      mark.text == """
        streamer-objects-1
        header
        index 6
        put 10 10 1795406410000000000 1795406411000000000
        put 12 13 1795406412000000000 1795406414000000000
        put 17 18 1795406417000000000 1795406419000000000
        remove 11 11
        end

        """)
    // The line feed at the end is not needed.
    for cut in 0..<mark.text.count - 1 { #expect(HourMark(String(mark.text.prefix(cut))) == nil) }
    #expect(HourMark("streamer-objects-1\nput 9 3 1 2\nend\n") == nil)
    #expect(track.unsaved == [Self.name])
    track.saved(Self.name, HourMark())
    #expect(track.unsaved == [Self.name])
    track.saved(Self.name, mark)
    #expect(track.unsaved.isEmpty)
  }

  @Test("an hour is in the store with its index, and keeps its Discontinuities")
  func stored() throws {
    var track = TrackObjects()
    let (some, others) = (Self.rows(10..<14), Self.rows(14..<20))
    let step = SegmentRow(
      number: 14, offset: others[0].offset, size: 100, decodeTime: 14_000, duration: 1000,
      start: others[0].start, startsDiscontinuity: true)
    let rows = some + [step] + others.dropFirst()
    _ = send(&track, rows)
    #expect(track.stored.isEmpty)
    _ = send(&track, rows)
    let hour = try #require(track.stored.first)
    #expect(hour.name == Self.name && track.stored.count == 1)
    #expect(hour.spans.spans.map(\.numbers) == [10...13, 14...19])
    #expect((hour.summary.first, hour.summary.last) == (10, 19) && hour.summary.count == 10)
    let mark = try #require(track.marks[Self.name])
    #expect(HourMark(mark.text) == mark)
    #expect(TrackObjects(track.marks).stored == track.stored)
    // The disk has the hour: the object is not needed.
    var state = StreamCatalog.State()
    (state.objects, state.isLoaded) = (StreamObjects(), true)
    state.objects?.tracks["video"] = track
    #expect(state.extent(of: "video") == 10...19 && state.renditions == ["video"])
    #expect(!state.isKnown)
    state.objects?.isLoaded = true
    #expect(state.isKnown && state.stored("video") == [hour])
    let summary = try #require(HourIndex.Summary(rows, size: 9, timescale: 1000))
    state.tracks["video"] = TrackCatalog([Self.name: summary])
    #expect(state.stored("video").isEmpty)
    // An order removes the last segments, and then all of them.
    track.remove(in: Self.hour + .seconds(18)..<Self.hour + .seconds(20))
    #expect(track.stored.first?.summary.last == 17)
    track.remove(in: Self.hour..<Self.hour + .seconds(20))
    #expect(track.stored.isEmpty)
  }

  @Test("spans join in every order", arguments: UInt64(0)..<20)
  func spans(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var spans = NumberSpans()
    for number in (Int64(0)..<30).shuffled(using: &random) where number != 12 {
      let start = Self.hour + .seconds(number)
      spans.add(.init(numbers: number...number, start: start, end: start + .seconds(1)))
    }
    #expect(spans.spans.map(\.numbers) == [0...11, 13...29])
    #expect(spans.spans.map(\.end) == [Self.hour + .seconds(12), Self.hour + .seconds(30)])
    #expect(!spans.contains(12) && spans.contains(29) && !spans.contains(30))
  }

  @Test("attempts wait 1 s to 60 s")
  func backOff() {
    var backOff = BackOff()
    let waits = (0..<8).map { _ in backOff.failed().wholeSeconds }
    #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60])
    let (first, second) = (backOff.succeeded(), backOff.succeeded())
    #expect(first && !second)
    #expect(backOff.failed() == .seconds(1))
  }

  @Test("addresses have a host, a bucket and plain names")
  func addresses() {
    #expect(ObjectStoreAddress("https://s3.example.com/b/p/")?.text == "https://s3.example.com/b/p")
    #expect(ObjectStoreAddress("http://[::1]:9000/b")?.url("k") == "http://[::1]:9000/b/k")
    for text in [
      "https://s3.example.com", "https:///b", "ftp://a/b", "https://u:p@a/b", "https://a/b?x=1",
      "https://a/b#x", "https://a/../b", "https://a//b", "https://a/b c", "https://a/b%20c",
    ] {
      #expect(ObjectStoreAddress(text) == nil, "\(text)")
    }
  }

  @Test("credentials are read from both forms, and are not printed")
  func credentials() throws {
    let expected = ObjectCredentials(identifier: "AKID", secret: "s3/cr+et=")
    #expect(ObjectCredentials(file: "AKID\ns3/cr+et=\n") == expected)
    #expect(
      ObjectCredentials(
        file: """
          # a key
          [default]
          aws_access_key_id = AKID
          aws_secret_access_key=s3/cr+et=

          [other]
          aws_access_key_id = X
          """) == expected)
    let regional = ObjectCredentials(
      file: "aws_access_key_id=A\naws_secret_access_key=B\nregion = eu-west-1")
    #expect(regional?.region == "eu-west-1")
    for text in ["", "AKID", "a\nb\nc", "aws_access_key_id = A", "A B\nC", "A\nB\u{7F}"] {
      #expect(ObjectCredentials(file: text) == nil, "\(text)")
    }
    let some = try #require(expected)
    #expect(!"\(some)".contains("AKID") && !"\(some)".contains("s3"))
  }

  @Test("of an error of the store only the code is used")
  func reasons() {
    let body = "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>AKID</AWSAccessKeyId>"
    #expect(ObjectClient.reason(403, body) == "403 SignatureDoesNotMatch")
    #expect(ObjectClient.reason(500, "<Code>a b</Code>") == "500")
    #expect(ObjectClient.reason(502, "<html>") == "502")
  }

  @Test("an hour that waits for the store is kept, one that it has is not")
  func retention() throws {
    let rows = Self.rows(10..<12)
    let summary = try #require(HourIndex.Summary(rows, size: 9, timescale: 1000))
    var objects = StreamObjects()
    #expect(!objects.hasAll(Self.name, summary, of: "video"))
    var track = TrackObjects()
    for _ in 0..<2 { _ = send(&track, rows) }
    objects.tracks["video"] = track
    #expect(!objects.hasAll(Self.name, summary, of: "video"))
    objects.isLoaded = true
    #expect(objects.hasAll(Self.name, summary, of: "video"))
    #expect(!objects.hasAll(Self.name, summary, of: "audio"))
  }
}
