// SPDX-License-Identifier: Apache-2.0

import Sharing
import TestSupport
import Testing
import Time

@testable import Stills

@Suite("The decoders of the process of stills")
struct DecoderTableTests {
  private let track = StillTrack()
  private let header = SharedBytes([1])

  private func step(
    _ table: inout DecoderTable, _ segment: Int64, _ frame: Int, isNewest: Bool = false,
    of track: StillTrack? = nil, width: UInt16? = nil
  ) -> DecoderTable.Step {
    table.step(
      StillName(track: track ?? self.track, segment: segment, frame: frame, width: width),
      isNewest: isNewest, header: ObjectIdentifier(header))
  }

  @Test("a decoder continues with the next frames of its segment, and decodes no frame twice")
  func continues() {
    var table = DecoderTable(limit: 4)
    #expect(
      step(&table, 7, 3) == .init(decoder: 0, opens: true, begins: true, frames: 0..<4))
    #expect(
      step(&table, 7, 5) == .init(decoder: 0, opens: false, begins: false, frames: 4..<6))
    #expect(
      step(&table, 7, 5, width: 320)
        == .init(decoder: 0, opens: false, begins: false, frames: 6..<6))
  }

  @Test("an earlier frame, and another segment, need the segment from its key frame on")
  func begins() {
    var table = DecoderTable(limit: 4)
    _ = step(&table, 7, 5)
    #expect(
      step(&table, 7, 2) == .init(decoder: 0, opens: false, begins: true, frames: 0..<3))
    #expect(
      step(&table, 8, 0) == .init(decoder: 0, opens: false, begins: true, frames: 0..<1))
  }

  @Test("past frames do not take the decoder of the newest frames")
  func newest() {
    var table = DecoderTable(limit: 4)
    _ = step(&table, 9, 10, isNewest: true)
    #expect(step(&table, 3, 4).decoder == 1)
    #expect(
      step(&table, 9, 11, isNewest: true)
        == .init(decoder: 0, opens: false, begins: false, frames: 11..<12))
  }

  @Test("without a free decoder the one that was not used for longest is opened anew")
  func oldest() {
    var table = DecoderTable(limit: 2)
    let (other, third) = (StillTrack(), StillTrack())
    _ = step(&table, 1, 0)
    _ = step(&table, 1, 0, of: other)
    _ = step(&table, 1, 1)
    #expect(
      step(&table, 1, 0, of: third)
        == .init(decoder: 1, opens: true, begins: true, frames: 0..<1))
  }

  @Test("a decoder that could give a frame only at its end begins the segment again")
  func ended() {
    var table = DecoderTable(limit: 2)
    _ = step(&table, 1, 3)
    table.endGroup(0)
    #expect(
      step(&table, 1, 4) == .init(decoder: 0, opens: false, begins: true, frames: 0..<5))
  }
}

@Suite("The stills that are asked for")
struct StillQueueTests {
  private let track = StillTrack()

  private func request(
    _ frame: Int, isNewest: Bool = false, of track: StillTrack? = nil
  ) -> StillRequest {
    StillRequest(
      name: StillName(track: track ?? self.track, segment: 1, frame: frame, width: nil),
      header: SharedBytes([]), chunks: [SharedBytes([])], isNewest: isNewest)
  }

  @Test("newest frames without an end leave every second turn to the others")
  func turns() {
    var queue = StillQueue<Int>(limit: 16, trackLimit: 16)
    for frame in 0..<3 { _ = queue.add(request(frame), frame, until: 10) }
    var (order, newest): ([Int], Int) = ([], 100)
    for _ in 0..<8 {
      // Nine widths of Motion JPEG: there is always another newest frame.
      newest += 1
      _ = queue.add(request(newest, isNewest: true), newest, until: 10)
      guard let next = queue.next else { break }
      order.append(next.name.frame)
      _ = queue.finish(next.name)
    }
    #expect(order == [101, 0, 102, 1, 103, 2, 104, 105])
  }

  @Test("archived media has a limit, which one still may exceed while it is the only one")
  func media() {
    let budget = StillMediaBudget(limit: 1000)
    var first = budget.share(of: 5000)
    #expect(first != nil && budget.share(of: 1) == nil)
    first = nil
    // A request keeps its share.
    var kept: [StillRequest] = [400, 600].map { size in
      StillRequest(
        name: StillName(track: track, segment: 1, frame: 0, width: nil), header: SharedBytes([]),
        chunks: [], isNewest: false, memory: budget.share(of: size))
    }
    #expect(budget.share(of: 1) == nil)
    kept.removeLast()
    #expect(budget.share(of: 601) == nil && budget.share(of: 600) != nil)
    kept.removeAll()
    #expect(budget.share(of: 1000) != nil)
  }

