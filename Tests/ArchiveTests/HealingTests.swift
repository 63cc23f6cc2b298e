// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing
import Time

@testable import Archive

/// The machine, for expectations that change it.
private final class Machine {
  private var healing: Healing

  init(twins: Int) { healing = Healing(twins: twins) }

  func next(_ holes: [Healing.Hole], now: MonotonicTime) -> Healing.Hole? {
    healing.next(holes, now: now)
  }
  func mayAsk(_ twin: Int, now: MonotonicTime) -> Bool { healing.mayAsk(twin, now: now) }
  func request(now: MonotonicTime) -> MonotonicTime { healing.request(now: now) }
  var order: [Int] { healing.order }
  func finished(since start: MonotonicTime, bytes: Int, now: MonotonicTime) {
    healing.finished(since: start, bytes: bytes, now: now)
  }
  func answered(_ twin: Int, withMedia: Bool = false) -> Bool {
    healing.answered(twin, withMedia: withMedia)
  }
  func failed(_ twin: Int, withMedia: Bool = false, now: MonotonicTime) -> Bool {
    healing.failed(twin, withMedia: withMedia, now: now)
  }
  func absent(_ hole: Healing.Hole, now: MonotonicTime) { healing.absent(hole, now: now) }
}

@Suite("The decision what is healed")
struct HealingTests {
  private static let now = MonotonicTime.origin + .seconds(100)
  private let now = HealingTests.now

  private func hole(_ numbers: ClosedRange<Int64>, _ rendition: String = "video") -> Healing.Hole {
    Healing.Hole(rendition: rendition, numbers: numbers)
  }

