// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Logging
import Media
import Packaging
import TestSupport
import Testing
import Time

@testable import Streams

/// A member of JSON, and a value that it cannot have.
private struct Row: Sendable, CustomTestStringConvertible {
  let member: String
  let wrong: String
  var testDescription: String { "\(wrong) for \(member)".prefix(80).description }

  init(_ member: String, _ wrong: String) { (self.member, self.wrong) = (member, wrong) }
}

/// A text of `count` letters.
private func long(_ count: Int) -> String { String(repeating: "x", count: count) }

/// A list of `count` equal elements.
private func list(_ element: String, _ count: Int) -> String {
  "[\(Array(repeating: element, count: count).joined(separator: ","))]"
}

/// A text of one letter in JSON.
private let quoted = "\"a\""

/// The rows of members with the values that they cannot have.
private func rows(_ members: [(String, [String])]) -> [Row] {
  members.flatMap { member, wrong in wrong.map { Row(member, $0) } }
}

@Suite("Values that are sent once as JSON")
struct JSONFieldsTests {
  private static var facts: SourceFacts {
    var facts = IsolationFieldsTests.facts
    facts.description.otherVideos = [facts.description.video]
    facts.otherBitrates = [7]
    return facts
  }

  /// Checks that the JSON is read, and not with a wrong member.
  private func check(
    _ fields: [UInt8], _ row: Row, _ read: ([UInt8]) throws -> Void
  ) throws {
    let text = String(decoding: fields, as: UTF8.self)
    #expect(throws: Never.self) { try read(fields) }
    let range = try #require(text.firstRange(of: row.member), "\(text)")
    let wrong = text.replacingCharacters(row.wrong, in: range)
    #expect(throws: MessageError.self) { try read(Array(wrong.utf8)) }
  }

  @Test(
    "facts with a value out of its range are refused",
    arguments: rows([
      ("\"width\":1920", ["\"width\":65537", "\"width\":-1", "\"width\":1.5", "\"w\":1"]),
      ("\"height\":1080", ["\"height\":65537", "\"height\":null"]),
      ("\"rate\":\"30\"", ["\"rate\":\"0\"", "\"rate\":\"1/0\"", "\"rate\":\"1001\""]),
      ("\"rotation\":0", ["\"rotation\":4"]),
      ("\"bitDepth\":8", ["\"bitDepth\":65", "\"bitDepth\":-1"]),
      ("\"primaries\":2", ["\"primaries\":256"]),
      ("[[1,2],[3],[]]", ["[[256]]", list("[]", 256)]),
      ("\"codec\":\"hevc\"", ["\"codec\":\"\(long(129))\""]),
      ("\"codec\":\"aac\"", ["\"codec\":\"\(long(129))\""]),
      ("\"format\":\"mpegts\"", ["\"format\":\"\(long(129))\"", "\"format\":\"\\ud800\""]),
      ("\"passThroughCodec\":\"hevc\"", ["\"passThroughCodec\":\"vp8\""]),
      ("\"sampleRate\":48000", ["\"sampleRate\":16777217", "\"sampleRate\":-1"]),
      ("\"channels\":2", ["\"channels\":1025", "\"channels\":-1"]),
      ("\"groupFrames\":30", ["\"groupFrames\":0", "\"groupFrames\":1000001"]),
      ("\"segmentFrames\":30", ["\"segmentFrames\":0", "\"segmentFrames\":108001"]),
      ("\"fits\"", ["\"misfits\""]),
      ("\"peakBitrate\":4000000", ["\"peakBitrate\":-1", "\"peakBitrate\":1000000000001"]),
      ("\"otherBitrates\":[7]", ["\"otherBitrates\":[]", "\"otherBitrates\":[-1]"]),
      ("40000000}", ["-1}", "60000000001}"]),
      ("20000000}", ["-1}", "60000000001}"]),
      ("\"nanoseconds\":77", ["\"nanoseconds\":2305843009213693953"]),
    ]))
  private func facts(_ row: Row) throws {
    try check(Self.facts.fields, row) { _ = try SourceFacts(fields: $0) }
  }

  @Test("facts have at most eight renditions, and are limited for their reader")
  func renditions() throws {
    var facts = Self.facts
    facts.description.otherVideos = Array(repeating: facts.description.video, count: 9)
    #expect(throws: MessageError.self) { try SourceFacts(fields: facts.fields) }
    let read = try SourceFacts(fields: facts.limited.fields)
    #expect(read == facts.limited && read.otherBitrates == [7, 0, 0, 0, 0, 0, 0])
  }

