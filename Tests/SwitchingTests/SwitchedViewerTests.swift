// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing
import Time

@testable import Statistics
@testable import Switching

private let start = MonotonicTime.origin + .seconds(1000)

private let ladder = SwitchedLadder(
  bandwidths: [2_500_000, 1_200_000, 600_000], isAvailable: [true, true, true])

/// A viewer that requests one segment after another, on a manual clock.
private struct Player {
  var viewer = SwitchedViewer(ladder, now: start)
  var now = start
  var segment: Int64 = 100
  var distance = Interval.zero

  /// Requests the next segment, a second after the one before.
  @discardableResult
  mutating func request(
    in ladder: SwitchedLadder = ladder, _ report: CMCDReport? = nil
  ) -> Int {
    now += .seconds(1)
    segment += 1
    if let report { viewer.take(report, segment, of: ladder, now: now) }
    return viewer.choose(
      segment, distance: distance, duration: .seconds(1), of: ladder, now: now)
  }

  @discardableResult
  mutating func request(times: Int) -> [Int] { (0..<times).map { _ in request() } }

  /// The socket has acknowledged 100 kB of the newest segment after `elapsed`.
  mutating func deliver(
    _ elapsed: Interval, rendition: Int, bytes: Int = 100_000, rate: Int64 = 0,
    isLowerBound: Bool = false, isComplete: Bool = true
  ) {
    _ = viewer.observe(
      DeliveryMeasurement(
        segment: segment, rendition: rendition, bytes: bytes, elapsed: elapsed,
        isComplete: isComplete, roundTrip: .milliseconds(20), rate: rate,
        isLowerBound: isLowerBound), of: ladder, now: now)
  }
}

private func report(_ change: (inout CMCDReport) -> Void) -> CMCDReport {
  var report = CMCDReport()
  change(&report)
  return report
}

@Suite("The choice of a rendition for a viewer over HTTP")
struct SwitchedViewerTests {
  @Test("a viewer starts with the second-lowest rendition; a ladder of two with the top one")
  func beginning() {
    var player = Player()
    #expect(player.request() == 1)
    #expect(SwitchedLadder(bandwidths: [2, 1], isAvailable: [true, true]).start == 0)
    #expect(SwitchedLadder(bandwidths: [2], isAvailable: [true]).start == 0)
  }

