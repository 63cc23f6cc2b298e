// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing
import Time

@Suite("Copied AAC frames are kept at their media time")
struct AudioFramePositionerTests {
  static let seconds: Int64 = 1_795_155_720
  static let start = MediaTime.origin + .seconds(seconds)

  @Test(
    "over minutes of clock drift, each index occurs once, and the error is below 17 ms",
    arguments: [0.0, 200, -200, 300, -300])
  func crystal(ppm: Double) {
    var aligner = AudioFramePositioner(
      sampleRate: 48_000, from: Self.seconds * 48_000 / 1024)
    var (expected, worst, corrections): (Int64?, Interval, Int) = (nil, 0, 0)
    // In 15 minutes the clocks drift by up to 0.27 s.
    let seconds = TestLength.of(short: 900, long: 3600)
    for index in 0..<seconds * 48_000 / 1024 {
      let elapsed = Double(index) * 1024 / 48_000 * (1 + ppm / 1_000_000)
      let time = Self.start + 5_000_000 + .nanoseconds(Int64(elapsed * 1_000_000_000))
      let placement = aligner.place(at: time)
      if !placement.missing.isEmpty || placement.index == nil { corrections += 1 }
      guard placement.missing.count <= 1, placement.isRepeat == !placement.missing.isEmpty else {
        Issue.record("AAC frame \(index): \(placement)")
        return
      }
      guard let index = placement.index else { continue }
      if let expected {
        guard placement.missing.lowerBound == expected, placement.missing.upperBound == index else {
          Issue.record("\(index) follows \(expected)")
          return
        }
      }
      expected = index + 1
      let nominal = MediaTime.origin + Interval(ticks: index * 1024, timescale: 48_000)
      worst = max(worst, abs(time - nominal))
    }
    #expect(worst < 17_000_000)
    // The seconds · ppm / 21.3 ms.
    let drift = abs(ppm) * Double(seconds) / 1_000_000
    #expect(abs(Double(corrections) - drift / 0.021_333) <= 2)
  }

  @Test("a longer gap is silence, and an AAC frame of a time already covered is dropped")
  func gap() {
    var aligner = AudioFramePositioner(
      sampleRate: 48_000, from: Self.seconds * 48_000 / 1024)
    let frame: Interval = 21_333_333
    let first = aligner.place(at: Self.start)
    let base = 1_795_155_720 * Int64(48_000) / 1024
    #expect(first.index == base && first.missing.isEmpty)
    let after = aligner.place(at: Self.start + 10 * frame)
    #expect(after.index == base + 10 && after.missing == base + 1..<base + 10 && !after.isRepeat)
    #expect(aligner.place(at: Self.start + 5 * frame).index == nil)
    #expect(aligner.place(at: Self.start + 11 * frame).index == base + 11)
  }
}
