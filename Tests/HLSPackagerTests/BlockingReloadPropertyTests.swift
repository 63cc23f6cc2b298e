// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing

@Suite(
  "Held reloads are answered by the first playlist with the requested part, RFC 8216bis §6.2.5.2")
struct BlockingReloadPropertyTests {
  /// Whether `snapshot` lists part `index` of `asked`, or anything later (DD-01, DD-02, DD-03).
  static func lists(_ index: Int64?, of asked: Int64, _ snapshot: WindowSnapshot) -> Bool {
    let last = snapshot.segments.last?.number ?? 0
    guard let index else { return last >= asked }
    if last > asked { return true }
    if last == asked {
      let count = snapshot.segment(asked)?.parts.count ?? 0
      return index < count || snapshot.open?.parts.isEmpty == false
    }
    guard let open = snapshot.open else { return false }
    return open.number > asked && !open.parts.isEmpty
      || open.number == asked && index < open.parts.count
  }

  /// The limit of DD-05 in parts, counted as the rule says.
  static func isRefused(_ index: Int64?, of asked: Int64, _ snapshot: WindowSnapshot) throws -> Bool
  {
    let segmentation = try #require(snapshot.track?.segmentation.video)
    let last = try #require(snapshot.segments.last?.number)
    guard asked > last else { return false }
    guard asked <= last + 2 else { return true }
    guard let index else { return false }
    let perSegment = segmentation.partsPerSegment
    var (parent, listed) = (last, perSegment - 1)
    if let open = snapshot.open, !open.parts.isEmpty {
      (parent, listed) = (open.number, Int64(open.parts.count) - 1)
    }
    let ahead =
      asked == parent
      ? index - listed
      : perSegment - 1 - listed + (asked - parent - 1) * perSegment + index + 1
    let part = Double(segmentation.partTicks) / Double(segmentation.grid.rate.timescale)
    let advance = part < 1 ? 3 / part : 3
    return Double(ahead) > max(advance, 1.5 * Double(segmentation.targetDuration) / part + 1) + 1e-9
  }

  @Test("DD-01…DD-06, DD-13: neither earlier nor later", arguments: StreamCase.all, UInt64(0)..<3)
  func firstPlaylist(row: StreamCase, seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var stream = try row.stream()
    stream.goLive(prefill: Int64(row.playlistLength))
    stream.publish(
      frames: Int64.random(in: 0..<stream.segmentation.framesPerSegment, using: &random))
    let start = stream.window.snapshot
    var later: [WindowSnapshot] = [start]
    for _ in 0..<5 * stream.segmentation.partsPerSegment {
      stream.publish(parts: 1)
      later.append(stream.window.snapshot)
    }
    let last = try #require(start.segments.last?.number)
    let names = MediaNames(.epoch, first: 1)
    for asked in last - 3...last + 3 {
      for index in [nil] + (0..<4 * stream.segmentation.partsPerSegment).map(Optional.some) {
        let query = "_HLS_msn=\(asked)" + (index.map { "&_HLS_part=\($0)" } ?? "")
        let decision = try BlockingReloadTests.decide(query, start, names)
        let isRefused = try Self.isRefused(index, of: asked, start)
        switch decision {
        case .refuse: #expect(isRefused, "\(query)")
        case .answer: #expect(!isRefused && Self.lists(index, of: asked, start), "\(query)")
        case .hold(let version):
          #expect(!isRefused && !Self.lists(index, of: asked, start), "\(query)")
          let freed = later.firstIndex { $0.version >= version }
          #expect(freed == later.firstIndex { Self.lists(index, of: asked, $0) }, "\(query)")
        case .poll: Issue.record("\(query)")
        }
      }
    }
  }

  @Test("across a skip a held reload is answered by a later part", arguments: Int64(0)...9)
  func skip(index: Int64) throws {
    var stream = try StreamCase(rate: "30").stream()
    stream.goLive(prefill: 10)
    let last = try #require(stream.window.snapshot.segments.last?.number)
    let decision = try BlockingReloadTests.decide(
      "_HLS_msn=L+1&_HLS_part=\(index)", stream.window.snapshot, MediaNames(.epoch, first: 1))
    guard case .hold(let version) = decision else {
      Issue.record("\(decision)")
      return
    }
    stream.skip(3)
    stream.publish(frames: 1)
    #expect(stream.window.snapshot.segment(last + 3)?.isGap == true)
    #expect(stream.window.snapshot.version >= version)
  }

  @Test("DD-05: with parts of one second the limit is three parts, or the tune-in of hls.js")
  func longParts() throws {
    var stream = SyntheticStream(
      try #require(FrameRate(30)), segment: 4_000_000, part: 1_000_000)
    stream.goLive(prefill: 10)
    let names = MediaNames(.epoch, first: 1)
    // 1.5 · 4 / 1 + 1 = 7 parts.
    let allowed = try BlockingReloadTests.decide(
      "_HLS_msn=L+1&_HLS_part=6", stream.window.snapshot, names)
    let last = try #require(stream.window.snapshot.segments.last?.number)
    #expect(allowed == .hold(until: (last + 2) * 4 + 1))
    let refused = try BlockingReloadTests.decide(
      "_HLS_msn=L+1&_HLS_part=7", stream.window.snapshot, names)
    #expect(refused == .refuse("_HLS_msn or _HLS_part is too far ahead of the live edge"))
  }
}