  @Test("a segment keeps its rendition, whatever happens after the first request")
  func sameSegment() {
    var player = Player()
    #expect(player.request() == 1)
    player.deliver(.seconds(5), rendition: 1)
    #expect(
      player.viewer.choose(
        player.segment, distance: .zero, duration: .seconds(1), of: ladder, now: player.now) == 1)
    #expect(player.request() == 2)
  }

  @Test("late in two segments within 10 s: one rendition lower; late in one: no change")
  func late() {
    var player = Player()
    player.request()
    // 100 kB are 0.67 s of media at 1.2 Mbit/s: 0.6 s and a round trip are permitted.
    player.deliver(.milliseconds(700), rendition: 1, rate: 2_000_000)
    #expect(player.request(times: 11) == [Int](repeating: 1, count: 11))
    player.deliver(.milliseconds(700), rendition: 1, rate: 2_000_000)
    #expect(player.request() == 1)
    player.deliver(.milliseconds(700), rendition: 1, rate: 2_000_000)
    #expect(player.request() == 2)
  }

  @Test("several late chunks of one segment count once")
  func once() {
    var player = Player()
    player.request()
    for _ in 0..<20 { player.deliver(.milliseconds(400), rendition: 1, bytes: 5000) }
    #expect(player.request() == 1)
  }

  @Test("severely late: the highest rendition that fits the measured rate, at once")
  func severe() {
    var player = Player()
    player.request(times: 11)
    #expect(player.request(times: 20).allSatisfy { $0 == 0 })
    player.deliver(.seconds(1), rendition: 0, bytes: 20_000, rate: 800_000, isComplete: false)
    #expect(player.request() == 2)
    player.deliver(.seconds(3), rendition: 0, rate: 800_000)
    #expect(player.request() == 2, "bytes of the rendition before do not count")
  }

  /// Renditions of 1500, 700 and 300 kbit/s over a line of 1100, which holds what is too much in a
  /// queue of half a second.
  private func line(seconds: Int, rate: Int64 = 1_100_000) -> [Int] {
    let ladder = SwitchedLadder(
      bandwidths: [1_650_000, 770_000, 330_000], isAvailable: [true, true, true])
    var player = Player()
    player.viewer = SwitchedViewer(ladder, now: player.now)
    var queue = Interval.zero
    return (0..<seconds).map { _ in
      let rendition = player.request(in: ladder)
      let bits = ladder.bandwidths[rendition]
      let needed = Interval(ticks: bits, timescale: rate)
      // The queue grows by what the line cannot carry in a second, up to half a second.
      let elapsed = queue + max(.milliseconds(60), needed - .seconds(1) + .milliseconds(60))
      queue = min(max(.zero, queue + needed - .seconds(1)), .milliseconds(500))
      _ = player.viewer.observe(
        DeliveryMeasurement(
          segment: player.segment, rendition: rendition, bytes: Int(bits / 8), elapsed: elapsed,
          isComplete: true, roundTrip: .milliseconds(40), rate: min(bits, rate),
          isLowerBound: bits < rate), of: ladder, now: player.now)
      if elapsed > .milliseconds(340) {
        // The first bytes of a chunk show it before the segment is complete.
        _ = player.viewer.observe(
          DeliveryMeasurement(
            segment: player.segment, rendition: rendition, bytes: 20_000, elapsed: .seconds(1),
            isComplete: false, roundTrip: .milliseconds(40), rate: 900_000, isLowerBound: false),
          of: ladder, now: player.now)
      }
      return rendition
    }
  }

  @Test("after a failed trial the viewer gets the rendition again from which the trial began")
  func failedTrial() {
    let shown = line(seconds: 300)
    #expect(shown.first == 1)
    #expect(!shown.contains(2), "\(shown)")
    let trials = shown.indices.filter { shown[$0] == 0 && ($0 == 0 || shown[$0 - 1] != 0) }
    #expect(!trials.isEmpty && trials.count <= 6, "\(trials)")
    #expect(shown.count { $0 == 0 } <= trials.count * 2)
  }

  @Test("a line that becomes too slow in a trial lowers the viewer after the trial, too")
  func slowerInTrial() {
    var player = Player()
    player.request(times: 11)
    #expect(player.request() == 0)
    player.deliver(.seconds(4), rendition: 0, rate: 500_000)
    #expect(player.request() == 1)
    for _ in 0..<5 { player.deliver(.seconds(4), rendition: player.request(), rate: 500_000) }
    #expect(player.request() == 2)
  }

  @Test("a time without being late raises by one; a measured rate halves the time")
  func raised() {
    var player = Player()
    #expect(player.request(times: 11).last == 0)
    #expect(player.request(times: 100).allSatisfy { $0 == 0 })
    var proven = Player()
    proven.request()
    proven.deliver(.milliseconds(30), rendition: 1, rate: 20_000_000)
    #expect(proven.request(times: 4) == [1, 1, 1, 0])
  }

  @Test("a connection that cannot carry the next rendition is not tried")
  func limited() {
    var player = Player()
    for _ in 0..<60 {
      #expect(player.request() == 1)
      player.deliver(.milliseconds(500), rendition: 1, rate: 1_600_000)
    }
    // A lower bound is no limit.
    var other = Player()
    for _ in 0..<11 {
      other.request()
      other.deliver(.milliseconds(200), rendition: 1, bytes: 5000, rate: 1000, isLowerBound: true)
    }
    #expect(other.viewer.newest == 0)
  }

  @Test("a raise that soon fails is tried again after twice the time")
  func hysteresis() {
    var player = Player()
    var raises: [Interval] = []
    var previous = player.request()
    var changed = player.now
    for _ in 0..<400 {
      let rendition = player.request()
      if rendition == 0 { player.deliver(.seconds(4), rendition: 0, rate: 1_500_000) }
      if rendition < previous, rendition == 0 { raises.append(player.now - changed) }
      if rendition != previous { changed = player.now }
      previous = rendition
    }
    // The wait grows up to 160 s; a limit of 1.5 Mbit/s also counts for 20 s.
    #expect(raises.count >= 3 && raises.count <= 8, "\(raises.map(\.wholeSeconds))")
    #expect(raises == raises.sorted())
  }

  @Test("10 s of a good and 10 s of a bad line: after a minute at most one raise in 16 s")
  func alternating() {
    var player = Player()
    var raises = 0
    var previous = player.request()
    for second in 0..<360 {
      let isBad = second / 10 % 2 == 1
      let rendition = player.request()
      if second >= 60, rendition < previous { raises += 1 }
      previous = rendition
      let rate: Int64 = isBad ? 700_000 : 20_000_000
      let isTooMuch = ladder.bandwidths[rendition] > rate
      player.deliver(isTooMuch ? .seconds(3) : .milliseconds(30), rendition: rendition, rate: rate)
    }
    #expect(raises <= 300 / 16, "\(raises) raises in 300 s")
  }

  @Test("a viewer that stays behind the live edge on a fast line holds the top rendition")
  func behind() {
    var player = Player()
    player.distance = .milliseconds(1900)
    #expect(player.request(times: 60).suffix(45).allSatisfy { $0 == 0 })
    // Playlists are reloaded for two segments at a time: the distance alternates by one segment.
    for index in 0..<60 {
      player.distance = .milliseconds(index % 2 == 0 ? 1900 : 2900)
      #expect(player.request() == 0)
    }
  }

  @Test("a distance that grows from segment to segment lowers; a jump back does not")
  func growth() {
    var player = Player()
    player.request(times: 12)
    for _ in 0..<4 {
      player.distance += .milliseconds(900)
      player.request()
    }
    #expect(player.request() == 1)
    var other = Player()
    other.request(times: 12)
    for _ in 0..<3 {
      other.distance += .seconds(8)
      #expect(other.request() == 0)
    }
  }

  @Test("a rendition that is left out is replaced by a lower one, else by a higher one")
  func leftOut() {
    var player = Player()
    let without = SwitchedLadder(
      bandwidths: ladder.bandwidths, isAvailable: [true, true, false])
    for _ in 0..<3 {
      player.request(in: without)
      player.deliver(.seconds(5), rendition: player.viewer.newest ?? 0)
    }
    #expect(player.request(in: without) == 1)
    #expect(player.request() == 2)
    var other = Player()
    #expect(other.request() == 1)
    let lowest = SwitchedLadder(
      bandwidths: ladder.bandwidths, isAvailable: [false, false, true])
    // A segment that was promised in a rendition that has become a gap.
    let again = other.viewer.choose(
      other.segment, distance: .zero, duration: .seconds(1), of: lowest, now: other.now)
    #expect(again == 2)
    #expect(other.request(in: lowest) == 2)
    #expect(other.request() == 1)
    let topOnly = SwitchedLadder(
      bandwidths: ladder.bandwidths, isAvailable: [true, false, false])
    #expect(player.request(in: topOnly) == 0)
  }

  @Test("CMCD: starvation and a buffer of half its length lower; at the start they do not")
  func reports() {
    var starved = Player()
    starved.request(report { $0.starved = true })
    #expect(starved.request(report { $0.starved = true }) == 2)
    var starting = Player()
    for _ in 0..<3 {
      starting.request(
        report {
          $0.starved = true
          $0.startup = true
        })
    }
    #expect(starting.request() == 1)
    var shrinking = Player()
    for _ in 0..<4 { shrinking.request(report { $0.bufferMilliseconds = 1000 }) }
    for _ in 0..<3 { shrinking.request(report { $0.bufferMilliseconds = 200 }) }
    #expect(shrinking.request() == 2)
  }

  @Test("CMCD: a short buffer and a low throughput delay a raise, and a high one causes none")
  func reportedLimits() {
    var short = Player()
    for index in 0..<30 { short.request(report { $0.bufferMilliseconds = index < 3 ? 900 : 600 }) }
    var low = Player()
    for _ in 0..<30 { low.request(report { $0.throughputKilobits = 700 }) }
    #expect(low.viewer.newest == 1)
    var high = Player()
    for _ in 0..<9 { #expect(high.request(report { $0.throughputKilobits = 90_000 }) == 1) }
    // Half of its usual length is short: the usual length follows within some reports.
    #expect(short.viewer.newest == 0)
  }
}

