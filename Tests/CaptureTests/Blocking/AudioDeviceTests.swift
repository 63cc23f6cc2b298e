// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing
import Time

@testable import Capture

@Suite("Audio devices", .serialized, .blocking)
struct AudioDeviceTests {
  @Test(
    "samples of a device are in order, at its sample rate, with rising capture times",
    .enabled(if: FakeMicrophone.name != nil))
  func device() throws {
    let name = try #require(FakeMicrophone.name)
    var input = try AudioDevice(device: name)
    #expect(input.sampleRate == 48_000 && input.channels == 2)
    let start = ContinuousClock.now
    var (count, timestamps): (Int64, [MonotonicTime]) = (0, [])
    var mismatch: Int64?
    while count < 24_000 {
      guard let captured = try input.next() else { continue }
      #expect(captured.count == count && !captured.followsLoss)
      for index in 0..<captured.audio.count {
        let expected = Float((count + Int64(index)) % 30_000) / 32_768
        if captured.audio.planes[0][index] != expected
          || captured.audio.planes[1][index] != -expected
        {
          mismatch = mismatch ?? count + Int64(index)
        }
      }
      timestamps.append(captured.captureMonotonic)
      count += Int64(captured.audio.count)
    }
    #expect(mismatch == nil)
    // Half a second of audio takes half a second, although the null device has it immediately.
    let elapsed = ContinuousClock.now - start
    #expect(elapsed > .milliseconds(400))
    #expect(timestamps == timestamps.sorted())
  }

  @Test("an unknown device is an error that contains its name")
  func missing() throws {
    _ = FakeMicrophone.name
    let error = #expect(throws: AudioDeviceError.self) {
      try AudioDevice(device: "no-such-device").overruns
    }
    let refused = try #require(error)
    #expect(refused.description.contains("no-such-device"))
  }

  @Test(
    "capture time is the device time minus the waiting samples, or arrival if that is implausible")
  func captureTime() {
    func time(
      _ timestamp: MonotonicTime?, waiting: Int64, taken: Int64 = 480
    ) -> MonotonicTime {
      AudioDevice.captureTime(
        timestamp, waiting: waiting, now: 100_000_000_000, taken: taken, rate: 48_000)
    }
    #expect(time(99_995_000_000, waiting: 960) == 99_975_000_000)
    #expect(time(99_995_000_000, waiting: 480) == 99_985_000_000)
    let arrival: MonotonicTime = 99_990_000_000
    #expect(time(nil, waiting: 480) == arrival)
    #expect(time(100_000_000_001, waiting: 480) == arrival)
    #expect(time(97_000_000_000, waiting: 480) == arrival)
    #expect(time(99_995_000_000, waiting: 10_000_000) == arrival)
    #expect(time(99_995_000_000, waiting: 0) == arrival)
  }

  @Test("a file is slowed to its sample rate; a device with a fast crystal is not slowed")
  func pace() {
    var file = DeviceRateLimiter(rate: 48_000, now: 0)
    for _ in 0..<100 { file.took(480, now: 0) }
    #expect(file.ahead(now: 0) == 1_000_000_000)
    #expect(file.ahead(now: 990_000_000) == 0)
    var device = DeviceRateLimiter(rate: 48_000, now: 0)
    var now = MonotonicTime.origin
    for _ in 0..<360_000 {
      now += 9_997_000
      device.took(480, now: now)
      guard device.ahead(now: now) == 0 else {
        Issue.record("a device was slowed down after \((now - .origin).seconds) s")
        return
      }
    }
  }

  @Test("an error contains its cause and its remedy")
  func errors() {
    #expect("\(AudioDeviceError.opening("hw:9", -ENOENT))".contains("arecord -L"))
    #expect("\(AudioDeviceError.opening("hw:9", -ENODEV))".contains("removed"))
    #expect("\(AudioDeviceError.opening("hw:9", -EACCES))".contains("group"))
    #expect("\(AudioDeviceError.opening("hw:9", -EBUSY))".contains("another program"))
  }
}
