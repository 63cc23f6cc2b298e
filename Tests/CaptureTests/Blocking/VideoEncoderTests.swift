// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Media
import Sharing
import TestSupport
import Testing

@testable import Capture

func settings(
  _ text: String = "640x360", rate: String = "30", bitrate: Int = 700, encoder: String = "libx264",
  preset: String = "superfast"
) throws -> EncoderSettings {
  EncoderSettings(
    size: try size(text), rate: try #require(FrameRate(rate)), bitrateKilobits: bitrate,
    encoder: encoder, preset: preset)
}

/// The NAL units of a sample, which must contain nothing else.
func units(_ bytes: [UInt8]) throws -> [[UInt8]] {
  let ranges = NALUnits.ranges(in: bytes.span, .lengthPrefixed)
  try #require(ranges.reduce(0) { $0 + 4 + $1.count } == bytes.count)
  return ranges.map { Array(bytes[$0]) }
}

@Suite("The video encoder", .blocking)
struct VideoEncoderTests {
  /// Ticks since 1970, about now.
  static let start: Int64 = 1_795_155_720 * 90_000

  @Test(
    "each frame gives one access unit at its time, in ticks since 1970",
    arguments: ["30", "30000/1001", "24000/1001", "60"])
  func oneForOne(rate: String) throws {
    var encoder = try VideoEncoder(settings(rate: rate))
    let source = try TestPattern(size: size("640x360"))
    let step = encoder.settings.rate.ticksPerFrame
    let first = 1_795_155_720 * Int64(encoder.settings.rate.timescale) / step
    for index in first..<first + 45 {
      let frames = try encoder.encode(
        source.draw(frame: index, milliseconds: index * 33), pts: index * step,
        independent: index % 15 == first % 15)
      try #require(frames.count == 1)
      #expect(frames[0].pts == index * step)
      #expect(frames[0].isIndependent == (index % 15 == first % 15))
    }
  }

  @Test(
    "a sample is length-prefixed I or P slices only, also with sliced threads",
    arguments: ["640x360", "1920x1080"])
  func samples(_ text: String) throws {
    var encoder = try VideoEncoder(settings(text, bitrate: 2000))
    let source = try TestPattern(size: size(text))
    for index in Int64(0)..<12 {
      let frames = try encoder.encode(
        source.draw(frame: index, milliseconds: index * 33), pts: Self.start + index * 3000,
        independent: index == 0)
      let slices = try units(try #require(frames.first).bytes)
      #expect(slices.count == (text == "1920x1080" ? 2 : 1))
      for slice in slices {
        #expect(NALUnits.type(slice[0]) == (index == 0 ? 5 : 1))
        let header = SliceHeader(slice: slice, sps: encoder.parameterSets.sps[0])
        #expect(header.type == (index == 0 ? 2 : 0))
      }
    }
  }

  @Test("consecutive IDR access units differ in idr_pic_id, at any distance, H.264 §7.4.3")
  func idrFrameIDs() throws {
    var encoder = try VideoEncoder(settings())
    let slate = try SlateFrame.make(size: size("640x360"))
    var identifiers: [Int] = []
    for index in Int64(0)..<40 {
      let independent = index % 10 == 0 || index == 11
      let frame = try #require(
        try encoder.encode(slate, pts: Self.start + index * 3000, independent: independent).first)
      guard frame.isIndependent else { continue }
      let slice = try units(frame.bytes)[0]
      let header = SliceHeader(slice: slice, sps: encoder.parameterSets.sps[0])
      identifiers.append(try #require(header.idrFrameID))
    }
    #expect(identifiers.count == 5)
    for (one, next) in zip(identifiers, identifiers.dropFirst()) { #expect(one != next) }
  }

  @Test(
    "a hurried encoder begins with a key frame, keeps the parameter sets, and takes less time",
    arguments: ["superfast", "veryfast", "medium", "slow", "slower"])
  func hurry(preset: String) throws {
    var encoder = try VideoEncoder(settings(preset: preset))
    let configuration = try #require(
      Box.at("moov/trak/mdia/minf/stbl/stsd/avc1/avcC", in: encoder.initSegment()))
    let decoder = try H264Decoder(configuration: configuration.content)
    let source = try TestPattern(size: size("640x360"))
    let sets = encoder.parameterSets
    var times = [Duration](repeating: .zero, count: 3)
    for index in Int64(0)..<90 {
      let phase = Int(index / 30)
      if index == 25 { encoder.hurry(true) }
      if index == 55 { encoder.hurry(false) }
      let frame = source.draw(frame: index, milliseconds: index * 33)
      let clock = ContinuousClock()
      let begin = clock.now
      let coded = try #require(
        try encoder.encode(frame, pts: Self.start + index * 3000, independent: index % 30 == 0)
          .first)
      if index % 30 >= 5, index % 30 < 25 { times[phase] += clock.now - begin }
      #expect(coded.isIndependent == (index % 30 == 0))
      let slices = try units(coded.bytes)
      #expect(slices.allSatisfy { [1, 5].contains(NALUnits.type($0[0])) })
      #expect(try decoder.decode(coded.bytes).clock == index * 33)
      let isHurried = encoder.isHurried
      #expect(isHurried == (phase == 1))
    }
    let unchanged = encoder.parameterSets
    #expect(unchanged == sets)
    // No bound: other programs share the processors.
    print("\(preset): \(times)")
  }