  @Test("a hole that begins before the reach of healing, or ends in the future, is cut")
  func reach() {
    #expect(
      NumberRanges.clamped([1...9, 20...30, 40...50], to: 5...22) == [5...9, 20...22])
    #expect(NumberRanges.clamped([1...(1 << 47)], to: 1000...1010) == [1000...1010])
    #expect(NumberRanges.clamped([1...4], to: 5...22).isEmpty)
  }

  @Test("the oldest hole is first, at most a batch of it")
  func order() {
    let healing = Machine(twins: 1)
    #expect(healing.next([], now: now) == nil)
    #expect(
      healing.next([hole(50...60), hole(40...45, "audio")], now: now) == hole(40...45, "audio"))
    #expect(healing.next([hole(1...5000)], now: now) == hole(1...Healing.batch))
  }

  @Test("numbers that no twin has are asked again after a time that doubles, others at once")
  func absence() {
    let healing = Machine(twins: 1)
    let holes = [hole(10...20)]
    healing.absent(hole(10...14), now: now)
    #expect(healing.next(holes, now: now) == hole(15...20))
    #expect(healing.next([hole(10...14, "audio")], now: now) == hole(10...14, "audio"))
    healing.absent(hole(15...20), now: now)
    #expect(healing.next(holes, now: now + .seconds(29)) == nil)
    #expect(healing.next(holes, now: now + .seconds(30)) == hole(10...20))
    healing.absent(hole(10...20), now: now + .seconds(30))
    #expect(healing.next(holes, now: now + .seconds(89)) == nil)
    #expect(healing.next(holes, now: now + .seconds(90)) == hole(10...20))
    for _ in 0..<20 { healing.absent(hole(10...20), now: now) }
    #expect(healing.next(holes, now: now + .seconds(3600)) == hole(10...20))
  }

  @Test("a twin that fails is asked again after a time that grows to a minute")
  func outage() {
    let healing = Machine(twins: 2)
    #expect(healing.failed(0, now: now))
    #expect(!healing.mayAsk(0, now: now))
    #expect(healing.mayAsk(1, now: now))
    #expect(healing.next([hole(1...2)], now: now) != nil)
    #expect(healing.failed(1, now: now))
    #expect(healing.next([hole(1...2)], now: now) == nil)
    #expect(healing.next([hole(1...2)], now: now + .seconds(1)) != nil)
    for _ in 0..<20 { #expect(!healing.failed(0, now: now)) }
    #expect(!healing.mayAsk(0, now: now + .seconds(59)))
    #expect(healing.mayAsk(0, now: now + .seconds(60)))
    #expect(healing.answered(0))
    #expect(!healing.answered(0))
    #expect(healing.mayAsk(0, now: now))
  }

  @Test("requests have a pace")
  func pace() {
    let healing = Machine(twins: 1)
    #expect(healing.request(now: now) == now)
    #expect(healing.request(now: now) == now + Healing.pace)
    #expect(healing.request(now: now + .seconds(5)) == now + .seconds(5))
  }

  @Test("a slow request is followed by a pause of its length, a large one by that of its bytes")
  func line() {
    let healing = Machine(twins: 1)
    let start = healing.request(now: now)
    healing.finished(since: start, bytes: 100, now: start + .milliseconds(300))
    let second = healing.request(now: start + .milliseconds(300))
    #expect(second == start + .milliseconds(600))
    healing.finished(since: second, bytes: 4_000_000, now: second + .milliseconds(10))
    #expect(healing.request(now: second) == second + .milliseconds(500))
  }

  @Test("a twin with wrong media is asked last, until it has sent right media")
  func debts() {
    let healing = Machine(twins: 2)
    #expect(healing.order == [0, 1])
    #expect(healing.failed(0, withMedia: true, now: now))
    #expect(healing.order == [1, 0])
    // Its playlists are no proof: its pauses grow, and nothing is logged.
    #expect(!healing.answered(0))
    #expect(!healing.failed(0, withMedia: true, now: now + .seconds(1)))
    #expect(!healing.mayAsk(0, now: now + .seconds(2)))
    healing.absent(hole(1...9), now: now)
    #expect(healing.answered(0, withMedia: true))
    #expect(healing.order == [0, 1])
    // What it has is asked again at once.
    #expect(healing.next([hole(1...9)], now: now) == hole(1...9))
  }

  @Test("ranges of numbers: joined, their gaps, and their differences")
  func ranges() {
    #expect(NumberRanges.joined([1, 2, 3, 7, 9, 10]) == [1...3, 7...7, 9...10])
    #expect(NumberRanges.gaps(between: [9...10, 1...3, 2...2, 7...7]) == [4...6, 8...8])
    #expect(NumberRanges.gaps(between: []) == [])
    #expect(
      NumberRanges.subtracting([3...4, 8...20, 1...1], from: [1...5, 7...9]) == [
        2...2, 5...5, 7...7,
      ])
  }

  @Test("a playlist gives the numbers with their headers, without gaps")
  func playlist() {
    let playlist = TwinPlaylist(
      """
      #EXTM3U
      #EXT-X-MAP:URI="../../../../init-0a1b2c3d.mp4"
      #EXTINF:1,
      ../../../../segment100.m4s
      #EXT-X-GAP
      #EXTINF:1,
      ../../../../segment101.m4s
      #EXT-X-DISCONTINUITY
      #EXT-X-MAP:URI="init-ffffffff.mp4"
      #EXT-X-PART:DURATION=0.1,URI="segment102.0.m4s"
      #EXTINF:1,
      segment102.m4s
      other.m4s
      segment99999999999999999999.m4s
      segment.m4s
      #EXT-X-MAP:URI="init-../../../x.mp4"
      segment103.m4s
      """)
    #expect(
      playlist.entries == [
        100: TwinPlaylist.Entry(headerHash: "0a1b2c3d", startsDiscontinuity: false),
        102: TwinPlaylist.Entry(headerHash: "ffffffff", startsDiscontinuity: true),
      ])
  }

  @Test("a segment of a twin has one segment's boxes, and the time of its number")
  func check() throws {
    var track = ArchivedTrack(from: .origin + .seconds(1_795_406_400))
    track.publish(segments: 2)
    let segmentation = TrackSegmentation.video(track.segmentation)
    let header = ArchivedTrack.header()
    let (number, bytes) = try #require(track.segments.min { $0.key < $1.key })
    func check(_ number: Int64, _ bytes: [UInt8], _ header: [UInt8] = header) throws {
      _ = try HealedSegment(
        number, bytes, header: header, segmentation, startsDiscontinuity: false)
    }
    try check(number, bytes)
    #expect(throws: HealedSegment.Fault.time) { try check(number + 1, bytes) }
    #expect(throws: HealedSegment.Fault.boxes) { try check(number, bytes + bytes) }
    #expect(throws: HealedSegment.Fault.boxes) { try check(number, Array(bytes.dropLast())) }
    #expect(throws: HealedSegment.Fault.boxes) { try check(number, Array(bytes.dropFirst())) }
    #expect(throws: HealedSegment.Fault.boxes) { try check(number, []) }
    #expect(throws: HealedSegment.Fault.boxes) { try check(number, bytes + SegmentMark.closing) }
    let mark = SegmentMark(number: 5, offset: .zero, startsDiscontinuity: true).bytes
    #expect(throws: HealedSegment.Fault.boxes) { try check(number, mark + bytes) }
    #expect(throws: HealedSegment.Fault.boxes) { try check(number, bytes + mark) }
    let other = HeaderBytes.video(nil, timescale: 48_000)
    #expect(throws: HealedSegment.Fault.timescale) { try check(number, bytes, other) }
    let hash = ArchivedTrack.description(track.segmentation, header).headerHash
    try HealedSegment.check(header: header, hash: hash, segmentation)
    #expect(throws: HealedSegment.Fault.header) {
      try HealedSegment.check(header: header, hash: "00000000", segmentation)
    }
  }
}
