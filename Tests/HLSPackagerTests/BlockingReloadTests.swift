// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("Blocking Playlist Reload, RFC 8216bis §6.2.5.2")
struct BlockingReloadTests {
  enum Window: Sendable {
    /// Four parts of the open segment L+1 are listed, and two frames more have come.
    case midSegment
    /// Segment L has just been completed.
    case boundary
    /// The open segment L+1 has frames, but no part.
    case loose
    case ended
  }

  enum Outcome: Sendable, Equatable {
    case answer
    /// Until part (L + first, second) is listed.
    case part(Int64, Int64)
    /// Until segment L + it is complete.
    case segment(Int64)
    case refuse
    /// Until the next part, or a later one, or this many milliseconds.
    case poll(Int64, parts: Int64 = 1)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let rule, query: String
    let window: Window
    let outcome: Outcome
    var testDescription: String { "\(rule): \(window) ?\(query)" }

    init(_ rule: String, _ window: Window, _ query: String, _ outcome: Outcome) {
      (self.rule, self.query, self.window, self.outcome) = (rule, query, window, outcome)
    }
  }

  static let huge = "18446744073709551615"
  /// The query, with `L` for the last complete segment and `V` for the version.
  ///
  /// A segment has ten parts of 0.1 s and TD is 1, so the limit is 30 parts.
  static let rows: [Row] = [
    // "until the Playlist contains a Media Segment with that Media Sequence Number or later": a
    // complete one.
    Row("DD-01", .midSegment, "_HLS_msn=L+1", .segment(1)),
    Row("DD-01", .midSegment, "_HLS_msn=L+2", .segment(2)),
    Row("DD-01", .boundary, "_HLS_msn=L+1", .segment(1)),
    Row("DD-01", .loose, "_HLS_msn=L+1", .segment(1)),
    Row("DD-01", .midSegment, "_HLS_msn=L", .answer),
    Row("DD-01", .boundary, "_HLS_msn=L", .answer),
    // "until the Playlist contains Partial Segment N of M or later".
    Row("DD-02", .midSegment, "_HLS_msn=L+1&_HLS_part=4", .part(1, 4)),
    Row("DD-02", .midSegment, "_HLS_msn=L+1&_HLS_part=9", .part(1, 9)),
    Row("DD-02", .midSegment, "_HLS_msn=L+1&_HLS_part=3", .answer),
    Row("DD-02", .midSegment, "_HLS_msn=L+1&_HLS_part=0", .answer),
    Row("DD-02", .midSegment, "_HLS_msn=L+2&_HLS_part=0", .part(2, 0)),
    Row("DD-02", .boundary, "_HLS_msn=L+1&_HLS_part=0", .part(1, 0)),
    Row("DD-02", .loose, "_HLS_msn=L+1&_HLS_part=0", .part(1, 0)),
    Row("DD-02", .boundary, "_HLS_msn=L&_HLS_part=9", .answer),
    // "greater than that of the final Partial Segment: one for Part Index 0 of the following".
    Row("DD-03", .boundary, "_HLS_msn=L&_HLS_part=10", .part(1, 0)),
    Row("DD-03", .boundary, "_HLS_msn=L&_HLS_part=\(huge)", .part(1, 0)),
    Row("DD-03", .loose, "_HLS_msn=L&_HLS_part=10", .part(1, 0)),
    Row("DD-03", .midSegment, "_HLS_msn=L&_HLS_part=10", .answer),
    Row("DD-03", .midSegment, "_HLS_msn=L+1&_HLS_part=10", .part(2, 0)),
    Row("DD-03", .midSegment, "_HLS_msn=L+1&_HLS_part=25", .part(2, 0)),
    Row("DD-03", .midSegment, "_HLS_msn=L+2&_HLS_part=10", .part(3, 0)),
    Row("DD-04", .midSegment, "_HLS_part=4", .refuse),
    Row("DD-04", .midSegment, "_HLS_part=0&_HLS_skip=YES", .refuse),
    Row("DD-04", .midSegment, "_HLS_part=0&wait=100&version=V", .refuse),
    // More than two segments after the last complete one.
    Row("DD-05", .midSegment, "_HLS_msn=L+3", .refuse),
    Row("DD-05", .boundary, "_HLS_msn=L+3", .refuse),
    Row("DD-05", .loose, "_HLS_msn=L+3", .refuse),
    Row("DD-05", .midSegment, "_HLS_msn=L+3&_HLS_part=0", .refuse),
    Row("DD-05", .midSegment, "_HLS_msn=\(huge)", .refuse),
    Row("DD-05", .midSegment, "_HLS_msn=\(huge)&_HLS_part=\(huge)", .refuse),
    Row("DD-05", .midSegment, "_HLS_msn=9223372036854775807", .refuse),
    Row("DD-05", .midSegment, "_HLS_msn=9223372036854775808", .refuse),
    Row("DD-05", .midSegment, "_HLS_msn=4611686018427387904&_HLS_part=1", .refuse),
    // M = P, k = 3: N − k. M = P + 1: (10 − 1 − 3) + (N + 1).
    Row("DD-05", .midSegment, "_HLS_msn=L+1&_HLS_part=33", .part(2, 0)),
    Row("DD-05", .midSegment, "_HLS_msn=L+1&_HLS_part=34", .refuse),
    Row("DD-05", .midSegment, "_HLS_msn=L+1&_HLS_part=\(huge)", .refuse),
    Row("DD-05", .midSegment, "_HLS_msn=L+2&_HLS_part=23", .part(3, 0)),
    Row("DD-05", .midSegment, "_HLS_msn=L+2&_HLS_part=24", .refuse),
    // P = L, k = 9: (M − L − 1)·10 + N + 1.
    Row("DD-05", .boundary, "_HLS_msn=L+1&_HLS_part=29", .part(2, 0)),
    Row("DD-05", .boundary, "_HLS_msn=L+1&_HLS_part=30", .refuse),
    Row("DD-05", .loose, "_HLS_msn=L+1&_HLS_part=29", .part(2, 0)),
    Row("DD-05", .loose, "_HLS_msn=L+1&_HLS_part=30", .refuse),
    Row("DD-05", .boundary, "_HLS_msn=L+2&_HLS_part=19", .part(3, 0)),
    Row("DD-05", .boundary, "_HLS_msn=L+2&_HLS_part=20", .refuse),
    // Old numbers, in the window or not.
    Row("DD-06", .midSegment, "_HLS_msn=0", .answer),
    Row("DD-06", .midSegment, "_HLS_msn=1&_HLS_part=\(huge)", .answer),
    Row("DD-06", .midSegment, "_HLS_msn=L-1&_HLS_part=10", .answer),
    Row("DD-06", .midSegment, "_HLS_msn=L-50&_HLS_skip=YES", .answer),
    // "MUST ignore" with ENDLIST, even where they are wrong.
    Row("DD-08", .ended, "_HLS_msn=L+1", .answer),
    Row("DD-08", .ended, "_HLS_msn=L+3&_HLS_part=5", .answer),
    Row("DD-08", .ended, "_HLS_msn=\(huge)&_HLS_part=\(huge)", .answer),
    Row("DD-08", .ended, "_HLS_part=4", .answer),
    Row("DD-08", .ended, "wait=1000&version=V", .answer),
    Row("DD-09", .midSegment, "_HLS_skip=YES", .answer),
    Row("DD-09", .midSegment, "_HLS_skip=v2&_HLS_msn=L+1&_HLS_part=4", .part(1, 4)),
    Row("DD-11", .midSegment, "_HLS_foo=1&token=abc", .answer),
    Row("DD-12", .midSegment, "", .answer),
    Row("DD-15", .midSegment, "wait=1000&version=V", .poll(1000)),
    Row("DD-15", .boundary, "wait=1000&version=V", .poll(1000)),
    Row("DD-15", .midSegment, "wait=1000&version=V-1", .answer),
    Row("DD-15", .midSegment, "wait=1000&version=0", .answer),
    // Ahead of the live edge by at most 3 TD, 30 parts: until the playlist is newer than V.
    Row("DD-15", .midSegment, "wait=1000&version=V+1", .poll(1000, parts: 2)),
    Row("DD-15", .boundary, "wait=1000&version=V+30", .poll(1000, parts: 31)),
    Row("DD-15", .midSegment, "wait=0&version=V+1", .answer),
    // Further ahead: another numbering, at once.
    Row("DD-15", .midSegment, "wait=1000&version=V+31", .answer),
    Row("DD-15", .midSegment, "wait=1000&version=9223372036854775808", .answer),
    Row("DD-15", .midSegment, "wait=1000&version=\(huge)", .answer),
    // At most 3 TD.
    Row("DD-15", .midSegment, "wait=3000&version=V", .poll(3000)),
    Row("DD-15", .midSegment, "wait=3001&version=V", .poll(3000)),
    Row("DD-15", .midSegment, "wait=\(huge)&version=V", .poll(3000)),
    Row("DD-15", .midSegment, "wait=0&version=V", .answer),
    Row("DD-15", .midSegment, "version=V", .answer),
    Row("DD-15", .midSegment, "_HLS_msn=L+1&_HLS_part=4&wait=9&version=0", .part(1, 4)),
  ]

