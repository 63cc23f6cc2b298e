// SPDX-License-Identifier: Apache-2.0

import CMAF
import Logging
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Capture
@testable import Scheduling
@testable import Streams

@Suite("Opus of an input beside AAC, Encapsulation of Opus in ISO Base Media File Format")
struct AlternativeAudioTests {
  private static let opus = InputDescription.Audio(
    codec: "opus", sampleRate: 48_000, channels: 2, configuration: [], language: Language("ger"))

  private static func tracks(_ codecs: [String]) -> [AudioTrackSettings] {
    let video = InputDescription.Video(
      passThroughCodec: .h264, codec: "h264", width: 320, height: 180, rate: .thirty,
      parameterSets: [], configuration: [])
    let audio = codecs.map { codec in
      InputDescription.Audio(
        codec: codec, sampleRate: 48_000, channels: 2, configuration: [],
        language: Language("ger"))
    }
    var description = InputDescription(
      format: "mpegts", video: video, audio: audio.first, isPaced: false)
    description.otherAudio = Array(audio.dropFirst())
    return RequestedAudioTracks.first(16).tracks(of: description, beside: [], copying: [.opus])
  }

  @Test("a track of Opus follows those of AAC, and is no default")
  func settings() {
    let found = Self.tracks(["mp2", "opus"])
    #expect(found.map(\.name) == ["audio", "audio-de", "audio-de-opus"])
    #expect(found.map(\.isDefault) == [true, false, false])
    #expect(found.map(\.samplesPerFrame) == [1024, 1024, 960])
    #expect(found[2].label == found[1].label && found[2].encoder.language == Language("ger"))
    #expect(Self.tracks(["mp2"]).map(\.name) == ["audio"])
    // Both take the same track of the input, also if it has another place later.
    let inputs = [
      Self.opus,
      InputDescription.Audio(
        codec: "mp2", sampleRate: 48_000, channels: 2, configuration: [],
        language: Language("fra")),
    ]
    #expect(AudioTrackSelector.assign(Array(found.dropFirst()), inputs) == [0, 0])
  }

