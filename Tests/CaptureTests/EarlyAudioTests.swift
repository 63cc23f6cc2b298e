// SPDX-License-Identifier: Apache-2.0

import Media
import Testing
import Time

@testable import Capture

@Suite("Audio that arrives before the video is described")
struct EarlyAudioTests {
  private func audio(_ milliseconds: Int64, bytes: Int = 1) -> InputUnit {
    .audio(
      AudioPacket(
        bytes: [UInt8](repeating: 7, count: bytes), pts: .origin + .milliseconds(milliseconds),
        arrival: MonotonicTime(nanoseconds: 9_000_000_000) + .milliseconds(milliseconds)))
  }

  private var picture: InputUnit {
    .video(
      AccessUnit(
        bytes: [1], parameterSets: [], isKey: true, pts: .origin, dts: nil, arrival: .origin,
        senderTime: nil))
  }

  /// The timestamps of audio in milliseconds; -1 is a picture.
  private func times(_ units: [InputUnit]) -> [Int64] {
    units.map { unit in
      guard case .audio(let packet) = unit else { return -1 }
      return packet.pts.nanoseconds / 1_000_000  // bounded: a constant
    }
  }

  @Test("it is supplied once, in order, before the picture that describes the video")
  func order() {
    var early = EarlyAudio()
    for time in stride(from: Int64(0), to: 200, by: 20) {
      #expect(early.take([audio(time)], isDescribed: false).isEmpty)
    }
    let units = early.take([picture, audio(200)], isDescribed: true)
    #expect(times(units) == Array(stride(from: Int64(0), to: 200, by: 20)) + [-1, 200])
    #expect(times(early.take([audio(220)], isDescribed: true)) == [220])
  }

  @Test("a picture without a description is supplied at once")
  func undescribed() {
    var early = EarlyAudio()
    #expect(times(early.take([audio(0), picture], isDescribed: false)) == [-1])
    #expect(times(early.take([], isDescribed: true)) == [0])
  }

  @Test("the last second is kept")
  func span() {
    var early = EarlyAudio()
    for time in stride(from: Int64(0), through: 60_000, by: 100) {
      _ = early.take([audio(time)], isDescribed: false)
    }
    let units = times(early.take([], isDescribed: true))
    #expect(units == Array(stride(from: Int64(59_000), through: 60_000, by: 100)))
  }

  @Test("packets and bytes have limits")
  func limits() {
    var early = EarlyAudio()
    for _ in 0..<EarlyAudio.maximumCount + 10 { _ = early.take([audio(0)], isDescribed: false) }
    #expect(early.take([], isDescribed: true).count == EarlyAudio.maximumCount)
    let piece = EarlyAudio.maximumBytes / 4
    for time in Int64(0)..<7 {
      _ = early.take([audio(time, bytes: piece)], isDescribed: false)
    }
    #expect(times(early.take([], isDescribed: true)) == [3, 4, 5, 6])
  }
}
