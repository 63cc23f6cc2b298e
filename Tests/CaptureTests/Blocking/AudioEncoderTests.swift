// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing

@testable import Capture

@Suite("The AAC encoder", .blocking)
struct AudioEncoderTests {
  /// A whole second of 2026, in samples since 1970.
  static func second(_ rate: Int32) -> Int64 { 1_795_155_720 * Int64(rate) }

  /// Encodes `count` samples of the tone from `first`, in blocks of `step` samples.
  static func encode(
    _ settings: AudioEncoderSettings, from first: Int64, count: Int64, step: Int64
  ) throws -> [EncodedAudioFrame] {
    var encoder = try AudioEncoder(settings)
    let tone = TestTone(sampleRate: settings.sampleRate, channels: settings.channels)
    var frames: [EncodedAudioFrame] = []
    for position in stride(from: first, to: first + count, by: Int(step)) {
      let count = Int(min(step, first + count - position))
      frames += try encoder.encode(tone.audio(from: position, count: count), at: position)
    }
    return frames
  }

  @Test(
    "AAC frame j begins at sample 1024·j, and no frame precedes the first sample",
    arguments: [480, 1024, 4410])
  func oneForOne(step: Int64) throws {
    for settings in [
      AudioEncoderSettings(), AudioEncoderSettings(sampleRate: 44_100, channels: 1),
    ] {
      let first = Self.second(settings.sampleRate) + 100
      let frames = try Self.encode(settings, from: first, count: 48_000, step: step)
      let firstFrame = first / 1024
      let full = (first + 48_000) / 1024 - firstFrame
      #expect(frames.map(\.index) == Array(firstFrame..<firstFrame + full - 2))
      #expect(frames.allSatisfy { $0.position == $0.index * 1024 && !$0.bytes.isEmpty })
      // A raw data block begins with a syntactic element, not with the ADTS syncword.
      #expect(frames.allSatisfy { $0.bytes[0] != 0xFF })
    }
  }

  @Test("AAC frame j is returned with the samples of frame j + 2; finish returns the last two")
  func delay() throws {
    var encoder = try AudioEncoder(AudioEncoderSettings())
    #expect(AudioEncoder.delayFrames == 2)
    for index in Int64(0)..<20 {
      let frames = try encoder.encode(.silence(channels: 2, count: 1024), at: index * 1024)
      #expect(frames.map(\.index) == (index < 2 ? [] : [index - 2]))
    }
    #expect(try encoder.finish().map(\.index) == [18, 19])
  }

  @Test("fill encodes silence, and a jump of the position encodes no AAC frames between")
  func fill() throws {
    var encoder = try AudioEncoder(AudioEncoderSettings(channels: 1))
    #expect(try encoder.fill(to: 5000).isEmpty && encoder.next == 5000)
    #expect(try encoder.fill(to: 8192).map(\.index) == [4, 5])
    let jumped = try encoder.encode(.silence(channels: 1, count: 4096), at: 1_024_000)
    #expect(jumped.map(\.index) == [6, 7, 1000, 1001])
  }

