// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import Testing
import Time

@testable import Server

@Suite("Short chunks of audio for a group of viewers")
struct ShortChunkCursorTests {
  private let window: LiveWindow
  private let first: Int64

  init() throws {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    let audio = try #require(AudioSegmentation(following: video, sampleRate: 48_000))
    window = LiveWindow(segmentation: .audio(audio), playlistLength: 6, retained: 8)
    first = audio.firstFrame(of: 1_795_155_721)
  }

  private func chunk(_ index: Int64, _ frames: Int64) -> Chunk {
    Chunk(
      frameIndex: first + index, frames: frames, isIndependent: true, duration: 1024 * frames,
      captured: .origin, published: .origin, bytes: SharedBytes("x"))
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The frame after which the group begins; nil if the window has none.
    var start: Int64? = -1
    /// Short chunks in order: first frame and number of frames; a part with negative number.
    let published: [[Int64]]
    /// The first frame and the number of frames of each chunk that is sent.
    let sent: [[Int64]]
    /// The first frames of the chunks that a new viewer needs besides the parts.
    var pending: [Int64] = []
  }

  static let rows = [
    Row(
      testDescription: "parts whose frames were sent are not sent again",
      published: [[0, 2], [2, 2], [4, 1], [0, -5], [5, 2]],
      sent: [[0, 2], [2, 2], [4, 1], [5, 2]], pending: [5]),
    Row(
      testDescription: "a part without short chunks is sent",
      published: [[0, -5], [5, -5], [10, 2]], sent: [[0, 5], [5, 5], [10, 2]], pending: [10]),
    Row(
      testDescription: "after a missing short chunk the part is sent",
      published: [[0, 2], [4, 1], [0, -5], [5, 2]], sent: [[0, 2], [0, 5], [5, 2]], pending: [5]),
    Row(
      testDescription: "a group that begins inside a part gets the part first",
      published: [[2, 2], [4, 1], [0, -5], [5, 2], [7, 2]], sent: [[0, 5], [5, 2], [7, 2]],
      pending: [5, 7]),
    Row(
      testDescription: "an empty window", start: nil,
      published: [[0, 2], [2, 2], [4, 1], [0, -5], [5, 2]], sent: [[0, 5], [5, 2]], pending: [5]),
    Row(
      testDescription: "skipped frames", published: [[0, 2], [50, 2], [50, -5], [55, 2]],
      sent: [[0, 2], [50, 5], [55, 2]], pending: [55]),
  ]

  @Test("the chunks that are sent", arguments: rows)
  func sent(row: Row) {
    var cursor = ShortChunkCursor(window.shortChunks, after: row.start.map { first + $0 })
    var sent: [[Int64]] = []
    for (index, frames) in row.published.map({ ($0[0], $0[1]) }) {
      let chunk = chunk(index, abs(frames))
      if frames > 0 {
        window.publishShort(chunk)
        sent += cursor.takeNew().map { [$0.frameIndex - first, $0.frames] }
      } else if cursor.isNew(chunk) {
        sent.append([index, -frames])
      }
    }
    #expect(sent == row.sent)
    #expect(cursor.pending.map { $0.frameIndex - first } == row.pending)
    let rest = cursor.takeNew()
    #expect(rest.isEmpty)
  }

  @Test("a new period begins with a part")
  func restart() {
    var cursor = ShortChunkCursor(window.shortChunks, after: first - 1)
    window.publishShort(chunk(0, 2))
    var found = cursor.takeNew()
    #expect(found.count == 1)
    cursor.restart()
    window.publishShort(chunk(2, 2))
    found = cursor.takeNew()
    #expect(found.isEmpty && cursor.pending.isEmpty)
    let isNew = cursor.isNew(chunk(100, 5))
    #expect(isNew)
  }

  @Test("old short chunks are dropped, and the publisher wakes only if there are readers")
  func bounds() {
    let woken = Locked(0)
    window.subscribe { woken.withLock { $0 += 1 } }
    for index in 0..<100 as Range<Int64> { window.publishShort(chunk(index, 1)) }
    #expect(woken.withLock { $0 } == 0)
    let (chunks, count) = window.shortChunks.chunks(after: 0)
    #expect(count == 100 && chunks.count == 16)
    #expect(chunks.last?.frameIndex == first + 99)
    do {
      let cursor = ShortChunkCursor(window.shortChunks, after: nil)
      window.publishShort(chunk(100, 1))
      #expect(woken.withLock { $0 } == 1)
      withExtendedLifetime(cursor) {}
    }
    window.publishShort(chunk(101, 1))
    #expect(woken.withLock { $0 } == 1)
  }
}