  @Test("all who ask for a still wait for one picture, also while it is made")
  func merged() {
    var queue = StillQueue<Int>(limit: 4, trackLimit: 4)
    for waiter in 0..<100 { _ = queue.add(request(5), waiter, until: 10) }
    #expect(queue.count == 1 && queue.next?.name.frame == 5)
    _ = queue.add(request(5), 100, until: 10)
    let waiters = queue.finish(request(5).name)
    #expect(waiters == Array(0...100))
    #expect(queue.next == nil)
  }

  @Test("newest frames come first, past ones in the order of their requests")
  func order() {
    var queue = StillQueue<Int>(limit: 4, trackLimit: 4)
    for (frame, isNewest) in [(1, false), (2, false), (9, true)] {
      _ = queue.add(request(frame, isNewest: isNewest), 0, until: 10)
    }
    var order: [Int] = []
    while let next = queue.next {
      order.append(next.name.frame)
      _ = queue.finish(next.name)
    }
    #expect(order == [9, 1, 2])
  }

  @Test("tracks take turns by the time of their stills, and one that cannot be in time is refused")
  func tracks() {
    var queue = StillQueue<Int>(limit: 64, trackLimit: 16, patience: .seconds(5))
    let light = StillTrack()
    // A track whose stills take a second.
    _ = queue.add(request(0), 0, until: 10)
    _ = queue.finish(request(0).name, after: .seconds(1))
    let added = (1...16).map { queue.add(request($0), 0, until: 10) }
    #expect(added == (1...16).map { $0 <= 5 })
    let isAdded = queue.add(request(100, of: light), 1, until: 10)
    #expect(isAdded)
    var order: [Int] = []
    while let next = queue.next {
      order.append(next.name.frame)
      let isLight = next.name.track == light
      _ = queue.finish(next.name, after: isLight ? .milliseconds(50) : .seconds(1))
      if isLight, next.name.frame < 103 {
        _ = queue.add(request(next.name.frame + 1, of: light), 1, until: 10)
      }
    }
    #expect(order == [1, 100, 2, 101, 3, 102, 4, 103, 5])
  }

  @Test("a track has a share of the queue, and a still waits until its deadline")
  func limits() {
    var queue = StillQueue<Int>(limit: 3, trackLimit: 2)
    let others = (StillTrack(), StillTrack())
    let rows: [(StillRequest, MonotonicTime, Bool)] = [
      (request(1), 10, true), (request(2), 20, true), (request(3), 20, false),
      (request(3, of: others.0), 20, true), (request(4, of: others.1), 20, false),
    ]
    for (index, row) in rows.enumerated() {
      let isAdded = queue.add(row.0, index, until: row.1)
      #expect(isAdded == row.2, "row \(index)")
    }
    let expired = queue.expired(10)
    #expect(expired == [0])
    let isAdded = queue.add(request(3), 6, until: 20)
    #expect(isAdded)
  }

  @Test("the tag of a still is that of its bytes, FIPS 180-4")
  func tag() {
    #expect(Still(SharedBytes(Array("abc".utf8))).tag == "ba7816bf8f01cfea414140de5dae2223")
    #expect(Still(SharedBytes(Array("abd".utf8))).tag != Still(SharedBytes(Array("abc".utf8))).tag)
  }

  @Test("the oldest stills leave a full cache")
  func cache() {
    var cache = StillCache(limit: 10)
    let stills = (0..<3).map { Still(SharedBytes([UInt8](repeating: UInt8($0), count: 4))) }
    var removed: [[UInt8]] = []
    for (index, still) in stills.enumerated() {
      removed += cache.keep(still, as: request(index).name).map(\.bytes.array)
    }
    #expect(removed == [stills[0].bytes.array])
    #expect(cache[request(0).name] == nil)
    #expect(cache[request(2).name]?.bytes === stills[2].bytes)
    let large = cache.keep(
      Still(SharedBytes([UInt8](repeating: 0, count: 11))), as: request(3).name)
    #expect(large.isEmpty && cache[request(3).name] == nil)
  }
}