  @Test("packets of 20 ms are copied, with `dOps`; others are silence")
  func copied() throws {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var configuration = StreamConfiguration(size: .hd720, segmentation: video)
    configuration.audioTracks = Self.tracks(["opus"])
    #expect(configuration.audioTracks.map(\.name) == ["audio", "audio-opus"])
    let (output, window) = try configuration.audioOutput()
    let number = AudioTrackPipelineTests.segment
    var pipeline = try AudioTrackPipeline(
      output, stream: "live", from: number,
      clock: AudioTrackPipelineTests.SkippingClock(
        skip: ClockStep(segment: 0, offset: 0, skipped: 0)),
      gracePeriod: .milliseconds(100), statistics: Locked(StreamStatistics(renditions: 3)),
      log: Log(format: .text, least: .error) { _ in })
    window.goLive()
    let start = MonotonicTime.origin + .seconds(number)
    for index in Int64(0)..<150 {
      let time = start + .milliseconds(20 * index)
      // Code 1: two frames of 20 ms; code 0: one.
      let isLong = (50..<100).contains(index)
      output.queue.push(
        .init(
          bytes: [isLong ? 0xFD : 0xFC] + [UInt8](repeating: UInt8(index), count: 40),
          format: Self.opus, pts: SourceTime(time, plus: .zero), captured: time))
      try pipeline.advance(to: time + .milliseconds(40))
    }
    let snapshot = window.snapshot
    let header = try MovieHeader(header: try #require(snapshot.track).header.array)
    #expect(header.entry.type == "Opus" && header.timescale == 48_000)
    #expect(header.entry.channels == 2 && snapshot.track?.codecs == "opus")
    #expect(Language(packed: header.language) == Language("ger"))
    let chunks = snapshot.segments.prefix(2).map(\.chunks)
    let samples = try chunks.map { try $0.flatMap { try ChunkSamples($0.bytes).entries } }
    #expect(samples.map(\.count) == [50, 50])
    let times = samples.flatMap(\.self).map(\.time)
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 960 })
    #expect(samples[0].dropFirst(2).allSatisfy { $0.range.count == 41 })
    #expect(samples[1].dropFirst(6).allSatisfy { $0.range.count == 3 }, "not silence")
  }

  /// E-AC-3 or FLAC as an input describes it.
  private static func audio(_ codec: String) -> InputDescription.Audio {
    let isFLAC = codec == "flac"
    let configuration =
      isFLAC
      ? FLACStreamInfo(samplesPerFrame: 4608, sampleRate: 44_100, channels: 2).bytes
      : DolbyConfiguration(isEnhanced: codec == "eac3", sampleRate: 48_000, channels: 6).bytes
    return InputDescription.Audio(
      codec: codec, sampleRate: isFLAC ? 44_100 : 48_000, channels: isFLAC ? 2 : 6,
      configuration: configuration)
  }

  @Test(
    "a track has the frames and the parameters of its codec; silence where there are none",
    arguments: [
      ("ac3", "ac-3", 1536, 6, 384), ("eac3", "ec-3", 1536, 6, 384),
      ("flac", "fLaC", 4608, 2, 1411),
    ])
  func others(
    codec: String, codecs: String, length: Int64, channels: Int, bitrate: Int
  ) throws {
    let source = Self.audio(codec)
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var configuration = StreamConfiguration(size: .hd720, segmentation: video)
    let alternative = try #require(AlternativeAudioCodec(rawValue: codec))
    let main = AudioTrackSettings(source)
    #expect(AudioTrackSettings([.opus], of: source, beside: main) == nil)
    configuration.audioTracks = [
      main, try #require(AudioTrackSettings([.opus, alternative], of: source, beside: main)),
    ]
    let track = configuration.audioTracks[1]
    #expect(track.name == "audio-\(codec)" && track.samplesPerFrame == length)
    #expect(track.encoder.bitrateKilobits == bitrate)
    let (output, window) = try configuration.audioOutput()
    let number = AudioTrackPipelineTests.segment
    var pipeline = try AudioTrackPipeline(
      output, stream: "live", from: number,
      clock: AudioTrackPipelineTests.SkippingClock(
        skip: ClockStep(segment: 0, offset: 0, skipped: 0)),
      gracePeriod: .milliseconds(300), statistics: Locked(StreamStatistics(renditions: 3)),
      log: Log(format: .text, least: .error) { _ in })
    window.goLive()
    let silence = try #require(CopiedAudioFormat(source, as: alternative)).silence()
    // A frame of the source: the silent one, of the same length, with another last byte.
    let frame = Array(silence.dropLast()) + [silence.last.map { $0 ^ 1 } ?? 0]
    let rate = Int64(source.sampleRate)
    let start = MonotonicTime.origin + .seconds(number)
    for index in 0..<3 * rate / length {
      let time = start + Interval(ticks: index * length, timescale: rate)
      let isCut = (10..<15).contains(index)
      output.queue.push(
        .init(
          bytes: isCut ? Array(frame.prefix(3)) : frame, format: source,
          pts: SourceTime(time, plus: .zero), captured: time))
      try pipeline.advance(to: time + Interval(ticks: 2 * length, timescale: rate))
    }
    let snapshot = window.snapshot
    let header = try MovieHeader(header: try #require(snapshot.track).header.array)
    #expect(header.entry.type == codecs && snapshot.track?.codecs == codecs)
    #expect(header.entry.channels == channels && header.timescale == Int(rate))
    let segments = snapshot.segments.prefix(2).flatMap(\.chunks)
    let samples = try segments.flatMap { chunk in
      try ChunkSamples(chunk.bytes).entries.map { Array(chunk.bytes.array[$0.range]) }
    }
    let copied = samples.count { $0 == frame }
    #expect(copied + samples.count { $0 == silence } == samples.count)
    #expect(copied >= samples.count - 8 && copied <= samples.count - 5)
  }
}