@Suite("The table of viewers for which the server chooses, and its ladders")
struct SwitchedViewersTests {
  @Test("a viewer on several connections has one choice; others have their own")
  func connections() {
    var table = SwitchedViewers()
    func choose(_ segment: Int64, _ number: UInt64) -> Int {
      table.choose(
        segment, for: number, nil, distance: .zero, duration: .seconds(1), of: ladder, now: start
      ).rendition
    }
    #expect(choose(5, 1) == 1)
    let isMeasured = table.observe(
      DeliveryMeasurement(
        segment: 5, rendition: 1, bytes: 1000, elapsed: .seconds(2), isComplete: false,
        roundTrip: .zero, rate: 0, isLowerBound: true), of: 1, ladder, now: start)
    #expect(isMeasured)
    #expect(choose(5, 1) == 1 && choose(6, 1) == 2 && choose(6, 2) == 1)
    #expect(table.newest(of: 1) == 2 && table.newest(of: 3) == nil)
  }

  @Test("the table is bounded, and forgets viewers 30 s after their last request")
  func bounded() {
    var table = SwitchedViewers()
    func choose(_ number: UInt64, _ now: MonotonicTime) -> Int {
      table.choose(
        5, for: number, nil, distance: .zero, duration: .seconds(1), of: ladder, now: now
      ).rendition
    }
    for number in 0..<UInt64(SwitchedViewers.capacity + 10) { #expect(choose(number, start) == 1) }
    #expect(table.count == SwitchedViewers.capacity)
    #expect(choose(1 << 40, start + .seconds(31)) == 1)
    #expect(table.count == 1)
  }

  @Test("one size and equal parameter sets, or a reason")
  func obstacles() throws {
    let segmentation = SyntheticStream(.thirty).segmentation
    func track(_ name: String, _ size: VideoSize, _ header: String = "x") -> TrackDescription {
      TrackDescription(
        rendition: name, codecs: "avc1.64001f", bandwidth: 1, size: size,
        segmentation: segmentation, header: Array(header.utf8))
    }
    let small = try #require(VideoSize(width: 640, height: 360))
    let one = track("a", .hd720)
    #expect(SwitchedLadder.obstacle([one])?.contains("one rendition") == true)
    #expect(
      SwitchedLadder.obstacle([one, track("b", small)])
        == "the renditions have different sizes (1280x720, 640x360)")
    #expect(
      SwitchedLadder.obstacle([one, track("b", .hd720, "y")])?.contains("parameter sets") == true)
    #expect(SwitchedLadder.obstacle([one, track("b", .hd720)]) == nil)
  }
}
