// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("Audio that is away while the video goes on")
struct TrackPresenceTests {
  private struct Source {
    var presence = TrackPresence()
    var now = MonotonicTime(nanoseconds: 1_000_000_000_000)
    var isExpected = true

    /// Sends video for `seconds`, and audio before each frame if `hasAudio`.
    mutating func send(
      seconds: Int64, rate: Int64 = 25, hasAudio: Bool
    ) -> [TrackPresence.Change] {
      var changes: [TrackPresence.Change] = []
      for _ in 0..<seconds * rate {
        now = now + .seconds(1) / rate
        if hasAudio, let change = presence.arrived(at: now) { changes.append(change) }
        if let change = presence.otherArrived(at: now, isExpected: isExpected) {
          changes.append(change)
        }
      }
      return changes
    }
  }

  @Test("audio that ends is gone once, and returns once")
  func ends() {
    var source = Source()
    #expect(source.send(seconds: 5, hasAudio: true) == [])
    #expect(source.send(seconds: 2, hasAudio: false) == [], "a short hole is no outage")
    #expect(source.send(seconds: 1, hasAudio: true) == [])
    let gone = source.send(seconds: 4, hasAudio: false)
    #expect(gone == [.gone(hasBeenHeard: true, isRare: true)])
    #expect(source.presence.isGone)
    let returned = source.send(seconds: 2, hasAudio: true)
    guard case .returned(let absence, isRare: true) = returned.first, returned.count == 1 else {
      Issue.record("\(returned)")
      return
    }
    #expect((absence - .milliseconds(4040)).magnitude <= .milliseconds(1))
    #expect(!source.presence.isGone)
  }

  @Test("a source that pauses as a whole, or has one frame a second, has no lack of audio")
  func pauses() {
    var source = Source()
    #expect(source.send(seconds: 5, hasAudio: true) == [])
    source.now = source.now + .seconds(60)
    #expect(source.send(seconds: 1, hasAudio: false) == [])
    #expect(source.send(seconds: 1, hasAudio: true) == [])

    var slow = Source()
    #expect(slow.send(seconds: 6, rate: 1, hasAudio: true) == [])
    #expect(slow.send(seconds: 5, rate: 1, hasAudio: false) == [])
    #expect(slow.send(seconds: 5, rate: 1, hasAudio: false).count == 1)
  }

  @Test("audio that is announced and never sent is named; audio that is not announced is not")
  func never() {
    var source = Source()
    source.isExpected = false
    #expect(source.send(seconds: 10, hasAudio: false) == [])
    source.isExpected = true
    #expect(
      source.send(seconds: 4, hasAudio: false) == [.gone(hasBeenHeard: false, isRare: true)])
  }

  @Test("a camera that sends audio only while someone speaks has three lines in ten minutes")
  func frequent() {
    var source = Source()
    var rare: [Bool] = []
    for _ in 0..<8 {
      for change in source.send(seconds: 1, hasAudio: true)
        + source.send(seconds: 5, hasAudio: false)
      {
        if case .gone(_, let isRare) = change { rare.append(isRare) }
      }
    }
    #expect(rare == [true, true, true, false, false, false, false, false])
    _ = source.send(seconds: 601, rate: 5, hasAudio: true)
    #expect(
      source.send(seconds: 5, hasAudio: false) == [.gone(hasBeenHeard: true, isRare: true)])
  }
}
