// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import TestSupport
import Testing

@testable import Ingest

private func number(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
}

private func box(_ type: String, _ parts: [UInt8]...) -> [UInt8] {
  let content = parts.flatMap { $0 }
  return number(8 + content.count, 4) + Array(type.utf8) + content
}

private let setup: [UInt8] = [1, 0x64, 0, 0x1F, 0xFF]

/// A header of a video track with this many ticks per second.
private func header(
  _ timescale: Int, entry: String = "avc1", setup name: String = "avcC", edit: Int? = nil
) -> [UInt8] {
  let entry = box(entry, [UInt8](repeating: 0, count: 78), box(name, setup))
  let edits = edit.map {
    box("edts", box("elst", number(0, 4), number(1, 4), number(0, 4), number($0, 4), number(1, 4)))
  }
  let media = box(
    "mdia", box("mdhd", number(0, 12), number(timescale, 4), number(0, 8)),
    box("minf", box("stbl", box("stsd", number(0, 4), number(1, 4), entry))))
  let track = box("trak", box("tkhd", number(0, 12), number(1, 4)), edits ?? [], media)
  let defaults = box(
    "trex", number(0, 4), number(1, 4), number(1, 4), number(10, 4), number(3, 4),
    number(0x1_0000, 4))
  return box("moov", track, box("mvex", defaults))
}

/// A fragment with samples of these sizes, from a decode time on; the first is a key frame.
private func fragment(
  at time: Int, _ samples: [[UInt8]], shift: Int = 0, offset: Int? = nil
) -> [UInt8] {
  func movie(_ offset: Int) -> [UInt8] {
    let run = box(
      "trun", number(0xA05, 4), number(samples.count, 4), number(offset, 4), number(0, 4),
      samples.flatMap { number($0.count, 4) + number(shift, 4) })
    return box(
      "moof", box("mfhd", number(0, 8)),
      box(
        "traf", box("tfhd", number(0x2_0000, 4), number(1, 4)),
        box("tfdt", number(0, 4), number(time, 4)), run))
  }
  let size = movie(0).count
  return movie(offset ?? size + 8) + box("mdat", samples.flatMap { $0 })
}

/// The units of bytes in pieces of one size.
private func units(_ bytes: [UInt8], pieces size: Int) throws -> [TrackReader.Unit] {
  var reader = TrackReader()
  var found: [TrackReader.Unit] = []
  for start in stride(from: 0, to: bytes.count, by: size) {
    reader.append(Array(bytes[start..<min(bytes.count, start + size)]))
    while let unit = try reader.next() { found.append(unit) }
  }
  return found
}

private func sample(
  _ bytes: [UInt8], dts: Int64, pts: Int64? = nil, isKey: Bool, captured: Int64? = nil
) -> TrackReader.Unit {
  .sample(
    TrackSample(
      isVideo: true, isKey: isKey, timescale: 1000, dts: dts, pts: pts ?? dts, captured: captured,
      bytes: bytes))
}

private let configuration = TrackReader.Unit.configuration(
  TrackConfiguration(codec: .h264, timescale: 1000, setup: setup))