  @Test("a text that is no JSON, too long or too deep, or has a member twice, is refused")
  func syntax() throws {
    let text = String(decoding: Self.facts.fields, as: UTF8.self)
    let deep = String(repeating: "[", count: 16) + String(repeating: "]", count: 16)
    for wrong in [
      "", "{", "[]", "null", text + "}", "{\"a\":\(deep)," + text.dropFirst(),
      "{\"rate\":\"30\"," + text.dropFirst(), "{\"\\u0072ate\":\"30\"," + text.dropFirst(),
      text + String(repeating: " ", count: MessageHead.maximumFieldsLength),
    ] {
      #expect(throws: MessageError.self) { try SourceFacts(fields: Array(wrong.utf8)) }
    }
    let unknown = "{\"a\":\(deep.dropFirst().dropLast())," + text.dropFirst()
    #expect(try SourceFacts(fields: Array(unknown.utf8)) == Self.facts)
  }

  @Test(
    "a start order with a value out of its range is refused",
    arguments: rows([
      ("rtsp://camera/live", ["ftp://camera/live", "", "rtsp://\(long(1 << 16))"]),
      ("\"decoderErrorLimit\":1500", ["\"decoderErrorLimit\":0"]),
      ("8192x4320", ["8192x1", "8192"]),
      ("\"memory\":1073741824", ["\"memory\":0", "\"memory\":1125899906842625"]),
      ("\"logLevel\":\"debug\"", ["\"logLevel\":\"all\""]),
      ("\"name\":\"yard\"", ["\"name\":\"\(long(257))\""]),
      ("\"backups\":[]", ["\"backups\":\(list(quoted, 9))"]),
      (
        "\"drawingFiles\":[]",
        ["\"drawingFiles\":\(list(quoted, 9))", "\"drawingFiles\":[\"\(long((1 << 16) + 1))\"]"]
      ),
      ("\"peakBitrate\":4000000", ["\"peakBitrate\":-1"]),
    ]))
  private func start(_ row: Row) throws {
    var order = StartOrder(try #require(InputAddress("rtsp://camera/live")), name: "yard")
    order.known = .init(facts: Self.facts, notBefore: .origin)
    try check(order.fields, row) { _ = try StartOrder(fields: $0) }
  }

  @Test("an error in an order does not contain the secret of its address")
  func secret() throws {
    let order = StartOrder(try #require(InputAddress("rtsp://u:secret@camera/live")), name: "yard")
    let text = String(decoding: order.fields, as: UTF8.self)
    let range = try #require(text.firstRange(of: "rtsp://"))
    let wrong = Array(text.replacingCharacters("ftp://", in: range).utf8)
    do throws(MessageError) {
      _ = try StartOrder(fields: wrong)
      Issue.record("it is read")
    } catch { #expect(!"\(error)".contains("secret") && "\(error)".contains("address")) }
  }

  @Test(
    "a session order with a value out of its range is refused",
    arguments: rows([
      ("\"size\":\"1280x720\"", ["\"size\":\"1280x721\"", "\"size\":\"62x62\""]),
      ("\"bitrateKilobits\":2500", ["\"bitrateKilobits\":2147483648"]),
      ("\"framesPerPart\":3", ["\"framesPerPart\":0", "\"framesPerPart\":31"]),
      ("\"source\":\"tone\"", ["\"source\":\"song\"", "\"source\":\"device \(long(1025))\""]),
      ("\"audioTracks\":[", ["\"audioTracks\":\(list("null", 3)),\"others\":["]),
      ("\"name\":\"audio\"", ["\"name\":\"\(long(65))\""]),
      ("\"sampleRate\":48000", ["\"sampleRate\":6999", "\"sampleRate\":96001"]),
      ("\"channels\":2", ["\"channels\":0", "\"channels\":65"]),
      ("\"preset\":\"", ["\"preset\":\"\(long(257))"]),
      ("\"prefill\":10", ["\"prefill\":2147483648"]),
      ("\"numbering\":\"epoch\"", ["\"numbering\":\"roman\""]),
      ("\"text\":{\"_0\":\"at \"}", ["\"text\":{\"_0\":\"{\"}"]),
      ("\"published\":[]", ["\"published\":" + list("null", 33)]),
      ("\"renditions\":[", ["\"renditions\":[],\"others\":["]),
    ]))
  private func session(_ row: Row) throws {
    var configuration = StreamConfiguration(
      size: .hd720,
      segmentation: Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000))
    configuration.overlay = Overlay("at {utc}")
    configuration.audioTracks = [AudioTrackSettings(.tone)]
    let order = SessionOrder(configuration, SessionAnchor(configuration))
    try check(order.fields, row) { _ = try SessionOrder(fields: $0, facts: Self.facts) }
  }

  @Test(
    "a description with a value out of its range is refused",
    arguments: rows([
      ("\"path\":[\"a\"]", ["\"path\":[]", "\"path\":[\"-\"]", "\"path\":[\"\(long(33))\"]"]),
      ("\"path\":[\"a\"]", ["\"path\":\(list(quoted, 65))"]),
      ("\"firstSegment\":5", ["\"firstSegment\":0", "\"firstSegment\":1099511627777"]),
      ("\"nanoseconds\":1}", ["\"nanoseconds\":-1}", "\"nanoseconds\":120000000001}"]),
      ("\"nanoseconds\":2}", ["\"nanoseconds\":-1}", "\"nanoseconds\":120000000001}"]),
      ("\"name\":\"video\"", ["\"name\":\"auto\"", "\"name\":\"audio\"", "\"name\":\"a/b\""]),
      ("\"name\":\"video\"", ["\"name\":\"\"", "\"name\":\"\(long(65))\""]),
      ("\"bitrateKilobits\":2500", ["\"bitrateKilobits\":-1", "\"bitrateKilobits\":10000001"]),
      ("\"size\":\"1280x720\"", ["\"size\":\"7682x720\""]),
      ("\"sampleRate\":48000", ["\"sampleRate\":6999", "\"sampleRate\":96001"]),
      ("\"channels\":2", ["\"channels\":0", "\"channels\":65"]),
      ("\"source\":\"input\"", ["\"source\":\"tone\"", "\"source\":\"device x\""]),
      ("\"bitrateKilobits\":128", ["\"bitrateKilobits\":0", "\"bitrateKilobits\":100001"]),
      ("\"playlistLength\":10", ["\"playlistLength\":0", "\"playlistLength\":3601"]),
      ("\"retained\":20", ["\"retained\":0", "\"retained\":7201"]),
      ("\"framesPerSegment\":30", ["\"framesPerSegment\":2", "\"framesPerSegment\":65537"]),
      ("\"rate\":\"30\"", ["\"rate\":\"1/3\""]),
      ("\"identity\":9", ["\"identity\":-1", "\"identity\":18446744073709551616"]),
    ]))
  private func description(_ row: Row) throws {
    var configuration = StreamConfiguration(
      size: .hd720,
      segmentation: Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000))
    configuration.audioTracks = [AudioTrackSettings(.tone)]
    configuration.source = .upstream(
      UpstreamFacts(
        identity: 9, firstSegment: 5, inputDelay: .nanoseconds(1), audioDelay: .nanoseconds(2)))
    configuration.numbering = .run
    let session = StreamSession(configuration, log: Log(format: .text, least: .error) { _ in })
    let description = FeedDescription(session, path: ["a"])
    try check(description.fields, row) { _ = try FeedDescription(fields: $0) }
  }

  @Test("values of other kinds and sizes end nothing: each is read, and written again, or refused")
  func mutants() throws {
    let values = [
      "null", "true", "{}", "[]", "[null]", "\"\"", "\"1/0\"", "\"\\ud800\"", "0", "-0", "-1",
      "1.5",
      "1e3", "1e400", "-1e400", "1e-400", "9223372036854775807", "-9223372036854775808",
      "9223372036854775808", "18446744073709551615", "18446744073709551616", "\"\(long(300))\"",
    ]
    let session = StreamSession(
      StreamConfiguration(
        size: .hd720,
        segmentation: Segmentation(
          rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)),
      log: Log(format: .text, least: .error) { _ in })
    let texts = [Self.facts.fields, FeedDescription(session, path: ["a"]).fields]
    var random = SplitMix64(seed: 1)
    for round in 0..<300 {
      var text = texts[round % texts.count]
      for _ in 0...Int.random(in: 0...2, using: &random) {
        let starts = text.indices.filter {
          [UInt8(ascii: ":"), UInt8(ascii: "[")].contains(text[$0])
        }
        let start = try #require(starts.randomElement(using: &random)) + 1
        let end = text[start...].firstIndex { Array(",}]".utf8).contains($0) } ?? text.endIndex
        text.replaceSubrange(start..<end, with: (values.randomElement(using: &random) ?? "").utf8)
      }
      if let facts = try? SourceFacts(fields: text) {
        #expect(facts.limited == facts)
        #expect(try SourceFacts(fields: facts.fields) == facts)
      }
      if let description = try? FeedDescription(fields: text) {
        #expect(try FeedDescription(fields: description.fields) == description)
        _ = description.configuration(named: "copy").tracks.map(\.segmentation)
      }
    }
  }

  @Test("the largest numbers are read as they were sent")
  func numbers() throws {
    for identity in [.max, 1 << 63, (1 << 53) + 1] as [UInt64] {
      var configuration = StreamConfiguration(
        size: .hd720,
        segmentation: Segmentation(
          rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000))
      configuration.source = .upstream(
        UpstreamFacts(identity: identity, firstSegment: 5, inputDelay: .zero, audioDelay: .zero))
      let session = StreamSession(configuration, log: Log(format: .text, least: .error) { _ in })
      let sent = FeedDescription(session, path: ["a"])
      #expect(try FeedDescription(fields: sent.fields).session.identity == identity)
    }
  }
}

extension String {
  fileprivate func replacingCharacters(_ text: String, in range: Range<Index>) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}