  @Test("the fastest preset and other encoders cannot hurry")
  func noHurry() throws {
    var encoder = try VideoEncoder(settings(preset: "ultrafast"))
    encoder.hurry(true)
    let slate = try SlateFrame.make(size: size("640x360"))
    _ = try encoder.encode(slate, pts: Self.start, independent: true)
    let isHurried = encoder.isHurried
    #expect(!isHurried)
  }

  @Test("a scene change inserts no key frame")
  func sceneChange() throws {
    var encoder = try VideoEncoder(settings())
    let source = try TestPattern(size: size("640x360"))
    let slate = try SlateFrame.make(size: size("640x360"))
    for index in Int64(0)..<20 {
      let frame = index % 5 == 4 ? slate : source.draw(frame: index, milliseconds: index)
      let frames = try encoder.encode(
        frame, pts: Self.start + index * 3000, independent: index == 0)
      #expect(frames.map(\.isIndependent) == [index == 0])
      // Nor an access unit of I slices without IDR.
      let slice = try units(try #require(frames.first).bytes)[0]
      let header = SliceHeader(slice: slice, sps: encoder.parameterSets.sps[0])
      #expect(header.type == (index == 0 ? 2 : 0))
    }
  }

  @Test("timestamps may jump forwards by a year")
  func jump() throws {
    var encoder = try VideoEncoder(settings())
    let slate = try SlateFrame.make(size: size("640x360"))
    var pts = Self.start
    let steps: [Int64] = [3000, 3000, 90_000 * 3600, 3000, 90_000 * 86_400 * 365, 3000, 6000]
    for step in steps {
      pts += step
      let frames = try encoder.encode(slate, pts: pts, independent: false)
      #expect(frames.map(\.pts) == [pts])
    }
  }

  @Test("the burned clock is readable after encoding 640x360 at 150 kbit/s, with our header")
  func clockSurvives() throws {
    var encoder = try VideoEncoder(settings(bitrate: 150))
    let configuration = try #require(
      Box.at("moov/trak/mdia/minf/stbl/stsd/avc1/avcC", in: encoder.initSegment()))
    let decoder = try H264Decoder(configuration: configuration.content)
    let source = try TestPattern(size: size("640x360"))
    var bytes = 0
    for index in Int64(0)..<90 {
      let timestamp = 1_795_155_720_000 + index * 100 / 3
      let frame = source.draw(frame: index, milliseconds: timestamp)
      let coded = try #require(
        try encoder.encode(frame, pts: Self.start + index * 3000, independent: index % 30 == 0)
          .first)
      bytes += coded.bytes.count
      let decoded = try decoder.decode(coded.bytes)
      #expect(decoded.clock == timestamp)
      #expect(decoded.isLimitedBT709)
    }
    #expect(bytes * 8 < 3 * 150_000 * 3 / 2)
  }

  @Test("a key frame of noise has at most the bytes of six mean frames")
  func keyFrames() throws {
    var encoder = try VideoEncoder(settings("320x180", bitrate: 300))
    let pool = try VideoFramePool(size: size("320x180"))
    var state: UInt32 = 1
    let frames = (0..<5).map { _ in
      pool.frame { canvas in
        canvas.fill(canvas.area, Colour(128))
        for y in 0..<180 {
          canvas.paintRows(y..<y + 1) { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(16 + state >> 25)
          }
        }
      }
    }
    var sizes: [Int] = []
    for index in Int64(0)..<60 {
      let noise = frames[Int(index % 5)]
      let frames = try encoder.encode(
        noise, pts: Self.start + index * 3000, independent: index % 30 == 0)
      sizes.append(try #require(frames.first).bytes.count)
    }
    let frame = 300_000 / 30 / 8
    for size in sizes { #expect(size <= 6 * frame) }
    let mean = sizes.dropFirst(30).reduce(0, +) / 30
    #expect((frame * 8 / 10...frame * 12 / 10).contains(mean))
  }

  @Test("several threads that encode the same frames get the same bytes")
  func threads() throws {
    let source = try TestPattern(size: size("640x360"))
    let requested = try settings()
    let results = Locked<[[UInt8]]>([])
    for round in Int64(0)..<3 {
      // Frames of the second round are in reused memory.
      let frames = (0..<15).map { source.draw(frame: round * 15 + $0, milliseconds: $0 * 33) }
      DispatchQueue.concurrentPerform(iterations: 4) { _ in
        var bytes: [UInt8] = []
        if var encoder = try? VideoEncoder(requested) {
          for (index, frame) in frames.enumerated() {
            let timestamped = frame.withClock(Int64(index))
            let frames = try? encoder.encode(
              timestamped, pts: Self.start + Int64(index) * 3000, independent: false)
            bytes += (frames ?? []).flatMap(\.bytes)
          }
        }
        results.withLock { $0.append(bytes) }
      }
      let all = results.withLock { results in
        defer { results = [] }
        return results
      }
      #expect(all.count == 4)
      #expect(all[0].count > 1000)
      for other in all { #expect(other == all[0]) }
    }
  }

  @Test("a frame of another size is scaled; of another aspect ratio, letterboxed")
  func scaled() throws {
    var encoder = try VideoEncoder(settings("640x480", bitrate: 3000))
    let header = try encoder.initSegment()
    let configuration = try #require(
      Box.at("moov/trak/mdia/minf/stbl/stsd/avc1/avcC", in: header))
    let decoder = try H264Decoder(configuration: configuration.content)
    let white = try VideoFramePool(size: size("1280x720")).frame { $0.fill($0.area, .white) }
    let frame = try #require(
      try encoder.encode(white, pts: Self.start, independent: true).first)
    let luma = try decoder.decode(frame.bytes)
    #expect(luma.width == 640 && luma.height == 480)
    for y in 0..<480 {
      let expected = (60..<420).contains(y) ? 225...245 : 10...26
      if (56..<64).contains(y) || (416..<424).contains(y) { continue }
      for x in [0, 319, 639] { #expect(expected.contains(Int(luma.rows[y][x]))) }
    }
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    let name: String
    let reason: String
    var testDescription: String { name }
  }

  @Test(
    "libx264 replaces an unavailable encoder, and fallbackReason contains the cause",
    arguments: [
      Refused(name: "h264_nonsense", reason: "libavcodec has no encoder 'h264_nonsense'"),
      Refused(name: "", reason: "libavcodec has no encoder ''"),
      Refused(name: "aac", reason: "aac is no H.264 encoder"),
      Refused(name: "libx265", reason: "libx265 is no H.264 encoder"),
      Refused(name: "h264_vaapi", reason: "h264_vaapi takes neither yuv420p nor nv12"),
      Refused(name: "h264_nvenc", reason: "h264_nvenc"),
      Refused(name: "h264_v4l2m2m", reason: "h264_v4l2m2m"),
    ])
  func fallback(_ refused: Refused) throws {
    var encoder = try VideoEncoder(settings(encoder: refused.name))
    #expect(encoder.name == "libx264")
    let given = encoder.fallbackReason
    let reason = try #require(given)
    #expect(reason.contains(refused.reason))
    #expect(!reason.contains("\n"))
    let slate = try SlateFrame.make(size: size("640x360"))
    let frames = try encoder.encode(slate, pts: Self.start, independent: false)
    #expect(frames.map(\.isIndependent) == [true])
  }

  @Test("an unknown preset of libx264 is an error that contains its name; there is no fallback")
  func unknownPreset() throws {
    let wrong = try settings(preset: "lightning")
    let error = #expect(throws: FFmpegError.self) { _ = try VideoEncoder(wrong).name }
    #expect(error?.description.hasPrefix("libx264 has no preset 'lightning'") == true)
    let right = try VideoEncoder(settings())
    #expect(right.fallbackReason == nil)
  }

  @Test("an encoder with start codes and in-band parameter sets gives length-prefixed samples")
  func foreignEncoder() throws {
    let opened = try OpenedCodec(settings(), dialect: .foreign)
    #expect(opened.codec.announcedParameterSets == nil)
    var encoder = try VideoEncoder(opened)
    let configuration = try #require(
      Box.at("moov/trak/mdia/minf/stbl/stsd/avc1/avcC", in: encoder.initSegment()))
    let decoder = try H264Decoder(configuration: configuration.content)
    let source = try TestPattern(size: size("640x360"))
    for index in Int64(0)..<20 {
      let frame = try #require(
        try encoder.encode(
          source.draw(frame: index, milliseconds: index), pts: Self.start + index * 3000,
          independent: index == 10
        ).first)
      #expect(frame.isIndependent == (index % 10 == 0))
      for unit in try units(frame.bytes) { #expect(NALCodec.h264.kind(unit[0]).isSlice) }
      #expect(try decoder.decode(frame.bytes).clock == index)
    }
  }

  @Test(
    "encoders of one size and one bitrate of the level have equal parameter sets",
    arguments: [("320x180", [2500, 900, 300]), ("1280x720", [6000, 2500, 600])])
  func parameterSets(size: String, bitrates: [Int]) throws {
    let sets = try bitrates.map { bitrate in
      var settings = try settings(size, bitrate: bitrate)
      settings.levelKilobits = bitrates[0]
      return try VideoEncoder(settings).parameterSets
    }
    #expect(Set(sets).count == 1)
    if size == "320x180" {
      let own = try bitrates.map { try VideoEncoder(settings(size, bitrate: $0)).parameterSets }
      #expect(Set(own).count > 1, "libx264 chooses different levels without it")
    }
  }
}
