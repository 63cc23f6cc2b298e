// SPDX-License-Identifier: Apache-2.0

import Ingest
import Media
import Testing

@Suite("onMetaData of a publisher by RTMP")
struct FLVMetadataTests {
  private static func message(
    _ content: [String: AMF0Value], _ name: String = "onMetaData"
  ) -> [UInt8] {
    RTMPCommand.payload([.string("@setDataFrame"), .string(name), .object(content)])
  }

  private static let map = AMF0Value.object([
    "0": .object(["language": .string("ger")]), "1": .object(["lang": .string("en-US")]),
    "2": .object(["channels": .number(2)]), "256": .object(["language": .string("fra")]),
    "x": .object(["language": .string("fra")]), "3": .null,
  ])

  private static func metadata(_ content: [String: AMF0Value]) -> FLVMetadata? {
    FLVMetadata(message: message(content), isAMF3: false)
  }

  @Test("languages are read, and carried by records")
  func languages() throws {
    let message = Self.message(["audioTrackIdInfoMap": Self.map])
    let found = try #require(FLVMetadata(message: message, isAMF3: false))
    #expect([0, 1, 2, 256].map { found.languages[$0].tag } == ["de", "en", "und", "und"])
    #expect(FLVMetadata(found.tag) == found && found.tag.isConfiguration && found.rotation == nil)
    #expect(FLVMetadata(message: [0] + message, isAMF3: true) == found)
    let others = [
      Self.message(["audioTrackIdInfoMap": .null]), Self.message([:]),
      Self.message(["audioTrackIdInfoMap": Self.map], "onCuePoint"), [], [2, 0],
    ]
    for other in others { #expect(FLVMetadata(message: other, isAMF3: false) == nil) }
    for count in message.indices {
      _ = FLVMetadata(message: Array(message.prefix(count)), isAMF3: false)
    }
  }

  @Test("a rotation has degrees or quarter turns; other values are refused, and words ignored")
  func rotation() {
    let rows: [([String: AMF0Value], FLVMetadata.Rotation?)] = [
      (["rotation": .number(90)], .quarterTurns(1)), (["rotation": .number(0)], .quarterTurns(0)),
      (["rotation": .number(-90)], .quarterTurns(3)),
      (["rotation": .number(540)], .quarterTurns(2)),
      (["rotation": .string("270")], .quarterTurns(3)),
      (["orientation": .number(1)], .quarterTurns(1)),
      (["orientation": .number(3)], .quarterTurns(3)),
      (["orientation": .number(180)], .quarterTurns(2)),
      (["rotation": .number(1)], .refused("1.0")),
      (["rotation": .number(.nan)], .refused("nan")),
      (["rotation": .number(1e300)], .refused("1e+300")),
      (["rotation": .string("left")], .refused("left")),
      (
        ["rotation": .string(String(repeating: "ä", count: 300))],
        .refused(String(repeating: "ä", count: 32))
      ),
      (["orientation": .number(4)], .refused("4.0")),
      (["rotation": .number(90), "orientation": .number(2)], .quarterTurns(1)),
      (["orientation": .string("portrait")], nil), (["rotation": .null], nil),
    ]
    for (content, expected) in rows {
      let found = Self.metadata(content)
      #expect(found?.rotation == expected, "\(content)")
      if let found { #expect(FLVMetadata(found.tag) == found) }
    }
  }

  @Test("a frame rate is a number of up to 1,000, in thousandths")
  func frameRate() throws {
    let rows: [(AMF0Value, Int?)] = [
      (.number(25), 25_000), (.number(30000.0 / 1001), 29_970), (.number(23.98), 23_980),
      (.number(1000), 1_000_000), (.number(0.5), 500), (.number(1000.1), nil), (.number(0), nil),
      (.number(-30), nil), (.number(.nan), nil), (.number(.infinity), nil), (.number(1e300), nil),
      (.string("30"), nil), (.null, nil),
    ]
    for (value, expected) in rows {
      let found = Self.metadata(["framerate": value])
      #expect(found?.millihertz == expected, "\(value)")
      if let found { #expect(FLVMetadata(found.tag) == found) }
    }
    var known = MediaConfigurations()
    for content: [String: AMF0Value] in [
      ["framerate": .number(24)], ["rotation": .number(90)], ["framerate": .number(25)],
    ] {
      known.note(try #require(Self.metadata(content)).tag)
    }
    let both = try #require(Self.metadata(["rotation": .number(90), "framerate": .number(25)]))
    #expect(known.tags == [both.tag])
  }

  @Test("malformed tags have no metadata")
  func malformed() {
    for payload in [[], [6], [5], [5, 2, 65], [4], [4, 0, 0, 0]] as [[UInt8]] {
      #expect(FLVMetadata(MediaTag(kind: .metadata, timestamp: 0, payload: payload)) == nil)
    }
    #expect(FLVMetadata(MediaTag(kind: .audio, timestamp: 0, payload: [1])) == nil)
  }

  @Test("a source that begins later gets the newest declaration of each kind")
  func configurations() throws {
    let languages = try #require(Self.metadata(["audioTrackIdInfoMap": Self.map]))
    let turned = try #require(Self.metadata(["rotation": .number(90)]))
    let upright = try #require(Self.metadata(["orientation": .number(0)]))
    let both = try #require(
      Self.metadata(["audioTrackIdInfoMap": Self.map, "rotation": .number(0)]))
    let audio = MediaTag(kind: .audio, timestamp: 0, payload: [0xAF, 0, 1])
    var known = MediaConfigurations()
    for tag in [audio, languages.tag] { known.note(tag) }
    #expect(known.tags == [languages.tag, audio])
    let refused = try #require(Self.metadata(["rotation": .string("left")]))
    for tag in [turned.tag, upright.tag, refused.tag] { known.note(tag) }
    #expect(known.tags == [both.tag, audio])
  }
}
