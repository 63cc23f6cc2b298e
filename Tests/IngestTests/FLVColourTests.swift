// SPDX-License-Identifier: Apache-2.0

import Ingest
import Media
import Testing

@Suite("Colours of Enhanced RTMP v2, VideoPacketType.Metadata")
struct FLVColourTests {
  private static let pq = ColourDescription(
    primaries: 9, transfer: 16, matrix: 9, isFullRange: false)

  private static func metadata(_ values: AMF0Value...) -> [UInt8] {
    values.flatMap(\.bytes)
  }

  private static func information(_ codes: [String: AMF0Value]) -> [UInt8] {
    metadata(.string("colorInfo"), .object(["colorConfig": .object(codes)]))
  }

  private static let codes: [String: AMF0Value] = [
    "bitDepth": .number(10), "colorPrimaries": .number(9), "transferCharacteristics": .number(16),
    "matrixCoefficients": .number(9),
  ]

  private static func tag(_ metadata: [UInt8], first: UInt8 = 0x94) -> [UInt8] {
    [first] + Array("vp09".utf8) + metadata
  }

  private static func content(_ tag: [UInt8]) -> FLVVideoTag.Content? {
    FLVVideoTag.tracks(of: tag)?.first?.content
  }

  @Test("colorInfo is read, also if the frame type is that of a command")
  func colours() {
    for first in [0x94, 0xA4, 0xD4] as [UInt8] {
      let tag = Self.tag(Self.information(Self.codes), first: first)
      #expect(Self.content(tag) == .colour(Self.pq), "\(first)")
    }
    // Another frame of type 5 is a command, and nothing.
    #expect(Self.content([0xD1] + Array("vp09".utf8) + [0]) == .nothing)
    let more = Self.metadata(.string("x"), .null) + Self.information(Self.codes)
    #expect(Self.content(Self.tag(more)) == .colour(Self.pq))
  }

  @Test("values that are no code points are left open; undefined takes colours back")
  func open() {
    for value in [.number(256), .number(-1), .number(1.5), .number(.nan), .string("9"), .null]
      as [AMF0Value]
    {
      var codes = Self.codes
      codes["colorPrimaries"] = value
      let open = ColourDescription(primaries: 2, transfer: 16, matrix: 9, isFullRange: false)
      #expect(Self.content(Self.tag(Self.information(codes))) == .colour(open), "\(value)")
    }
    for metadata in [
      Self.metadata(.string("colorInfo"), .undefined), Self.information([:]),
      Self.metadata(.string("colorInfo"), .object([:])),
    ] {
      #expect(Self.content(Self.tag(metadata)) == .colour(.unspecified))
    }
  }

  @Test("other metadata and malformed one is nothing")
  func malformed() {
    let whole = Self.information(Self.codes)
    for count in 0..<whole.count - 3 {
      #expect(Self.content(Self.tag(Array(whole.prefix(count)))) == .nothing, "\(count)")
    }
    for metadata in [Self.metadata(.string("hdrInfo"), .null), Self.metadata(.string("colorInfo"))]
    {
      #expect(Self.content(Self.tag(metadata)) == .nothing)
    }
  }

  @Test("colours of each track are kept beside its configuration for a later source")
  func kept() {
    func video(_ payload: [UInt8]) -> MediaTag {
      MediaTag(kind: .video, timestamp: 0, payload: payload)
    }
    func other(_ codes: [String: AMF0Value]) -> MediaTag {
      video([0x96, 0x04] + Array("vp09".utf8) + [1] + Self.information(codes))
    }
    let configuration = video([0x90] + Array("vp09".utf8) + [1])
    let colour = video(Self.tag(Self.information(Self.codes)))
    let newer = video(Self.tag(Self.information([:])))
    var known = MediaConfigurations()
    for tag in [colour, configuration, other([:]), other(Self.codes)] { known.note(tag) }
    #expect(known.tags == [configuration, colour, other(Self.codes)])
    known.note(newer)
    #expect(known.tags == [configuration, other(Self.codes), newer])
    known.removeVideo()
    #expect(known.tags.isEmpty)
  }
}
