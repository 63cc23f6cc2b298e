// SPDX-License-Identifier: Apache-2.0

import Media
import Testing
import Time

@testable import Capture

private let start = MonotonicTime(nanoseconds: 1_000_000_000)

extension PublisherReport {
  /// Notes video that arrived with the publisher.
  fileprivate mutating func note(_ video: Video) { note(video, at: start) }

  /// Notes audio that arrived with the publisher.
  fileprivate mutating func note(_ audio: Audio) { note(audio, at: start) }
}

@Suite("Reports about the media of a publisher")
struct PublisherReportTests {
  /// The lines of a publisher this long after its start.
  private func lines(
    after age: Interval, isShown: Bool = false, _ media: (inout PublisherReport) -> Void
  ) -> [PublisherReport.Line] {
    var report = PublisherReport(at: start)
    media(&report)
    return report.lines(at: start + age, isShown: isShown)
  }

  @Test("after 5 s without a picture one line has the missing part, and none before")
  func pictures() throws {
    let described = PublisherReport.Video(codec: "H.264", isDescribed: true)
    let rows: [(String, (inout PublisherReport) -> Void)] = [
      ("audio only", { $0.note(PublisherReport.Audio(codec: "AAC")) }),
      ("neither video nor audio", { _ in }),
      ("in the container", { $0.noteContainer() }),
      ("without parameter sets", { $0.note(PublisherReport.Video(codec: "H.264")) }),
      ("no frame is found", { $0.note(described) }),
      (
        "without a key frame",
        { $0.note(PublisherReport.Video(codec: "H.264", isDescribed: true, hasUnits: true)) }
      ),
    ]
    for (words, media) in rows {
      #expect(lines(after: .milliseconds(4999), media).isEmpty)
      let shown = lines(after: .seconds(60), isShown: true, media)
      #expect(shown.allSatisfy { if case .accepted = $0 { true } else { false } })
      guard case .noPicture(let text)? = lines(after: .seconds(5), media).first else {
        Issue.record("no line with \(words)")
        continue
      }
      #expect(text.contains(words) && text.contains("5 s"))
    }
  }

  @Test("a publisher that was shown has 5 s again when its pictures end")
  func interrupted() {
    var report = PublisherReport(at: start)
    report.noteContainer()
    for second in 1...20 {
      #expect(report.lines(at: start + .seconds(Int64(second)), isShown: true).isEmpty)
    }
    #expect(report.lines(at: start + .milliseconds(24_999), isShown: false).isEmpty)
    #expect(report.lines(at: start + .seconds(25), isShown: false).count == 1)
  }

