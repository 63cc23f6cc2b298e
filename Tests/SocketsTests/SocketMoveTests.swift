// SPDX-License-Identifier: Apache-2.0

import HTTPTestSupport
import Net
import Packaging
import Server
import ServerTestSupport
import Sharing
import Statistics
import TestSupport
import Testing
import Time

@Suite("Another rendition over llws.v1")
struct SocketMoveTests {
  /// A client of the rendition `r0` that has asked for `r1`.
  private struct Move {
    let ladder = SyntheticLadder()
    let clock = ManualClock()
    let handler: SyntheticHandler
    let client: SocketClient

    init(capacity: Int) throws {
      handler = try SyntheticHandler(others: [ladder.served], clock: clock)
      ladder.goLive()
      handler.requests.woken()
      client = SocketLab(handler).connect(capacity: capacity, to: "ladder")
      client.send(#"{"t":"subscribe","rendition":"r0","start":"key","tracks":["v"]}"#)
      _ = client.read()
    }

    /// A segment of each rendition is published, or its first frames.
    func publish(leftOut: Set<Int> = [], late: Set<Int> = [], frames: Int64? = nil) {
      clock.advance(by: .seconds(1))
      handler.loop.iterate()
      ladder.publish(leftOut: leftOut, late: late, frames: frames)
      handler.requests.woken()
    }
  }

  /// The chunks of a rendition: their numbers, and which are key frames.
  private func chunks(
    _ received: some Sequence<Received>, of rendition: Int
  ) -> (numbers: [UInt32], keys: [Int]) {
    var found: (numbers: [UInt32], keys: [Int]) = ([], [])
    for case .media(1, let flags, _, let number, "<\(rendition)>") in received {
      if flags & 1 != 0 { found.keys.append(found.numbers.count) }
      found.numbers.append(number)
    }
    return found
  }

