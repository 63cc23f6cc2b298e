// SPDX-License-Identifier: Apache-2.0

import Media
import Testing
import Time

@testable import Capture
@testable import Ingest

private func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }
private let start = MonotonicTime(nanoseconds: 1_000_000_000)

@Suite("The audio tracks of a publisher")
struct PublisherAudioTests {
  private func track(
    _ number: Int, _ name: String, _ language: String, purpose: AudioPurpose = .main
  ) -> TrackConfiguration {
    var track = TrackConfiguration(codec: .aac, timescale: 48_000, setup: [0x11, 0x90])
    (track.number, track.name, track.purpose) = (number, name, purpose)
    track.language = Language(language).packed
    return track
  }

  private func sample(of track: Int) -> TrackSample {
    var sample = TrackSample(
      isVideo: false, isKey: true, timescale: 48_000, dts: 0, pts: 0, captured: nil, bytes: [7])
    sample.track = track
    return sample
  }

  /// The languages by rank.
  private func ranked(_ audio: PublisherAudio) -> [String] {
    InputDescription.order(of: audio.descriptions).map { audio.descriptions[$0].language.tag }
  }

  private func time(_ ticks: Int64) -> SourceTime {
    var unwrapper = TimestampUnwrapper()
    return unwrapper.time(of: ticks, bits: 64, numerator: 1, denominator: 48_000)
  }

  @Test("CMAF tracks have the ranks of their names, whichever begins first", arguments: [0, 1, 2])
  func ranks(_ shift: Int) {
    let tracks = [track(0, "a", "de"), track(1, "b", "en"), track(2, "c", "fr")]
    var audio = PublisherAudio()
    for index in tracks.indices { audio.take(tracks[(index + shift) % 3]) }
    #expect(ranked(audio) == ["de", "en", "fr"])
    // Packets have constant indices.
    let packets = audio.take(sample(of: shift), pts: time(0), arrival: start)
    #expect(packets.map(\.track) == [0])
    #expect(audio.take(sample(of: 9), pts: time(0), arrival: start).isEmpty)
    audio.noteVideo(at: start)
    audio.noteVideo(at: start + .milliseconds(500))
    audio.take(track(3, "0", "pl", purpose: .visualImpaired))
    #expect(ranked(audio) == ["de", "en", "fr", "pl"])
    #expect(audio.descriptions[3].purpose == .visualImpaired)
    #expect(audio.take(sample(of: 3), pts: time(0), arrival: start).map(\.track) == [3])
    // Another description of a track keeps its place.
    audio.take(track(1, "b", "it"))
    #expect(ranked(audio) == ["de", "it", "fr", "pl"])
  }

  /// The tracks and bodies of the packets in a tag.
  private func take(_ payload: [UInt8], _ audio: inout PublisherAudio) throws -> [[UInt8]] {
    try FLVAudioTag.tracks(of: payload).flatMap { head in
      audio.take(head, Array(payload[head.body]), pts: time(0), arrival: start)
    }.map { [UInt8($0.track)] + $0.bytes }
  }

