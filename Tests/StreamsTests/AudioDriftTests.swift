// SPDX-License-Identifier: Apache-2.0

import Streams
import Testing
import Time

@Suite("Audio timestamps that drift against those of the video")
struct AudioDriftTests {
  /// The offset of the audio in milliseconds after each second: what its corrected timestamps are
  /// off by, if `rate` parts per million are missing from each.
  private func offsets(
    ppm: Int64, lead: Int64 = 0, seconds: Int64 = 60, jitter: Int64 = 0
  ) -> (found: [Int64], drift: AudioDrift) {
    var (drift, found): (AudioDrift, [Int64]) = (AudioDrift(), [])
    for packet in 0..<seconds * 50 {
      let real = packet * 20_000_000
      let late = packet % 7 * jitter * 1_000_000 / 7
      let arrival = MonotonicTime.origin + Interval(nanoseconds: real + late)
      if packet % 2 == 0 {
        drift.takeVideo(SourceTime(nanoseconds: real), arrival: arrival)
      }
      let stamp = real - real / 1_000_000 * ppm - lead * 1_000_000
      let corrected = drift.audio(SourceTime(nanoseconds: stamp), arrival: arrival)
      if packet % 50 == 49 {
        found.append((corrected.nanoseconds - real + lead * 1_000_000) / 1_000_000)
      }
    }
    return (found, drift)
  }

  @Test(
    "drift is corrected to 40 ms, and named once",
    arguments: [10_000, -10_000, 1000, 2000] as [Int64])
  func corrected(ppm: Int64) {
    let (found, drift) = offsets(ppm: ppm, seconds: 120)
    #expect(drift.isDrifting)
    #expect(found.suffix(60).allSatisfy { abs($0) <= 40 }, "\(found)")
  }

  @Test("100 ppm stay within 60 ms for 20 minutes")
  func crystals() {
    let (found, _) = offsets(ppm: 100, seconds: 1200)
    #expect(found.allSatisfy { abs($0) <= 60 }, "\(found)")
    #expect(found.suffix(300).allSatisfy { abs($0) <= 40 }, "\(found)")
  }

  @Test(
    "100 ppm stay within 20 ms for ten minutes", arguments: [100, -100] as [Int64],
    [0, 15] as [Int64])
  func slow(ppm: Int64, jitter: Int64) {
    let (found, drift) = offsets(ppm: ppm, seconds: 600, jitter: jitter)
    #expect(drift.isDrifting && found.allSatisfy { abs($0) <= 20 }, "\(found)")
  }

  @Test(
    "a path that becomes longer once is no drift", arguments: [15, 30, -30, 60, -60] as [Int64])
  func step(milliseconds: Int64) {
    var drift = AudioDrift()
    for packet in Int64(0)..<20_000 {
      let real = Interval.milliseconds(packet * 20)
      if packet % 2 == 0 { drift.takeVideo(.origin + real, arrival: .origin + real) }
      let late = Interval.milliseconds(packet < 9_000 ? 50 : 50 + milliseconds)
      #expect(drift.audio(.origin + real, arrival: .origin + real + late) == .origin + real)
    }
    #expect(!drift.isDrifting)
  }

  @Test(
    "a constant lead stays, also on a line with jitter",
    arguments: [-200, 0, 200, 800] as [Int64])
  func lead(milliseconds: Int64) {
    let (found, drift) = offsets(ppm: 0, lead: milliseconds, jitter: 150)
    #expect(!drift.isDrifting && drift.correction == .zero)
    #expect(found.allSatisfy { $0 == 0 })
  }

  @Test("audio that was held, sent at once and then absent does not drift")
  func held() {
    var drift = AudioDrift()
    for packet in Int64(0)..<600 {
      // Held from 3 s on, and sent after 4.5 s; a pause after 4 s; no audio for half a second.
      let stamp = Interval.milliseconds(packet * 20 + (packet < 200 ? 0 : 3000))
      let isHeld = (150..<200).contains(packet)
      let arrival = MonotonicTime.origin + (isHeld ? .milliseconds(4500) : stamp)
      if packet % 2 == 0 { drift.takeVideo(.origin + stamp, arrival: arrival) }
      guard !(225..<250).contains(packet) else { continue }
      #expect(drift.audio(.origin + stamp, arrival: arrival) == .origin + stamp)
    }
    #expect(!drift.isDrifting)
  }

  @Test("a first difference of two clock readings is no drift", arguments: [60, -60] as [Int64])
  func firstDifference(milliseconds: Int64) {
    var drift = AudioDrift()
    for packet in Int64(0)..<3_000 {
      let real = Interval.milliseconds(packet * 20)
      // A sender report moves both tracks, the audio a packet later; it moves them back again.
      let moved = (105..<200).contains(packet) ? Interval.milliseconds(milliseconds) : .zero
      if packet % 2 == 0 { drift.takeVideo(.origin + real + moved, arrival: .origin + real) }
      let stamp = MonotonicTime.origin + real + (packet == 105 ? .zero : moved)
      _ = drift.audio(
        SourceTime(nanoseconds: stamp.nanoseconds + (packet < 105 ? milliseconds * 1_000_000 : 0)),
        arrival: .origin + real)
    }
    #expect(!drift.isDrifting && drift.correction == .zero)
  }

  @Test("the line names the rate, also a small one")
  func report() {
    #expect(offsets(ppm: 10_000).drift.report.contains("slower than the video, by about 1 %"))
    #expect(offsets(ppm: -10_000).drift.report.contains("faster than the video, by about 1 %"))
    let small = offsets(ppm: 100, seconds: 200).drift.report
    #expect(small.contains("slower than the video, by about 1"), "\(small)")
    #expect(small.contains(" ppm: "), "\(small)")
    #expect(AudioDrift().report.contains("by 0 ms"))
  }

  @Test("a step of a second is another clock, and begins anew")
  func step() {
    var (_, drift) = offsets(ppm: 10_000)
    #expect(drift.correction > .zero)
    _ = drift.audio(
      SourceTime(nanoseconds: 3_600_000_000_000), arrival: .origin + .seconds(60))
    #expect(drift.correction == .zero && !drift.isDrifting)
  }
}
