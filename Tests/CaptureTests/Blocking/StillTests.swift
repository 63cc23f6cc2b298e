// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import CMAF
import Media
import Sharing
import TestSupport
import Testing
import Time

@testable import Capture

@Suite("Stills of CMAF video", .blocking)
struct StillTests {
  /// The header and the chunks of a segment whose frames have burned clocks from 1,000,000 ms.
  static func segment(_ text: String, frames: Int = 12) throws -> ([UInt8], [SharedBytes]) {
    var encoder = try VideoEncoder(settings(text))
    let source = try TestPattern(size: size(text))
    let ticks = encoder.settings.rate.ticksPerFrame
    var chunks: [SharedBytes] = []
    for index in 0..<Int64(frames) {
      let frame = source.draw(frame: index, milliseconds: 1_000_000 + index)
      for coded in try encoder.encode(frame, pts: index * ticks, independent: index == 0) {
        let sample = Sample(
          payload: coded.bytes, decodeTime: 161_564_014_800_000 + index * ticks,
          duration: UInt32(ticks), captured: .origin, sequence: UInt32(index),
          isSync: coded.isIndependent)
        chunks.append(ChunkWriter().chunk(sample, startsSegment: index == 0))
      }
    }
    return (try encoder.initSegment(), chunks)
  }

  private static func clock(_ decoder: StillDecoder, _ text: String) throws -> Int64? {
    let normalizer = try FrameNormalizer(size: size(text))
    return ClockReader.read(try normalizer.frame(try decoder.frame().frame))
  }

  @Test("the frames of a segment are decoded as far as they are wanted, chunk by chunk or at once")
  func exact() throws {
    let (header, chunks) = try Self.segment("640x360")
    let decoder = try StillDecoder(header: header)
    for chunk in chunks.prefix(5) { try decoder.add(chunk) }
    #expect(decoder.decode(through: 3) == 4)
    #expect(try Self.clock(decoder, "640x360") == 1_000_003)
    #expect(decoder.decode(through: 3) == 0)
    #expect(decoder.decode(through: 9) == 1)
    #expect(try Self.clock(decoder, "640x360") == 1_000_004)
    try decoder.begin()
    try decoder.add(SharedBytes(chunks.flatMap(\.array)))
    decoder.decode(through: 7)
    #expect(try Self.clock(decoder, "640x360") == 1_000_007)
  }

