// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@Suite("Events in a window")
struct EventTests {
  private func live() -> SyntheticStream {
    var stream = SyntheticStream(.thirty, playlistLength: 4, retained: 8)
    stream.window.goLive()
    stream.publish(frames: 95)
    return stream
  }

  private func newest(_ stream: SyntheticStream) throws -> [UInt8] {
    try #require(stream.window.snapshot.open?.chunks.last).bytes.array
  }

  @Test("the next chunk carries the event as emsg on the track's timeline, later ones do not")
  func carried() throws {
    var stream = live()
    let frame = stream.segmentation.grid.frameTime(of: stream.next + 3)
    let time = WallTime(frame, plus: .zero)
    let event = try stream.window.addEvent(at: time, Array("{}".utf8), now: time)
    stream.publish(frames: 1)
    let ticks = (stream.next + 2) * stream.segmentation.grid.rate.ticksPerFrame
    let box = EventMessage(
      id: event.id, time: ticks, timescale: UInt32(stream.segmentation.grid.rate.timescale),
      data: Array("{}".utf8)
    ).box
    #expect(try newest(stream) == box + Array("<\(stream.next - 1)>".utf8))
    stream.publish(frames: 1)
    #expect(try newest(stream) == Array("<\(stream.next - 1)>".utf8))
  }

  @Test("in the first chunk of a segment the event follows styp")
  func afterSegmentType() throws {
    let stream = live()
    let chunk = SyntheticStream.chunk(stream.next, stream.segmentation)
    let styp: [UInt8] = [0, 0, 0, 12] + Array("stypcmfs".utf8)
    _ = try stream.window.addEvent(at: chunk.captured, [0x30], now: chunk.captured)
    stream.window.publish(
      Chunk(
        frameIndex: chunk.frameIndex, isIndependent: true, duration: chunk.duration,
        captured: chunk.captured, published: chunk.published,
        bytes: SharedBytes(styp + Array("rest".utf8))))
    let bytes = try newest(stream)
    #expect(bytes.starts(with: styp))
    #expect(bytes[16..<20].elementsEqual("emsg".utf8) && bytes.suffix(4).elementsEqual("rest".utf8))
  }

  @Test("numbers rise, also over restarts; a window has 64 events, and forgets old ones")
  func bounds() throws {
    var stream = live()
    let now = WallTime(stream.segmentation.grid.frameTime(of: stream.next), plus: .zero)
    var last: UInt32 = 0
    for _ in 0..<64 {
      let event = try stream.window.addEvent(at: now, [0x31], now: now)
      #expect(event.id > last && event.id >= 1_795_155_720)
      last = event.id
    }
    #expect(throws: EventRefusal.tooMany) {
      try stream.window.addEvent(at: now, [0x31], now: now)
    }
    stream.publish(frames: 30 * 12)
    #expect(stream.window.snapshot.events.isEmpty)
    let next = try stream.window.addEvent(at: now + .seconds(12), [0x31], now: now + .seconds(12))
    #expect(next.id > last)
  }

  @Test("a window that is not live, or has ended, takes no event")
  func notLive() {
    let stream = SyntheticStream(.thirty)
    #expect(throws: EventRefusal.notLive) {
      try stream.window.addEvent(at: .origin, [0x31], now: .origin)
    }
    let ended = live()
    ended.window.end()
    #expect(throws: EventRefusal.notLive) {
      try ended.window.addEvent(at: .origin, [0x31], now: .origin)
    }
  }
}