  @Test(
    "a decoded beep begins at its sample and lasts 100 ms",
    arguments: [
      AudioEncoderSettings(), AudioEncoderSettings(channels: 1, bitrateKilobits: 64),
      AudioEncoderSettings(sampleRate: 44_100),
    ])
  func inStep(settings: AudioEncoderSettings) throws {
    let rate = Int64(settings.sampleRate)
    let first = Self.second(settings.sampleRate) - rate / 3
    let frames = try Self.encode(settings, from: first, count: 2 * rate, step: 441)
    let (firstSample, planes) = try Self.decode(frames, settings)
    for plane in planes {
      for second in [Self.second(settings.sampleRate), Self.second(settings.sampleRate) + rate] {
        let start = Int(second - firstSample)
        // The onset: the first sample above 0.2 (the tone has 0.5). The codec smears it by a few
        // samples.
        let onset = try #require(
          (start - 2000..<start + 2000).first { abs(plane[$0]) > 0.2 })
        #expect((0...12).contains(onset - start), "\(onset - start)")
        let last = try #require(
          (start + 1000..<start + Int(rate) / 10 + 2000).last { abs(plane[$0]) > 0.2 })
        #expect(abs(last - start - Int(rate) / 10) < 30)
        // Compares with the tone sample by sample: a shift by two samples would differ by half of
        // its amplitude.
        let tone = TestTone(sampleRate: settings.sampleRate, channels: 1)
          .audio(from: second + 1000, count: 2000).planes[0]
        let worst = zip(tone, plane[start + 1000..<start + 3000]).map { abs($0 - $1) }.max() ?? 1
        #expect(worst < 0.1, "\(worst)")
      }
    }
  }

  /// The position of the first decoded sample, and the samples of each channel.
  static func decode(
    _ frames: [EncodedAudioFrame], _ settings: AudioEncoderSettings
  ) throws -> (Int64, [[Float]]) {
    let configuration = try AudioEncoder(settings).configuration
    var decoder = try AudioDecoder(
      codec: "aac", extradata: configuration.bytes, sampleRate: settings.sampleRate,
      channels: settings.channels)
    var audio = PCMBlock.silence(channels: settings.channels, count: 0)
    for frame in frames {
      for decoded in try decoder.decode(frame.bytes, pts: frame.position) {
        #expect(decoded.pts == frame.position && decoded.audio.count == 1024)
        #expect(decoded.sampleRate == settings.sampleRate)
        audio.append(decoded.audio)
      }
    }
    #expect(decoder.damaged == 0)
    return (try #require(frames.first).position, audio.planes)
  }

  @Test("three channels, an unknown sample rate and a video codec are refused")
  func refused() {
    #expect(throws: FFmpegError.self) { try AudioEncoder(AudioEncoderSettings(channels: 3)).next }
    #expect(throws: FFmpegError.self) {
      try AudioEncoder(AudioEncoderSettings(sampleRate: 47_999)).next
    }
    #expect(throws: FFmpegError.self) {
      try AudioDecoder(codec: "h264", extradata: [], sampleRate: 0, channels: 0).damaged
    }
  }

  @Test("a damaged packet is counted, and every other packet is decoded")
  func damaged() throws {
    let settings = AudioEncoderSettings()
    let frames = try Self.encode(settings, from: 0, count: 20_480, step: 1024)
    var decoder = try AudioDecoder(
      codec: "aac", extradata: AudioEncoder(settings).configuration.bytes,
      sampleRate: 48_000, channels: 2)
    var count = 0
    for (index, frame) in frames.enumerated() {
      let bytes = index == 5 ? [UInt8](repeating: 0xAA, count: 40) : frame.bytes
      count += try decoder.decode(bytes, pts: frame.position).count
    }
    #expect(count == frames.count - 1 && decoder.damaged == 1)
  }

  /// Noise with values of that magnitude, or with that value throughout.
  enum HostileSamples: Sendable {
    case noise(Float)
    case constant(Float)
    case clicks(Float)
  }

  static let hostileSamples: [HostileSamples] = [
    .constant(.nan), .constant(.infinity), .constant(-.infinity),
    .constant(.greatestFiniteMagnitude), .constant(1e9), .noise(1e5), .noise(1e6), .noise(1e8),
    .noise(1e10), .noise(1e11), .noise(1e30), .clicks(1e10), .clicks(1e30),
  ]

  @Test(
    "samples that are no numbers, infinite, or far above full scale are encoded",
    .timeLimit(.minutes(1)), arguments: hostileSamples)
  func hostile(samples: HostileSamples) throws {
    var random = SplitMix64(seed: 7)
    var encoder = try AudioEncoder(AudioEncoderSettings())
    var frames: [EncodedAudioFrame] = []
    // Eight blocks again and again.
    let planes = (0..<8).map { _ in
      (0..<1024).map { place -> Float in
        switch samples {
        case .constant(let value): value
        case .noise(let amplitude): Float.random(in: -1...1, using: &random) * amplitude
        case .clicks(let amplitude): place % 200 == 0 ? amplitude : 0
        }
      }
    }
    for index in 0..<100 {
      let plane = planes[index % 8]
      frames += try encoder.encode(PCMBlock(planes: [plane, plane]), at: Int64(index) * 1024)
    }
    let settings = AudioEncoderSettings()
    #expect(frames.map(\.index) == Array(0..<98))
    // Decoded, the samples are at full scale, with the overshoot of the codec.
    let (_, decoded) = try Self.decode(frames, settings)
    #expect(decoded.allSatisfy { $0.allSatisfy { $0.isFinite && abs($0) < 4 } })
  }

  @Test("samples within full scale are unchanged by the limit")
  func limit() throws {
    let frame = try PCMFrame(sampleRate: 48_000, channels: 1, capacity: 8)
    let samples: [Float] = [0, 0.5, -0.5, 1, -1, 1.0001, -7, .nan]
    try frame.fill(PCMBlock(planes: [samples]), isLimited: true)
    #expect(frame.block(count: 8).planes == [[0, 0.5, -0.5, 1, -1, 1, -1, 0]])
  }

  @Test("audio that cannot be converted is an error", arguments: [48_000, 900, 800_000])
  func unusable(rate: Int32) throws {
    let channels = rate == 48_000 ? 9 : 2
    var decoder = try AudioDecoder(
      codec: "pcm_s16le", extradata: [], sampleRate: rate, channels: channels)
    let packet = [UInt8](repeating: 1, count: 2 * channels * 100)
    #expect(throws: FFmpegError.self) { try decoder.decode(packet, pts: 0) }
  }

  @Test("a packet of more than ten seconds is an error, one of ten seconds is decoded")
  func longest() throws {
    var decoder = try AudioDecoder(
      codec: "pcm_u8", extradata: [], sampleRate: 1000, channels: 1)
    let whole = try decoder.decode([UInt8](repeating: 128, count: 10_000), pts: 0)
    #expect(whole.map(\.audio.count) == [10_000])
    #expect(throws: FFmpegError.self) {
      try decoder.decode([UInt8](repeating: 128, count: 11_000), pts: 0)
    }
  }
}
