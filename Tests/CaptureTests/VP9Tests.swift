// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import Testing
import Time

@testable import Capture

@Suite("VP9 as it comes")
struct VP9Tests {
  /// The start of a key frame of 352x288, profile 0, BT.601, limited range.
  static let key: [UInt8] = [0x82, 0x49, 0x83, 0x42, 0x20, 0x15, 0xF0, 0x11, 0xF0, 0, 0, 0]

  @Test("a key frame has profile, depth and size, VP9 specification §6.2")
  func header() throws {
    let found = try #require(VP9FrameHeader(Self.key))
    #expect(found.profile == 0 && found.bitDepth == 8 && !found.isFullRange)
    #expect(found.width == 352 && found.height == 288)
    #expect(found.isHalfWide && found.isHalfHigh)
    #expect(VP9FrameHeader(configuration: found.configuration) == found)
    // Profile 2 with 10 bits: one bit more precedes the colours.
    let ten: [UInt8] = [0x92, 0x49, 0x83, 0x42, 0x10, 0x0A, 0xF8, 0x08, 0xF8, 0, 0]
    let deep = try #require(VP9FrameHeader(ten))
    #expect(deep.profile == 2 && deep.bitDepth == 10 && deep.width == 352 && deep.height == 288)
  }

  @Test("other frames and damaged headers are none")
  func other() {
    for (index, value): (Int, UInt8) in [(0, 0x86), (0, 0x8A), (0, 0x42), (1, 0x48), (3, 0)] {
      var bytes = Self.key
      bytes[index] = value
      #expect(VP9FrameHeader(bytes) == nil)
    }
    for count in 0..<9 { #expect(VP9FrameHeader(Array(Self.key.prefix(count))) == nil) }
    #expect(VP9FrameHeader(configuration: [0, 9, 3, 0, 0, 0, 0]) == nil)
    #expect(VP9FrameHeader(configuration: []) == nil)
  }

  private func video(_ rotation: Rotation = .none) throws -> InputDescription.Video {
    let sets = [try #require(VP9FrameHeader(Self.key)).configuration]
    return InputDescription.Video(
      passThroughCodec: .vp9, codec: "vp9", width: 352, height: 288, rate: .thirty,
      parameterSets: sets, configuration: [], rotation: rotation)
  }

  @Test("the header has vpcC, and the codecs string its values")
  func entry() throws {
    let size = try #require(VideoSize(width: 352, height: 288))
    let header = try PassThroughHeader(try video(), size: size, rate: .thirty)
    let movie = try MovieHeader(header: header.bytes)
    #expect(movie.entry.type == "vp09" && movie.entry.width == 352 && movie.entry.height == 288)
    #expect(movie.timescale == 90_000 && movie.edit == nil)
    #expect(header.codecs == "vp09.00.20.08", "\(header.codecs)")
    let setup = movie.entry.setup
    #expect(setup.count >= 12 && setup[4] == 0 && setup[6] >> 4 == 8)
  }

  @Test(
    "a rotation is the matrix of tkhd; the size of the entry is that before it, §8.3.2",
    arguments: [Rotation.quarter, .half, .threeQuarters])
  func rotated(_ rotation: Rotation) throws {
    let isSideways = rotation != .half
    let size = try #require(
      VideoSize(width: isSideways ? 288 : 352, height: isSideways ? 352 : 288))
    let header = try PassThroughHeader(try video(rotation), size: size, rate: .thirty)
    let movie = try MovieHeader(header: header.bytes)
    #expect(movie.quarterTurns == rotation.rawValue)
    #expect(movie.entry.width == 352 && movie.entry.height == 288)
    #expect(movie.displayWidth == size.width && movie.displayHeight == size.height)
  }

  @Test("another size or rotation is another coding: the header changes")
  func coding() throws {
    var other = Self.key
    other[6] = 0xE0
    let smaller = try #require(VP9FrameHeader(other))
    var video = try video()
    let before = video.coding
    video.parameterSets = [smaller.configuration]
    #expect(video.coding != before)
    #expect(try self.video(.half).coding != before)
  }

  private static let pq = ColourDescription(
    primaries: 9, transfer: 16, matrix: 9, isFullRange: false)
  /// The start of a key frame of 352x288, profile 2, 10 bits, BT.2020.
  private static let ten: [UInt8] = [0x92, 0x49, 0x83, 0x42, 0x50, 0x0A, 0xF8, 0x08, 0xF8, 0, 0]

  @Test("declared colours are in colr, vpcC and all fields of the codecs string")
  func declared() throws {
    let size = try #require(VideoSize(width: 352, height: 288))
    var depacketizer = VideoDepacketizer(.vp9, sizeLimit: FrameSizeLimit())
    func take() {
      _ = depacketizer.take(
        Self.ten.span, pts: .origin, dts: nil, isKey: true, arrival: .origin, senderTime: nil)
    }
    take()
    let before = depacketizer.video.coding
    depacketizer.declare(.unspecified)
    #expect(depacketizer.video.coding == before)
    depacketizer.declare(Self.pq)
    take()
    #expect(depacketizer.video.coding != before)
    var video = depacketizer.video
    // What the decoder knows of such a frame.
    video.frames.colour = ColourDescription(
      primaries: 2, transfer: 2, matrix: 9, isFullRange: false)
    #expect(video.colour == Self.pq && video.headerColour == Self.pq)
    let header = try PassThroughHeader(video, size: size, rate: .thirty)
    #expect(header.codecs == "vp09.02.20.10.01.09.16.09.00", "\(header.codecs)")
    let entry = try MovieHeader(header: header.bytes).entry
    #expect(entry.colour == Self.pq && Array(entry.setup[7...9]) == [9, 16, 9])
    video.declaredColour = nil
    #expect(video.headerColour == nil)
  }

  @Test("access units are key frames by their headers, whatever the container says")
  func units() {
    var depacketizer = VideoDepacketizer(.vp9, sizeLimit: FrameSizeLimit())
    #expect(!depacketizer.isComplete)
    func take(_ bytes: [UInt8], isKey: Bool) -> [Bool] {
      depacketizer.take(
        bytes.span, pts: .origin, dts: nil, isKey: isKey, arrival: .origin, senderTime: nil
      ).map(\.isKey)
    }
    #expect(take(Self.key, isKey: false) == [true])
    #expect(take([0x86, 0, 0], isKey: true) == [false])
    #expect(depacketizer.isComplete)
  }
}