  static func snapshot(_ window: Window) throws -> WindowSnapshot {
    var stream = try StreamCase(rate: "30").stream()
    stream.goLive(prefill: 10)
    switch window {
    case .midSegment: stream.publish(frames: 14)
    case .boundary: break
    case .loose: stream.publish(frames: 2)
    case .ended:
      stream.publish(frames: 14)
      stream.window.end()
    }
    return stream.window.snapshot
  }

  static func decide(
    _ query: String, _ snapshot: WindowSnapshot, _ names: MediaNames
  ) throws -> BlockingReload {
    let last = names.printed(try #require(snapshot.segments.last?.number))
    let filled = query.split(separator: "&").map { item in
      let halves = item.split(separator: "=").map(String.init)
      guard halves.count == 2,
        let start = ["L": last, "V": snapshot.version][String(halves[1].prefix(1))]
      else { return String(item) }
      return "\(halves[0])=\(start + (Int64(halves[1].dropFirst()) ?? 0))"
    }
    let segmentation = try #require(snapshot.track?.segmentation)
    return BlockingReload.decide(
      try DeliveryDirectivesTests.parse(filled.joined(separator: "&")), on: snapshot,
      control: ServerControl(segmentations: [segmentation]), names: names)
  }

  @Test(
    "with variable duration the last part is unknown: requests for possible parts are held",
    arguments: [
      // L + 1 has ten parts of 50 that it may have; TD is 5.
      (query: "_HLS_msn=L+1&_HLS_part=9", until: (0, 0)),
      (query: "_HLS_msn=L+1&_HLS_part=10", until: (1, 10)),
      (query: "_HLS_msn=L+1&_HLS_part=49", until: (1, 49)),
      (query: "_HLS_msn=L+1&_HLS_part=50", until: (2, 0)),
      (query: "_HLS_msn=L&_HLS_part=20", until: (0, 0)),
      (query: "_HLS_msn=L&_HLS_part=21", until: (0, 0)),
      (query: "_HLS_msn=L+1", until: (1, 49)),
    ])
  func variableDuration(_ row: (query: String, until: (ahead: Int64, index: Int64))) throws {
    var stream = SyntheticStream(.thirty, maximumGroupTime: 4_000_000)
    stream.window.goLive()
    for group: Int64 in [64, 31] { stream.publish(group: group) }
    let snapshot = stream.window.snapshot
    let last = try #require(snapshot.segments.last?.number)
    let decision = try Self.decide(row.query, snapshot, MediaNames(.epoch, first: 1))
    let wanted = (last + row.until.ahead) * 50 + row.until.index + 1
    #expect(decision == (row.until.ahead == 0 ? .answer : .hold(until: wanted)))
  }

  @Test("requests are answered, held or refused", arguments: rows)
  func table(row: Row) throws {
    let snapshot = try Self.snapshot(row.window)
    let last = try #require(snapshot.segments.last?.number)
    for names in [MediaNames(.epoch, first: 1), MediaNames(.run, first: last - 60)] {
      let decision = try Self.decide(row.query, snapshot, names)
      switch row.outcome {
      case .answer: #expect(decision == .answer)
      case .part(let ahead, let index):
        #expect(decision == .hold(until: (last + ahead) * 10 + index + 1))
      case .segment(let ahead): #expect(decision == .hold(until: (last + ahead + 1) * 10))
      case .refuse:
        guard case .refuse(let reason) = decision else {
          Issue.record("\(decision)")
          continue
        }
        #expect(reason.contains("_HLS_"))
      case .poll(let milliseconds, let parts):
        let until = snapshot.version + parts
        #expect(decision == .poll(until: until, wait: .milliseconds(milliseconds)))
      }
    }
  }
}