  @Test("tracks of RTMP are in the order of their numbers, each with configuration and language")
  func multitrack() throws {
    var audio = PublisherAudio()
    for number in [2, 0] as [UInt8] {
      let setup: [UInt8] = number == 0 ? [0x11, 0x90] : [0x12, 0x08]
      #expect(try take([0x95, 0] + ascii("mp4a") + [number] + setup, &audio).isEmpty)
    }
    let both: [UInt8] = [0x95, 0x11] + ascii("mp4a") + [0, 0, 0, 1, 5, 2, 0, 0, 1, 6]
    #expect(try take(both, &audio) == [[1, 5], [0, 6]])
    #expect(InputDescription.order(of: audio.descriptions) == [1, 0])
    #expect(audio.descriptions.map(\.sampleRate) == [44_100, 48_000])
    // A track without a configuration is not decodable; the others are not disturbed.
    #expect(try take([0x95, 0x01] + ascii("mp4a") + [7, 1], &audio).isEmpty)
    #expect(try take([0xAF, 1, 9], &audio) == [[1, 9]])
    // No rotation, no frame rate; the letters of "deu" with five bits each.
    let payload: [UInt8] = [4, 0, 0, 0, 0, 2, 0x10, 0xB5]
    let metadata = MediaTag(kind: .metadata, timestamp: 0, payload: payload)
    audio.take(try #require(FLVMetadata(metadata)).languages)
    #expect(audio.descriptions.map(\.language.tag) == ["de", "und"])
    #expect(audio.leftOut.isEmpty && audio.ignoredCodec == nil)
  }

  @Test(
    "MPEG audio is named by the layer of its first frame, ISO/IEC 11172-3 §2.4.2.3",
    arguments: [
      ([0xFF, 0xFD, 0x84, 0x04], "mp2"), ([0xFF, 0xFB, 0x90, 0x64], "mp3"),
      ([0xFF, 0xF5, 0x84, 0], "mp2"), ([0xFF, 0xE3, 0x48, 0xC4], "mp3"),
      ([0xFF, 0xFF, 0x84, 0], "mp1"),
    ] as [([UInt8], String)])
  func layers(_ frame: [UInt8], _ name: String) {
    var audio = PublisherAudio()
    audio.take(TrackConfiguration(codec: .mp3, timescale: 48_000, setup: []))
    var sample = sample(of: 0)
    // No frames: another syncword, ADTS, a forbidden bitrate, a part of a header.
    for bytes in [
      [0x12, 0xFD, 0x84, 0x04], [0xFF, 0xF1, 0x50, 0x80], [0xFF, 0xFD, 0xF4, 0], [0xFF],
    ]
      as [[UInt8]]
    {
      sample.bytes = bytes
      #expect(audio.take(sample, pts: time(0), arrival: start).count == 1)
      #expect(audio.descriptions.map(\.codec) == ["mp3"])
    }
    for bytes in [frame, [0xFF, 0xFB, 0x90, 0x64], [0xFF, 0xFF, 0x84, 0]] {
      sample.bytes = bytes
      #expect(audio.take(sample, pts: time(0), arrival: start).count == 1)
      #expect(audio.descriptions.map(\.codec) == [name])
    }
  }

  @Test("tracks beyond the limit and of other codecs are named, and use no memory")
  func leftOut() throws {
    var audio = PublisherAudio()
    for number in 0...255 as ClosedRange<UInt8> {
      _ = try take([0x95, 0] + ascii("mp4a") + [number, 0x11, 0x90], &audio)
    }
    _ = try take([0x95, 1] + ascii("spex") + [3, 1], &audio)
    #expect(audio.descriptions.count == 16 && audio.leftOut.count == 16)
    #expect(audio.leftOut.first?.codec == "aac (track 16)")
    audio.note(.nested)
    audio.note(.noTrack)
    #expect(audio.fault == .nested)
  }

  @Test("audio of which nothing is accepted has one line, with several tracks after some time")
  func ignored() throws {
    var single = PublisherAudio()
    _ = try take([0x91] + ascii("spex") + [1], &single)
    #expect(single.ignoredCodec == "spex")
    var several = PublisherAudio()
    _ = try take([0x95, 1] + ascii("spex") + [4, 1], &several)
    #expect(several.ignoredCodec == nil)
    several.noteVideo(at: start)
    several.noteVideo(at: start + .seconds(1))
    #expect(several.ignoredCodec == "spex")
    _ = try take([0x95, 0] + ascii("mp4a") + [0, 0x11, 0x90], &several)
    #expect(several.ignoredCodec == nil)
  }
}

@Suite("Audio that arrives before the video is described")
struct EarlyAudioTests {
  private func audio(_ milliseconds: Int64, bytes: Int = 1) -> InputUnit {
    .audio(
      AudioPacket(
        bytes: [UInt8](repeating: 7, count: bytes), pts: .origin + .milliseconds(milliseconds),
        arrival: MonotonicTime(nanoseconds: 9_000_000_000) + .milliseconds(milliseconds)))
  }

  private var picture: InputUnit {
    .video(
      AccessUnit(
        bytes: [1], parameterSets: [], isKey: true, pts: .origin, dts: nil, arrival: .origin,
        senderTime: nil))
  }

  /// The timestamps of audio in milliseconds; -1 is a picture.
  private func times(_ units: [InputUnit]) -> [Int64] {
    units.map { unit in
      guard case .audio(let packet) = unit else { return -1 }
      return packet.pts.nanoseconds / 1_000_000  // bounded: a constant
    }
  }

  @Test("it is supplied once, in order, before the picture that describes the video")
  func order() {
    var early = EarlyAudio()
    for time in stride(from: Int64(0), to: 200, by: 20) {
      #expect(early.take([audio(time)], isDescribed: false).isEmpty)
    }
    let units = early.take([picture, audio(200)], isDescribed: true)
    #expect(times(units) == Array(stride(from: Int64(0), to: 200, by: 20)) + [-1, 200])
    #expect(times(early.take([audio(220)], isDescribed: true)) == [220])
  }

  @Test("a picture without a description is supplied at once")
  func undescribed() {
    var early = EarlyAudio()
    #expect(times(early.take([audio(0), picture], isDescribed: false)) == [-1])
    #expect(times(early.take([], isDescribed: true)) == [0])
  }

  @Test("the last second is kept")
  func span() {
    var early = EarlyAudio()
    for time in stride(from: Int64(0), through: 60_000, by: 100) {
      _ = early.take([audio(time)], isDescribed: false)
    }
    let units = times(early.take([], isDescribed: true))
    #expect(units == Array(stride(from: Int64(59_000), through: 60_000, by: 100)))
  }

  @Test("packets and bytes have limits")
  func limits() {
    var early = EarlyAudio()
    for _ in 0..<EarlyAudio.maximumCount + 10 { _ = early.take([audio(0)], isDescribed: false) }
    #expect(early.take([], isDescribed: true).count == EarlyAudio.maximumCount)
    let piece = EarlyAudio.maximumBytes / 4
    for time in Int64(0)..<7 {
      _ = early.take([audio(time, bytes: piece)], isDescribed: false)
    }
    #expect(times(early.take([], isDescribed: true)) == [3, 4, 5, 6])
  }
}