  @Test("a viewer moves with the first frame of a segment, and misses nothing")
  func move() throws {
    let move = try Move(capacity: .max)
    move.publish()
    #expect(chunks(move.client.read(), of: 0).numbers.count == 30)
    move.client.send(#"{"t":"switch","rendition":"r1"}"#)
    move.publish()
    let after = move.client.read()
    let texts = after.map { "\($0)" }
    #expect(texts.first?.contains("switching") == true && !texts.contains { $0.contains("skip") })
    let found = chunks(after, of: 1)
    #expect(found.numbers.count == 30 && found.keys == [0])
    #expect(chunks(after, of: 0).numbers.isEmpty)
  }

  @Test(
    "a rendition that is left out: its viewers get the next one at once, and return",
    arguments: [false, true])
  func leftOut(isLate: Bool) throws {
    let move = try Move(capacity: .max)
    move.client.send(#"{"t":"list"}"#)
    move.publish()
    _ = move.client.read()
    move.publish(leftOut: isLate ? [] : [0, 1], late: isLate ? [0, 1] : [])
    let away = move.client.read()
    let texts = away.filter(\.isText).map { "\($0)" }
    let switching = try #require(texts.first { $0.contains("switching") })
    #expect(switching.contains(#"rendition\":\"r2"#) && switching.contains(#"reason\":\"abr"#))
    #expect(switching.contains(#"at\":\#(move.ladder.last)"#))
    let channels = try #require(texts.first { $0.contains("channels") })
    #expect(channels.split(separator: "missing").count == 3)
    let found = chunks(away, of: 2)
    #expect(found.numbers.count == 30 && found.keys == [0])
    #expect(!texts.contains { $0.contains("skip") })
    // Three seconds without a lag, and the next segment.
    var back: [Received] = []
    for _ in 0..<5 {
      if isLate { move.ladder.catchUp([0, 1]) }
      move.publish()
      back += move.client.read()
    }
    let returned = back.filter(\.isText).map { "\($0)" }
    #expect(returned.contains { $0.contains(#"rendition\":\"r0"#) && $0.contains("manual") })
    #expect(returned.contains { $0.contains("channels") && !$0.contains("missing") })
    #expect(chunks(back, of: 0).keys.count >= 1)
    #expect(chunks(back, of: 2).numbers.count + chunks(back, of: 0).numbers.count == 150)
  }

  @Test("a client that subscribes while its rendition is left out gets another one")
  func joinsLeftOut() throws {
    let move = try Move(capacity: .max)
    move.publish(leftOut: [0])
    _ = move.client.read()
    let client = SocketLab(move.handler).connect(to: "ladder")
    client.send(#"{"t":"subscribe","rendition":"r0","tracks":["v"]}"#)
    let texts = client.read().filter(\.isText).map { "\($0)" }
    #expect(texts.contains { $0.contains("subscribed") && $0.contains(#"rendition\":\"r1"#) })
  }

  @Test("a viewer that is late moves without frames of the past, and learns what it has missed")
  func late() throws {
    let move = try Move(capacity: 300)
    move.publish()
    move.publish()
    let skips = { move.handler.counters.withLock { $0.sockets.streams["ladder"]?.skips ?? 0 } }
    #expect(skips() == 1)
    move.client.send(#"{"t":"switch","rendition":"r1"}"#)
    move.publish()
    move.publish()
    let late = move.client.read()
    #expect(chunks(late, of: 1).numbers.isEmpty)
    let texts = late.filter(\.isText).map { "\($0)" }
    let (skip, switching) = (
      texts.firstIndex { $0.contains("skip") }, texts.firstIndex { $0.contains("switching") }
    )
    #expect(try #require(skip) < (try #require(switching)), "\(texts)")
    #expect(skips() == 1)
    move.publish()
    let after = move.client.read()
    #expect("\(after.first ?? .close(0))".contains("skip"))
    let found = chunks(after, of: 1)
    #expect(found.keys == [0] && found.numbers.count == 30)
    let first = try #require(found.numbers.first)
    #expect(found.numbers == Array(first..<first + 30))
  }

  @Test("a viewer that was late gets the chosen rendition as soon as it is fast")
  func movesAtOnce() throws {
    let move = try Move(capacity: 300)
    move.publish()
    move.publish()
    move.publish(frames: 6)
    move.client.send(#"{"t":"switch","rendition":"r1"}"#)
    _ = move.client.read()
    move.publish(frames: 1)
    let after = move.client.read()
    let texts = after.filter(\.isText).map { "\($0)" }
    #expect(texts.count == 2 && texts[0].contains("skip"), "\(texts)")
    let switching = try #require(texts.last)
    #expect(switching.contains(#"rendition\":\"r1"#))
    #expect(switching.contains(#"at\":\#(move.ladder.last)"#), "\(switching)")
    let found = chunks(after, of: 1)
    #expect(found.numbers.count == 7 && found.keys == [0])
  }

  @Test("a client without media is no viewer, and becomes none at a restart of the stream")
  func withoutMedia() throws {
    for (request, count) in [
      (#"{"t":"unsubscribe"}"#, 0), (#"{"t":"subscribe","tracks":[]}"#, 0),
      (#"{"t":"subscribe","rendition":"gone"}"#, 0), (#"{"t":"pause"}"#, 1),
    ] {
      let handler = try SyntheticHandler.live()
      let client = SocketLab(handler).connect()
      func viewers() -> Int { handler.serverState.viewers.all(now: handler.loop.now).count }
      client.send(#"{"t":"subscribe"}"#)
      _ = client.read()
      #expect(viewers() == 1)
      client.send(request)
      #expect(viewers() == count, "\(request)")
      handler.serverState.change { streams in
        streams = streams.map {
          StreamEntry(
            name: $0.name, state: .starting, supervisor: $0.supervisor, options: $0.options)
        }
      }
      handler.requests.woken()
      #expect(viewers() == count, "\(request)")
    }
  }

  @Test("a failed subscription leaves no member in the sync group")
  func failedSubscription() throws {
    let handler = try SyntheticHandler.live()
    let lab = SocketLab(handler)
    let member = lab.connect()
    member.send(#"{"t":"subscribe","sync":"lobby","tracks":[],"need":100}"#)
    let first = member.read().map { "\($0)" }
    #expect(first.contains { $0.contains("target\\\":100}") }, "\(first)")
    let failed = lab.connect()
    failed.send(#"{"t":"subscribe","sync":"lobby","rendition":"gone","need":2000}"#)
    #expect("\(failed.read())".contains("unknown-rendition"))
    member.send(#"{"t":"stat","need":100}"#)
    #expect(member.read().isEmpty)
  }
}