  @Test("the time of a track begins with it, not with the track that began before")
  func laterTracks() {
    var report = PublisherReport(at: start)
    report.note(PublisherReport.Audio(codec: "AAC"))
    let video = start + .seconds(14)
    #expect(report.lines(at: video, isShown: false).count == 1)
    report.note(PublisherReport.Video(codec: "H.264", isDescribed: true, hasUnits: true), at: video)
    let awaited = PublisherReport.State.waiting("H.264 and AAC: the first picture is awaited")
    #expect(report.state(at: video + .milliseconds(4999), isShown: false) == awaited)
    guard case .noPicture(let text) = report.state(at: video + .seconds(5), isShown: false) else {
      Issue.record("no missing picture")
      return
    }
    #expect(text.contains("without a key frame"))
    report = PublisherReport(at: start)
    report.note(PublisherReport.Video(codec: "H.264", isDescribed: true, hasUnits: true))
    _ = report.lines(at: video, isShown: true)
    report.note(PublisherReport.Audio(codec: "AAC", isUndescribed: true), at: video)
    #expect(
      report.state(at: video + .milliseconds(4999), isShown: true)
        == .accepted("H.264 and AAC: accepted"))
    guard case .noAudio = report.state(at: video + .seconds(5), isShown: true) else {
      Issue.record("no missing audio")
      return
    }
  }

  @Test("media that give pictures are accepted with the client, once, and again after a fault")
  func accepted() {
    var report = PublisherReport(at: start)
    report.client = "from 192.0.2.0 by RTMP"
    report.note(
      PublisherReport.Video(codec: "H.264", isDescribed: true, hasUnits: true))
    report.note(PublisherReport.Audio(codec: "AAC"))
    #expect(report.lines(at: start + .seconds(1), isShown: false).isEmpty)
    let fault = "H.264 without a key frame for 5 s: no picture yet (expected one per second)"
    #expect(
      report.lines(at: start + .seconds(5), isShown: false) == [
        .noPicture("from 192.0.2.0 by RTMP: \(fault)")
      ])
    #expect(report.state(at: start + .seconds(5), isShown: false) == .noPicture(fault))
    let line = PublisherReport.Line.accepted("H.264 and AAC from 192.0.2.0 by RTMP: accepted")
    #expect(report.lines(at: start + .seconds(6), isShown: true) == [line])
    #expect(report.lines(at: start + .seconds(7), isShown: true).isEmpty)
    #expect(
      report.state(at: start + .seconds(7), isShown: true) == .accepted("H.264 and AAC: accepted"))
  }

  @Test("the state names the tracks before the first picture, and audio that is missing")
  func states() {
    var report = PublisherReport(at: start)
    #expect(report.state(at: start, isShown: false) == .waiting("media is awaited"))
    report.note(PublisherReport.Video(codec: "HEVC", isDescribed: true))
    #expect(
      report.state(at: start, isShown: false) == .waiting("HEVC: the first picture is awaited"))
    report.note(PublisherReport.Audio(codec: "AAC", isUndescribed: true))
    guard case .noAudio(let text) = report.state(at: start + .seconds(5), isShown: true) else {
      Issue.record("no missing audio")
      return
    }
    #expect(text.hasPrefix("HEVC: accepted; AAC without its decoder configuration for 5 s"))
  }

  @Test("video without audio is accepted a second after its first picture")
  func videoOnly() {
    var report = PublisherReport(at: start)
    report.note(
      PublisherReport.Video(codec: "VP9", isDescribed: true, hasUnits: true, hasKey: true))
    #expect(report.lines(at: start + .seconds(1), isShown: true).isEmpty)
    #expect(report.lines(at: start + .seconds(2), isShown: true) == [.accepted("VP9: accepted")])
  }

  @Test("names of codecs that a publisher has invented are not repeated")
  func codecs() {
    #expect(PublisherReport.words("h264") == "H.264")
    #expect(PublisherReport.words("pcm_alaw") == "PCM_ALAW")
    for name in ["a\nb", "x\u{1B}[31m", String(repeating: "a", count: 13)] {
      #expect(PublisherReport.words(name) == "an unknown codec")
    }
  }

  @Test("start codes are accepted with one line, audio without its configuration has another one")
  func otherLines() {
    var report = PublisherReport(at: start)
    report.note(
      PublisherReport.Video(
        codec: "H.264", isDescribed: true, hasUnits: true, hasKey: true, hasStartCodes: true))
    report.note(PublisherReport.Audio(codec: "AAC", isUndescribed: true))
    let found = report.lines(at: start + .seconds(5), isShown: true)
    let again = report.lines(at: start + .seconds(6), isShown: true)
    #expect(again.isEmpty && found.count == 2)
    guard case .accepted? = found.first, case .noAudio(let text)? = found.last else {
      Issue.record("\(found)")
      return
    }
    #expect(text.hasPrefix("AAC without its decoder configuration"))
  }
}

@Suite("NAL units with start codes in a container with lengths")
struct ForeignStartCodeTests {
  private let code: [UInt8] = [0, 0, 0, 1]
  private let slice: [UInt8] = [0x65, 0x88, 0x80, 7]
  private let text: [UInt8] = [0x06, 5, 1, 9, 0x80]
  /// avcC with lengths of four bytes and without sets.
  private let record: [UInt8] = [1, 0x42, 0, 30, 0xFF, 0xE0, 0]

  private func split(_ bytes: [UInt8], _ extradata: [UInt8]? = nil) -> NALSplitter.Split {
    let extradata = extradata ?? record
    return NALSplitter(.h264, extradata: extradata.span).split(bytes.span)
  }

  private func length(_ units: [UInt8]) -> [UInt8] { [0, 0, 0, UInt8(units.count)] + units }

  @Test("codes in place of lengths, or within one, divide the same units")
  func forms() {
    let whole = split(length(text) + length(slice))
    #expect(whole.slices == 1 && whole.isKey && !whole.hasForeignStartCodes)
    for bytes in [
      code + text + code + slice, [0, 0, 1] + text + [0, 0, 1] + slice,
      length(text + code + slice), length(code + text + [0] + code + slice),
    ] {
      let found = split(bytes)
      #expect(found.bytes == whole.bytes && found.hasForeignStartCodes)
    }
    // Without extradata both forms are read.
    for bytes in [code + text + code + slice, length(text) + length(slice)] {
      #expect(split(bytes, []).bytes == whole.bytes)
    }
  }

  @Test("a length that looks like a start code is a length if the units fill the bytes")
  func lengths() {
    let long = [0x65] + [UInt8](repeating: 0x55, count: 299)
    let found = split([0, 0, 1, 0x2C] + long)
    #expect(found.slices == 1 && !found.hasForeignStartCodes && found.bytes.count == 304)
  }
}
