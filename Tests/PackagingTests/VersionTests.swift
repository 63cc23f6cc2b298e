// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing

@Suite("The version of a rendition: parts since 1970")
struct VersionTests {
  @Test(
    "V = N × parts per segment + K, where (N, K) is the part that comes next",
    arguments: WindowCase.all)
  func arithmetic(row: WindowCase) throws {
    var stream = try row.stream()
    stream.window.goLive()
    let parts = stream.segmentation.partsPerSegment
    for _ in 0..<3 * parts {
      stream.publish(parts: 1)
      let snapshot = stream.window.snapshot
      let hint = try #require(snapshot.hint)
      #expect(snapshot.version == hint.segment * parts + hint.index)
    }
  }

  @Test("each part raises it by one, a frame within a part does not")
  func steps() throws {
    var stream = try WindowCase(rate: "25").stream()
    stream.window.goLive()
    stream.publish(segments: 1)
    var versions: [Int64] = []
    let start = stream.window.snapshot.version
    for _ in 0..<25 {
      stream.publish(frames: 1)
      versions.append(stream.window.snapshot.version - start)
    }
    #expect(
      versions == [
        0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 9,
      ])
  }

  @Test("it agrees between two runs, whenever they began")
  func restart() throws {
    var (old, new) = (try WindowCase(rate: "30").stream(), try WindowCase(rate: "30").stream())
    old.window.goLive()
    old.publish(segments: 5)
    old.publish(parts: 3)
    new.skip(4)
    new.goLive(prefill: 1)
    new.publish(parts: 3)
    #expect(old.window.snapshot.version == new.window.snapshot.version)
  }

  @Test("playlists change only with the version", arguments: UInt64(0)..<10)
  func identity(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var stream = try WindowCase.all[Int(seed) % WindowCase.all.count].stream()
    stream.goLive(prefill: 2)
    var listed: [Int64: String] = [:]
    for _ in 0..<400 {
      if stream.segmentation.position(of: stream.next) == 0,
        Int.random(in: 0..<4, using: &random) == 0
      {
        stream.skip(Int64.random(in: 0...8, using: &random), offset: 300_000_000)
      }
      stream.publish(frames: 1)
      let snapshot = stream.window.snapshot
      let text =
        snapshot.listed.map { "\($0.number) \($0.parts.count)" }.joined(separator: "; ")
        + " | \(snapshot.open?.parts.count ?? 0) \(snapshot.hint.map { "\($0)" } ?? "")"
      #expect(listed[snapshot.version, default: text] == text)
      listed[snapshot.version] = text
    }
  }

  @Test("a revision is never used twice")
  func revisions() throws {
    var stream = try WindowCase(rate: "30").stream()
    var last = stream.window.snapshot.revision
    stream.window.goLive()
    for _ in 0..<100 {
      stream.publish(frames: 1)
      #expect(stream.window.snapshot.revision > last)
      last = stream.window.snapshot.revision
    }
  }
}
