// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Foundation
import Logging
import Media
import Sharing
import TestSupport
import Testing

@testable import Streams

@Suite("Sound from a device", .serialized)
struct DeviceAudioTests {
  /// What a device gave in so many milliseconds: chunks without a hole, and how late the last one came.
  static func run(_ device: String, milliseconds: Int64) throws -> [AudioChunk] {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    let segmentation = try #require(AudioSegmentation(following: video, sampleRate: 48_000))
    let monotonic = SystemClock.monotonic
    let clock = StreamClock(
      wall: monotonic + SystemClock.wallMinusMonotonic, monotonic: monotonic)
    let now = clock.mediaTime(at: monotonic, on: video)
    let segment = segmentation.segment(of: segmentation.sample(atOrBefore: now) / 1024)
    var track = try EncodedAudioTrack(
      AudioEncoderSettings(), segmentation: segmentation, from: segment)
    let stop = StopFlag()
    let chunks = Locked<[AudioChunk]>([])
    let audio = DeviceAudio(
      device: device, settings: AudioEncoderSettings(), stream: "live", video: video, stop: stop,
      log: Log(format: .text, least: .error) { _ in }, clock: { clock },
      mapping: { { _, captured in captured } })
    let end = monotonic + milliseconds * 1_000_000
    try audio.run(&track) { chunk in
      chunks.withLock { $0.append(chunk) }
      if SystemClock.monotonic > end { stop.set() }
      return nil
    }
    let found = chunks.withLock { $0 }
    var next = segmentation.firstFrame(of: segment)
    for chunk in found {
      #expect(chunk.firstFrame == next)
      next += chunk.frames
    }
    return found
  }

  @Test("its sound is encoded, not silence", .enabled(if: FakeMicrophone.name != nil))
  func device() throws {
    let chunks = try Self.run(try #require(FakeMicrophone.name), milliseconds: 1500)
    #expect(chunks.reduce(0) { $0 + $1.frames } > 40)
    // The ramp itself is too slow to be heard; its jump, each 0.6 s, is a click.
    #expect(chunks.contains { $0.bytes.count > 500 })
  }

  @Test("while it is missing, silence comes in step with time")
  func missing() throws {
    _ = FakeMicrophone.name
    let chunks = try Self.run("no-such-device", milliseconds: 800)
    #expect(chunks.reduce(0) { $0 + $1.frames } > 20)
    #expect(chunks.allSatisfy { $0.bytes.count < 250 })
  }
}
