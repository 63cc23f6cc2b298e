// SPDX-License-Identifier: Apache-2.0

import Encryption
import HLSPackager
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("EXT-X-KEY of the past: RFC 8216bis §4.4.4.4")
struct PastKeysTests {
  private static let first: Int64 = 1_795_157_997

  private static func key(_ byte: UInt8) throws -> ContentKey {
    try #require(
      ContentKey(
        identifier: Array(repeating: byte, count: 16), key: Array(repeating: 9, count: 16)))
  }

  /// The EXT-X-KEY lines before each segment of a closed playlist, whose media has these keys.
  private static func lines(_ past: [PastKey], of stream: StreamKeys?) throws -> [[String]] {
    let segmentation = try StreamCase(rate: "30").stream().segmentation
    let segments = past.enumerated().map { index, key in
      PastSegment(
        number: first + Int64(index), duration: 90_000,
        programDateTime: .origin + (first + Int64(index)) * .seconds(1),
        startsDiscontinuity: false, headerHash: "aaaaaaaa", key: key)
    }
    let playlist = ClosedPlaylist(
      segments, .video(segmentation), names: MediaNames(.epoch, first: 1, keys: stream), base: "",
      targetDuration: 1)
    var found: [[String]] = [[]]
    for line in try #require(playlist).text.split(separator: "\n") {
      if line.hasPrefix("#EXT-X-KEY:") { found[found.count - 1].append(String(line)) }
      if line.hasSuffix(".m4s") { found.append([]) }
    }
    return found.dropLast()
  }

  private static func clearKey(_ identifier: String) -> String {
    "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"../clearkey\",KEYFORMAT=\"org.w3.clearkey\","
      + "KEYFORMATVERSIONS=\"1\",KEYID=0x\(String(repeating: identifier, count: 16))"
  }

  @Test("media of before the encryption has no key, later media that of its number")
  func switchedOn() throws {
    let keys = try #require(StreamKeys([Self.key(1)], nil))
    let lines = try Self.lines([.clear, .clear, .present, .present], of: keys)
    #expect(lines == [[], [], [Self.clearKey("01")], []])
  }

  @Test("media of before the encryption ended keeps its key, later media has METHOD=NONE")
  func switchedOff() throws {
    let earlier = PastKey.other(Array(repeating: 7, count: 16))
    let lines = try Self.lines([earlier, earlier, .present, .clear], of: nil)
    #expect(lines == [[Self.clearKey("07")], [], ["#EXT-X-KEY:METHOD=NONE"], []])
  }

  @Test("media of an earlier key is listed with it, not with the present one")
  func replaced() throws {
    let keys = try #require(StreamKeys([Self.key(1)], nil))
    let lines = try Self.lines([.other(Array(repeating: 7, count: 16)), .present], of: keys)
    #expect(lines == [[Self.clearKey("07")], [Self.clearKey("01")]])
  }

  @Test("media of a rotation that ended is listed with its keys, and what players need of them")
  func rotated() throws {
    let signal = ProtectionSignal(
      system: "94ce86fb-07ff-4f43-adb8-93d2fa968ca2", box: [],
      keyAttributes: "URI=\"skd://2\",KEYFORMAT=\"com.apple.streamingkeydelivery\"")
    let identifier = Array(repeating: UInt8(2), count: 16)
    let second = try #require(
      ContentKey(identifier: identifier, key: identifier, signals: [signal]))
    let keys = try #require(StreamKeys([Self.key(1), second], nil))
    let past: [PastKey] = [.present, .other(identifier), .other(identifier), .present]
    let lines = try Self.lines(past, of: keys)
    #expect(
      lines == [
        [Self.clearKey("01")],
        [
          Self.clearKey("02"),
          "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://2\","
            + "KEYFORMAT=\"com.apple.streamingkeydelivery\"",
        ], [], [Self.clearKey("01")],
      ])
  }

  @Test("the live part of a rewound playlist without keys follows encrypted media by METHOD=NONE")
  func liveAfterEncrypted() throws {
    var stream = try StreamCase(rate: "30").stream()
    stream.goLive(prefill: 10)
    let snapshot = stream.window.snapshot
    let kept = try #require(snapshot.listed.first)
    var lines = PastLines(
      from: kept.number - 1, names: MediaNames(.epoch, first: 1), base: "",
      .video(stream.segmentation))
    lines.append(
      PastSegment(
        number: kept.number - 1, duration: kept.duration,
        programDateTime: kept.programDateTime - .seconds(1), startsDiscontinuity: false,
        headerHash: "e488d460", key: .other(Array(repeating: 7, count: 16))))
    let playlist = MediaPlaylist(
      snapshot, control: ServerControl(segmentations: [.video(stream.segmentation)]),
      names: MediaNames(.epoch, first: 1), base: "",
      past: MediaPlaylist.Past(lines, discontinuitySequence: 0))
    #expect(lines.takeText().contains(Self.clearKey("07")))
    let live = try #require(playlist).sections(.full).segments
    #expect(live.ranges(of: "#EXT-X-KEY").count == 1)
    #expect(live.contains("#EXT-X-KEY:METHOD=NONE\n"))
  }
}
