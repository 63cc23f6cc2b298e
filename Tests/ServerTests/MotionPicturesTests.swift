// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import Testing
import Time

@testable import Server

@Suite("Motion JPEG: which frames become pictures, and which reader gets which")
struct MotionPicturesTests {
  /// The frames of a second that become pictures if each takes `busy` frames to be made.
  private func taken(_ rate: Int64, busy: Int64 = 0) -> [Int64] {
    var pictures = MotionPictures()
    var (taken, ready): ([Int64], Int64?) = ([], nil)
    for frame in 0..<rate {
      if let due = ready, due <= frame {
        pictures.made(SharedBytes("\(frame)"))
        ready = nil
      }
      let time = MediaTime(nanoseconds: 1_795_155_720_000_000_000 + frame * 1_000_000_000 / rate)
      if pictures.takes(frame, at: time) {
        taken.append(frame)
        if busy == 0 { pictures.made(SharedBytes("")) } else { ready = frame + busy }
      }
    }
    return taken
  }

  @Test("at most ten pictures per second, each of the newest frame")
  func rate() {
    #expect(taken(30) == [0, 3, 6, 9, 12, 15, 18, 21, 24, 27])
    #expect(taken(25) == [0, 3, 5, 8, 10, 13, 15, 18, 20, 23])
    #expect(taken(60).count == 10)
    #expect(taken(5) == [0, 1, 2, 3, 4])
    #expect(taken(30, busy: 2) == taken(30))
    #expect(taken(30, busy: 5) == [0, 5, 10, 15, 20, 25], "while one is made no other begins")
  }

  @Test("no frame is taken twice, nor an older one; a failure is no picture")
  func once() {
    var pictures = MotionPictures()
    func takes(_ frame: Int64, second: Int64) -> Bool {
      pictures.takes(frame, at: .origin + .seconds(second))
    }
    #expect(takes(7, second: 1))
    #expect(!takes(8, second: 2), "it is being made")
    pictures.made(nil)
    #expect(pictures.newest?.number == nil)
    #expect(!takes(7, second: 2))
    #expect(!takes(8, second: 1))
    #expect(!takes(6, second: 3))
    #expect(takes(9, second: 3))
  }

  @Test("a reader gets each picture once, and misses those that it is too slow for")
  func readers() {
    var pictures = MotionPictures()
    #expect(pictures.next(after: 0, queued: 0)?.number == nil)
    var (fast, slow): ([UInt64], [UInt64]) = ([], [])
    for number in 1...6 {
      _ = pictures.takes(Int64(number), at: .origin + Int64(number) * .milliseconds(100))
      pictures.made(SharedBytes("\(number)"))
      if let next = pictures.next(after: fast.last ?? 0, queued: 0) { fast.append(next.number) }
      #expect(pictures.next(after: fast.last ?? 0, queued: 0)?.number == nil, "not twice")
      let queued = number % 3 == 0 ? 0 : 1
      if let next = pictures.next(after: slow.last ?? 0, queued: queued) {
        slow.append(next.number)
        #expect(next.part.array == Array("\(number)".utf8), "the newest")
      }
    }
    #expect(fast == [1, 2, 3, 4, 5, 6])
    #expect(slow == [3, 6])
    pictures.rest()
    #expect(pictures.next(after: 0, queued: 0)?.number == nil, "too old for a new reader")
  }

  @Test("a part has its type, its length, and the delimiter after it")
  func body() {
    let bytes =
      MotionPictureBody.start.array + MotionPictureBody.part(SharedBytes("jpeg")).array
      + MotionPictureBody.end.array
    #expect(
      String(decoding: bytes, as: UTF8.self).split(separator: "\r\n") == [
        "--picture", "Content-Type: image/jpeg", "Content-Length: 4", "jpeg", "--picture--",
      ])
  }
}