  @Test("without frames, and of media that is damaged, there is no still")
  func refused() throws {
    let (header, chunks) = try Self.segment("640x360", frames: 2)
    let decoder = try StillDecoder(header: header)
    #expect(throws: StillDecoder.Fault.self) { try decoder.frame() }
    #expect(throws: StillDecoder.Fault.self) {
      try decoder.add(SharedBytes(Array(chunks[0].array.dropLast())))
    }
    try decoder.begin()
    try decoder.add(chunks[1])
    decoder.decode(through: 0)
    #expect(throws: StillDecoder.Fault.self) { try decoder.frame() }
    for count in [0, 8, 40, header.count - 1] {
      #expect(throws: StillDecoder.Fault.self) { try StillDecoder(header: Array(header[..<count])) }
    }
  }

  @Test(
    "a picture has a JFIF header, its size, and no version of a library",
    arguments: [nil, 320, 161, 4000])
  func picture(width: Int?) throws {
    let (header, chunks) = try Self.segment("640x360", frames: 1)
    let decoder = try StillDecoder(header: header)
    try decoder.add(chunks[0])
    decoder.decode(through: 0)
    let bytes = try JPEGEncoder().encode(decoder.frame().frame, width: width)
    // SOI, APP0 of 16 bytes, JFIF 1.x, density 1:1.
    #expect(Array(bytes[..<6]) == [0xFF, 0xD8, 0xFF, 0xE0, 0, 16])
    #expect(Array(bytes[6..<11]) == Array("JFIF\0".utf8))
    #expect(Array(bytes[13..<18]) == [0, 0, 1, 0, 1])
    #expect(bytes.suffix(2) == [0xFF, 0xD9])
    #expect(!String(decoding: bytes, as: UTF8.self).contains("Lav"))
    let start = try #require(
      bytes.indices.dropLast(8).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
    let size = [5, 7].map { Int(bytes[start + $0]) << 8 | Int(bytes[start + $0 + 1]) }
    let expected =
      switch width {
      case 320: [180, 320]
      case 161: [90, 160]
      default: [360, 640]
      }
    #expect(size == expected)
  }

  @Test("equal frames have equal bytes, also after a picture of another width")
  func repeatable() throws {
    let (header, chunks) = try Self.segment("640x360", frames: 1)
    let decoder = try StillDecoder(header: header)
    try decoder.add(chunks[0])
    decoder.decode(through: 0)
    let encoder = try JPEGEncoder()
    let frame = try decoder.frame().frame
    let first = try encoder.encode(frame)
    #expect(try encoder.encode(frame) == first)
    _ = try encoder.encode(frame, width: 320)
    #expect(try encoder.encode(frame) == first)
  }

  @Test("the colours of a picture differ by at most 1.5 levels from those of the frame")
  func colours() throws {
    let (header, chunks) = try Self.segment("1280x720", frames: 1)
    let decoder = try StillDecoder(header: header)
    try decoder.add(chunks[0])
    decoder.decode(through: 0)
    let frame = try decoder.frame().frame
    let expected = unsafe RGB.of(frame.frame, matrix: SWS_CS_ITU709, isFullRange: false)
    let bytes = try JPEGEncoder().encode(frame)
    let video = InputDescription.Video(
      passThroughCodec: nil, codec: "mjpeg", width: 1280, height: 720, rate: nil,
      parameterSets: [], configuration: [])
    var reader = try VideoDecoder(video)
    let shown = reader.decode(
      AccessUnit(
        bytes: bytes, parameterSets: [], isKey: true, pts: .origin, dts: nil, arrival: .origin,
        senderTime: nil))
    let picture = try #require(shown.first)
    let found = unsafe RGB.of(picture.frame, matrix: SWS_CS_ITU601, isFullRange: true)
    try #require(found.count == expected.count)
    // A loop by index: `zip` takes a second in a build without optimisation.
    var (sum, index) = (0, 0)
    while index < found.count {
      sum += abs(Int(found[index]) - Int(expected[index]))
      index += 1
    }
    let error = Double(sum) / Double(found.count)
    #expect(error <= 1.5, "\(error) levels")
  }
}

/// Frames as red, green and blue by libswscale.
private enum RGB {
  static func of(
    _ frame: UnsafeMutablePointer<AVFrame>, matrix: Int32, isFullRange: Bool
  ) -> [UInt8] {
    let (width, height) = unsafe (Int(frame.pointee.width), Int(frame.pointee.height))
    guard
      let context = unsafe sws_getContext(
        Int32(width), Int32(height), AVPixelFormat(cff_plain_format(frame.pointee.format)),
        Int32(width), Int32(height), AV_PIX_FMT_RGB24, SWS_BILINEAR | SWS_ACCURATE_RND, nil, nil,
        nil)
    else { return [] }
    defer { unsafe sws_freeContext(context) }
    unsafe sws_setColorspaceDetails(
      context, sws_getCoefficients(matrix), isFullRange ? 1 : 0,
      sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16)
    var target = unsafe av_frame_alloc()
    defer { unsafe av_frame_free(&target) }
    guard let target = unsafe target else { return [] }
    unsafe target.pointee.format = AV_PIX_FMT_RGB24.rawValue
    unsafe target.pointee.width = Int32(width)
    unsafe target.pointee.height = Int32(height)
    guard unsafe av_frame_get_buffer(target, 1) >= 0,
      unsafe cff_scale(context, frame, target, 0, 0) > 0,
      let data = unsafe target.pointee.data.0
    else { return [] }
    let stride = unsafe Int(target.pointee.linesize.0)
    return (0..<height).flatMap { row in
      unsafe Array(UnsafeBufferPointer(start: data + row * stride, count: 3 * width))
    }
  }
}
