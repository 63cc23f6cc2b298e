// SPDX-License-Identifier: Apache-2.0

import DASHPackager
import Media
import Packaging
import TestSupport
import Testing
import Time

/// A stream whose MPDs are checked.
struct ManifestCase: Sendable, CustomTestStringConvertible {
  var rate = "30"
  var segment: Int64 = 1_000_000
  var numbering = MediaNames.Numbering.epoch
  /// Microseconds.
  var target: Int64 = 1_000_000
  /// Frames of the source's delay.
  var delay: Int64 = 0
  var prefill: Int64 = 10

  var testDescription: String { "\(rate), \(segment) µs, \(numbering), history \(prefill)" }

  static let all: [ManifestCase] = [
    ManifestCase(),
    ManifestCase(rate: "30000/1001"),
    ManifestCase(rate: "24000/1001", target: 2_200_000),
    ManifestCase(rate: "25", delay: 1),
    ManifestCase(rate: "12.5", segment: 2_000_000, target: 500_000, delay: 1),
    ManifestCase(rate: "30", segment: 500_000, target: 300_000),
    ManifestCase(rate: "30000/1001", segment: 500_000),
    ManifestCase(numbering: .run),
    ManifestCase(rate: "30000/1001", numbering: .run),
    ManifestCase(prefill: 0),
    ManifestCase(rate: "10", segment: 100_000),
  ]

  static let publishTime: WallTime = 1_795_155_730_200_000_000
  static let location = Manifest.Location(origin: "http://127.0.0.1:8080", base: "")

  func stream() throws -> SyntheticStream {
    var stream = SyntheticStream(try #require(FrameRate(rate)), segment: segment)
    stream.goLive(prefill: prefill)
    return stream
  }

  func parameters(_ segmentation: Segmentation) -> PresentationParameters {
    PresentationParameters(
      name: "live", segmentation: segmentation, targetLatency: .microseconds(target),
      inputDelay: delay * segmentation.grid.rate.frameDuration)
  }

  /// The names of media of streams that begin as ``stream()`` does.
  func names(_ segmentation: Segmentation) -> MediaNames {
    let now = segmentation.grid.atOrAfter(1_795_155_720_000_000_000)
    return MediaNames(
      numbering, first: segmentation.segment(of: now + segmentation.framesPerSegment - 1))
  }

  /// The MPD of `snapshot`.
  func text(
    of snapshot: WindowSnapshot, tracks: [TrackDescription]? = nil,
    location: Manifest.Location = Self.location, depth: Interval? = nil,
    runs: [ManifestPast.Run] = []
  ) throws -> String {
    let segmentation = try #require(snapshot.track).segmentation.video
    let manifest = Manifest(
      snapshot, tracks: tracks, parameters: parameters(segmentation), names: names(segmentation),
      location: location, publishTime: Self.publishTime,
      past: depth.map { ManifestPast(depth: $0, runs: runs) })
    return try #require(manifest).text()
  }

  /// The stream in every state of its life, named.
  func life() throws -> [(name: String, snapshot: WindowSnapshot)] {
    var stream = try stream()
    var states: [(String, WindowSnapshot)] = []
    func note(_ name: String) { states.append((name, stream.window.snapshot)) }
    if prefill > 0 { note("the moment it goes live") }
    stream.publish(segments: 1)
    note("first second")
    stream.publish(frames: stream.segmentation.framesPerSegment / 2)
    note("running")
    stream.skip(0, offset: -200_000_000)
    stream.publish(parts: 1)
    note("after a step back")
    stream.publish(segments: 3)
    stream.skip(3, offset: 350_000_000)
    stream.publish(segments: 2)
    note("after a step forwards over three segments")
    stream.publish(segments: 30)
    note("the discontinuities have left the window")
    stream.skip(0, offset: -9_000_000_000)
    stream.publish(segments: 1)
    note("after a step back by nine seconds")
    stream.publish(frames: 1)
    stream.window.end()
    note("ended in mid-segment")
    return states
  }
}
