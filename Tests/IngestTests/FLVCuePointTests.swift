// SPDX-License-Identifier: Apache-2.0

import Ingest
import Metadata
import Testing
import Time

@Suite("Cue points of a publisher by RTMP")
struct FLVCuePointTests {
  // A splice_insert of event 1: a break of 12 s, at once.
  private static let message = "/DAgAAAAAAAA///wDwUAAAABf//+ABB6wAABAAAAAO7vT30="

  private static func bytes(_ name: String, _ content: [String: AMF0Value]) -> [UInt8] {
    RTMPCommand.payload([.string(name), .object(content)])
  }

  private static func point(
    _ name: String, _ content: [String: AMF0Value], at timestamp: UInt32 = 0
  ) -> FLVCuePoint? {
    FLVCuePoint(message: bytes(name, content), isAMF3: false, timestamp: timestamp)
  }

  private static func cue(_ point: FLVCuePoint?) throws -> SpliceCue {
    let section = try #require(point).section
    return try #require(try SpliceCue.read(section))
  }

  @Test("the message of onAdCue is used as it is, at the time of the cue point")
  func message() throws {
    for type in ["scte35", "urn:scte:scte35:2013:bin", "SCTE35"] {
      let point = try #require(
        Self.point(
          "onAdCue",
          ["type": .string(type), "cue": .string(Self.message), "time": .number(12.5)], at: 10_000))
      #expect(point.delay == .milliseconds(2500) && point.timestamp == 10_000)
      let cue = try Self.cue(point)
      #expect(cue.eventID == 1 && cue.role == .out && cue.plannedDuration == .seconds(12))
      #expect(FLVCuePoint(point.tag) == point && !point.tag.isConfiguration)
    }
    let damaged = try #require(
      Self.point("onAdCue", ["type": .string("scte35"), "cue": .string("<script>")]))
    #expect(throws: SpliceError.self) { try SpliceCue.read(damaged.section) }
  }

  @Test("named splices become a splice_insert with their number and duration")
  func named() throws {
    let rows: [(String, [String: AMF0Value], UInt32, SpliceRole, Interval?, Interval)] = [
      (
        "onAdCue",
        [
          "cue": .string("SpliceOut"), "id": .string("95766"), "duration": .number(60.5),
          "time": .number(4),
        ], 95_766, .out, .milliseconds(60_500), .seconds(3)
      ),
      ("onAdCue", ["cue": .string("SpliceIn"), "id": .number(7)], 7, .in, nil, .zero),
      (
        "onCuePoint",
        [
          "name": .string("scte35"), "type": .string("event"), "time": .number(0.5),
          "parameters": .object(["id": .string("9"), "duration": .string("30")]),
        ],
        9, .out, .seconds(30), .milliseconds(-500)
      ),
      (
        "onCuePoint",
        [
          "type": .string("com.youtube.cuepoint"), "cue_point_start": .boolean(true),
          "pre_roll_time_sec": .number(2.56), "break_duration_sec": .number(30),
          "splice_event_id": .number(3),
        ], 3, .out, .seconds(30), .milliseconds(2560)
      ),
      (
        "onCuePoint",
        ["type": .string("com.youtube.cuepoint"), "cue_point_start": .boolean(false)], 0, .in, nil,
        .zero
      ),
    ]
    for (name, content, eventID, role, duration, delay) in rows {
      let point = Self.point(name, content, at: 1000)
      let cue = try Self.cue(point)
      #expect(cue.eventID == eventID && cue.role == role && cue.plannedDuration == duration)
      #expect(cue.ticks == nil && cue.isListed && point?.delay == delay)
    }
    let named = try Self.cue(
      Self.point("onAdCue", ["cue": .string("SpliceOut"), "id": .string("break-a")]))
    #expect(named.eventID == SectionChecksum.remainder("break-a".utf8))
  }

  @Test("absurd numbers have no effect")
  func absurd() throws {
    for number in [.nan, .infinity, -1, 1e300, 86_401] as [Double] {
      let point = Self.point(
        "onAdCue",
        [
          "cue": .string("SpliceOut"), "id": .number(number), "duration": .number(number),
          "time": .number(number == -1 ? -1e9 : number),
        ])
      let cue = try Self.cue(point)
      #expect(cue.plannedDuration == nil && point?.delay == .zero)
    }
  }

  @Test("other messages are no cue points, and truncated ones are survived")
  func others() {
    let rows: [(String, [String: AMF0Value])] = [
      ("onMetaData", ["cue": .string("SpliceOut")]), ("onAdCue", [:]),
      ("onAdCue", ["cue": .string("other")]), ("onAdCue", ["type": .string("scte35")]),
      ("onCuePoint", ["name": .string("chapter"), "parameters": .object([:])]),
      ("onCuePoint", ["name": .string("scte35")]),
      ("onCuePoint", ["type": .string("com.youtube.cuepoint")]),
    ]
    for (name, content) in rows { #expect(Self.point(name, content) == nil) }
    let whole = Self.bytes("onAdCue", ["cue": .string("SpliceOut"), "id": .number(1)])
    for count in whole.indices {
      _ = FLVCuePoint(message: Array(whole.prefix(count)), isAMF3: count & 1 == 0, timestamp: 0)
    }
    for payload in [[], [0, 0, 0]] as [[UInt8]] {
      #expect(FLVCuePoint(MediaTag(kind: .cuePoint, timestamp: 0, payload: payload)) == nil)
    }
  }
}
