// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Testing
import Time

@Suite("AAC in LATM: whole frames of payloads")
struct LOASSplitterTests {
  /// A frame of `size` bytes after its header; `fill` tells frames apart.
  private func frame(_ fill: UInt8, size: Int = 400) -> [UInt8] {
    [0x56, 0xE0 | UInt8(size >> 8), UInt8(size & 0xFF)] + [UInt8](repeating: fill, count: size)
  }

  private func time(_ milliseconds: Int64) -> SourceTime {
    SourceTime(nanoseconds: milliseconds * 1_000_000)
  }

  @Test("each frame of a payload has its time, by the number of frames until the next payload")
  func whole() {
    var splitter = LOASSplitter()
    let bytes = frame(1) + frame(2)
    let found = splitter.take(bytes, pts: time(1000))
    #expect(found.map(\.bytes) == [frame(1), frame(2)])
    #expect(found.first?.pts == time(1000), "no duration is known yet")
    #expect(
      splitter.take(bytes, pts: time(1080)) == [
        .init(bytes: frame(1), pts: time(1080)), .init(bytes: frame(2), pts: time(1120)),
      ])
  }

  @Test("a frame over two payloads has the time that follows from the number of frames")
  func carried() {
    var splitter = LOASSplitter()
    // Three frames of 64 ms begin in the first payload.
    let cut = frame(3)
    let first = splitter.take(frame(1) + frame(2) + cut.prefix(100), pts: time(1000))
    #expect(first.map(\.bytes) == [frame(1), frame(2)])
    #expect(
      splitter.take(cut.dropFirst(100) + frame(4), pts: time(1192)) == [
        .init(bytes: cut, pts: time(1128)), .init(bytes: frame(4), pts: time(1192)),
      ])
  }

  @Test("a header may be cut, and bytes before the first frame are left out")
  func cutHeader() {
    var splitter = LOASSplitter()
    #expect(splitter.take([0, 0x56, 0x11, 0x56], pts: time(0)) == [])
    // The frame is one frame of 1024 samples at 48 kHz before the payload that ends it.
    #expect(
      splitter.take(Array(frame(7).dropFirst()), pts: time(21)) == [
        .init(bytes: frame(7), pts: time(21) - Interval(ticks: 1024, timescale: 48_000))
      ])
  }

  @Test("a frame that never ends costs no more memory than its length")
  func endless() {
    var splitter = LOASSplitter()
    for index in 0..<100 {
      let found = splitter.take([UInt8](repeating: 0x56, count: 5000), pts: time(Int64(index)))
      #expect(found.allSatisfy { $0.bytes.count <= 8194 })
    }
  }
}