@Suite("CMAF tracks")
struct TrackReaderTests {
  @Test("samples are the same however the bytes are divided", arguments: [1, 2, 7, 64, 4096])
  func pieces(_ size: Int) throws {
    let bytes =
      box("ftyp", [1, 2, 3, 4]) + header(1000)
      + box("styp", []) + fragment(at: 500, [[1, 2, 3], [4]]) + fragment(at: 520, [[5, 6]])
      + box("mfra", [UInt8](repeating: 9, count: 100))
    #expect(
      try units(bytes, pieces: size) == [
        configuration,
        sample([1, 2, 3], dts: 500, isKey: true), sample([4], dts: 510, isKey: false),
        sample([5, 6], dts: 520, isKey: true),
      ])
  }

  @Test("a sample is returned before the end of its fragment")
  func early() throws {
    let bytes = header(1000) + fragment(at: 0, [[1, 2], [3, 4]])
    #expect(
      try units(bytes.dropLast(2), pieces: 4096) == [
        configuration, sample([1, 2], dts: 0, isKey: true),
      ])
  }

  @Test("the edit list and composition offsets move presentation times")
  func edits() throws {
    let bytes = header(1000, edit: 20) + fragment(at: 20, [[1]], shift: 30)
    #expect(
      try units(bytes, pieces: 4096).last == sample([1], dts: 0, pts: 30, isKey: true))
  }

  @Test(
    "a prft gives the capture time, unless it is a time after the encoder",
    arguments: [(24, true), (0, true), (1, false), (2, false), (4, false)])
  func captureTimes(_ flags: Int, _ isTaken: Bool) throws {
    // 1970-01-01T00:00:01Z for the media time 490.
    let reference = box(
      "prft", number(flags, 4), number(1, 4), number(2_208_988_801, 4), number(0, 4),
      number(490, 4))
    let bytes = header(1000) + reference + fragment(at: 500, [[1]]) + fragment(at: 510, [[2]])
    let samples = Array(try units(bytes, pieces: 4096).dropFirst())
    #expect(
      samples == [
        sample([1], dts: 500, isKey: true, captured: isTaken ? 1_010_000_000 : nil),
        sample([2], dts: 510, isKey: true),
      ])
  }

  @Test("WebVTT: the cues of a sample with its time, without markup; an empty sample has none")
  func texts() throws {
    func cue(_ payload: String) -> [UInt8] {
      box("vttc", box("iden", [0x31]), box("payl", Array(payload.utf8)))
    }
    let samples = [box("vtte"), cue("<v Bob>a &amp;amp; <i>b</i>") + cue("&lt;c&gt;")]
    let found = try units(
      header(1000, entry: "wvtt", setup: "vttC") + fragment(at: 500, samples), pieces: 7)
    let expected = ["a &amp; b", "<c>"].map {
      TrackText($0, .undetermined, pts: 510, duration: 10, timescale: 1000)
    }
    #expect(found == [.texts([]), .texts(expected)])
    for text in expected { #expect(TrackText(text.tag) == text) }
    #expect(expected.allSatisfy { !$0.tag.isConfiguration })
    let malformed: [[UInt8]] = [[0, 0, 0, 7] + Array("vttc".utf8)]
    #expect(throws: TrackError.self) {
      try units(
        header(1000, entry: "wvtt", setup: "vttC") + fragment(at: 0, malformed), pieces: 4096)
    }
  }

  @Test("records carry configurations and samples unchanged")
  func records() throws {
    let found = try units(header(1000) + fragment(at: 7, [[1, 2]], shift: 9), pieces: 4096)
    #expect(found.count == 2)
    for unit in found {
      switch unit {
      case .configuration(let configuration):
        #expect(configuration.tag.isConfiguration)
        #expect(TrackConfiguration(configuration.tag) == configuration)
        #expect(TrackSample(configuration.tag) == nil)
      case .sample(let sample):
        #expect(TrackSample(sample.tag) == sample)
        #expect(TrackConfiguration(sample.tag) == nil)
      case .texts, .event: Issue.record("no text and no event")
      }
    }
  }

  /// The description of an audio track.
  private func audio(
    _ language: String, extended: String? = nil, userData: [UInt8]? = nil
  ) throws -> TrackConfiguration? {
    let bytes = HeaderBytes.audio(
      Language(language), extended: extended, userData: userData, timescale: 48_000)
    guard case .configuration(let found)? = try units(bytes, pieces: 4096).first else { return nil }
    return found
  }

  @Test("audio has its language, its role and its name, and records carry them")
  func audioTracks() throws {
    #expect(try audio("ger").map { Language(packed: $0.language).tag } == "de")
    #expect(try audio("ger", extended: "gsw")?.language == Language("gsw").packed)
    #expect(try audio("ger", extended: "x")?.language == Language("ger").packed)
    #expect(try audio("und")?.language == 0 && audio("und")?.label == nil)
    let scheme = Array("urn:mpeg:dash:role:2011".utf8) + [0]
    let roles: [(String, AudioPurpose)] = [
      ("description", .visualImpaired), ("enhanced-audio-intelligibility", .hearingImpaired),
      ("alternate", .main),
    ]
    for (role, purpose) in roles {
      let kind = box("kind", number(0, 4), scheme, Array(role.utf8), [0])
      #expect(try audio("ger", userData: kind)?.purpose == purpose)
    }
    let long = String(repeating: "ä", count: 300)
    let named = try #require(try audio("ger", userData: box("name", Array(long.utf8))))
    #expect(named.label == String(repeating: "ä", count: 127))
    let labels =
      box("labl", number(0, 6), Array("en".utf8), [0], Array("German".utf8), [0])
      + box("labl", number(0, 6), Array("de".utf8), [0], Array("Deutsch".utf8), [0])
    let data = box("name", Array("A".utf8)) + labels
    #expect(try audio("ger", userData: data)?.label == "Deutsch")
    #expect(try audio("fra", userData: data)?.label == "German")
    let damaged = try #require(
      try audio("ger", userData: box("name", Array("A".utf8)) + box("labl", [0])))
    #expect(damaged.label == "A" && damaged.hasMalformedLabel && !named.hasMalformedLabel)
    #expect(TrackConfiguration(damaged.tag) == damaged)
    var configuration = named
    (configuration.number, configuration.name) = (15, "audio-de")
    #expect(TrackConfiguration(configuration.tag) == configuration)
    configuration.dolbyVision = DolbyVision(record: [1] + [UInt8](repeating: 7, count: 23))
    #expect(configuration.dolbyVision != nil)
    #expect(TrackConfiguration(configuration.tag) == configuration)
    configuration.colour = ColourDescription(
      primaries: 9, transfer: 18, matrix: 9, isFullRange: true)
    #expect(TrackConfiguration(configuration.tag) == configuration)
    configuration.number = 16
    #expect(TrackConfiguration(configuration.tag) == nil)
    var sample = TrackSample(
      isVideo: false, isKey: true, timescale: 48_000, dts: 1, pts: 2, captured: nil, bytes: [7])
    sample.track = 15
    #expect(TrackSample(sample.tag) == sample)
    sample.track = 16
    #expect(TrackSample(sample.tag) == nil)
  }

  @Test("lengths are not believed")
  func faults() {
    let good = header(1000)
    let rows: [([UInt8], TrackError)] = [
      (number(0, 4) + Array("free".utf8), .boxes(.size("free", 0))),
      (number(7, 4) + Array("free".utf8), .boxes(.size("free", 7))),
      (number(1, 4) + Array("free".utf8) + number(-1, 8), .boxes(.size("free", .max))),
      (number(1 << 21, 4) + Array("moov".utf8), .boxes(.tooLarge("moov", 1 << 21, most: 1 << 20))),
      (box("moov", []), .boxes(.tracks(0))), (header(0), .boxes(.time)),
      (header(1000, entry: "vvc1"), .codec("vvc1")), (box("moof", []), .misplaced("moof")),
      (good + box("mdat", []), .misplaced("mdat")),
      (good + fragment(at: 0, [[1]], offset: 0), .boxes(.sampleRange)),
      (good + fragment(at: 0, [[]]), .sampleSize(0)),
      (good + fragment(at: 0, [[1]]).dropLast(9) + fragment(at: 0, [[1]]), .misplaced("moof")),
      (good + header(1000, entry: "hvc1"), .boxes(.missing("hvcC"))),
      (good + header(1000, entry: "hvc1", setup: "hvcC"), .codecChange),
      (number(7, 4) + [1, 2, 10, 13], .boxes(.size("????", 7))),
      (good + fragment(at: 0, [[1]], offset: 1 << 30), .boxes(.sampleRange)),
    ]
    for (bytes, error) in rows {
      #expect(throws: error) { try units(bytes, pieces: 4096) }
    }
  }

  @Test("a run without sizes may not state more samples than permitted")
  func counts() {
    let run = box("trun", number(0, 4), number(0xFFFF_FFFF, 4))
    let bytes =
      header(1000)
      + box("moof", box("traf", box("tfhd", number(0, 4), number(1, 4)), run))
    #expect(throws: TrackError.boxes(.samples(most: 16_384))) { try units(bytes, pieces: 4096) }
  }
}
