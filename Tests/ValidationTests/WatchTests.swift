// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Validation

@Suite("Origins that are watched: ages by the engine of the rules")
struct WatchTests {
  /// What 10 s of virtual time show of an origin.
  private func watch(
    _ path: String, _ origin: ScriptedOrigin, _ clock: AgeClock? = nil
  ) -> (record: WatchRecord, validation: Validation) {
    let record = WatchRecord()
    let validation = Validation(
      "http://origin/\(path)", origin, seconds: 10, AgeMeter(clock, record))
    return (record, validation)
  }

  @Test("parts, segments and those of an MPD have ages", arguments: [true, false])
  func ages(hasParts: Bool) {
    for (path, count) in [("main.m3u8", hasParts ? 30 : 8), ("manifest.mpd", hasParts ? 30 : 8)] {
      let origin = ScriptedOrigin()
      (origin.hasParts, origin.hasTimeline) = (hasParts, !hasParts)
      let (record, validation) = watch(path, origin)
      let summary = record.summary()
      #expect(validation.failure == nil && !validation.hasEnded)
      #expect(summary.count >= count && summary.clocks == [.prft], "\(path) \(summary)")
      #expect(summary.errors == 0 && record.takeError() == nil, "\(path) \(summary)")
      #expect(summary.broken == 0 && record.takeFindings().isEmpty)
    }
  }

  @Test("without prft a part has the date of the playlist")
  func dates() {
    let summary = watch("main.m3u8", ScriptedOrigin(), .pdt).record.summary()
    #expect(summary.count >= 30 && summary.clocks == [.pdt] && summary.errors == 0)
    let none = watch("manifest.mpd", ScriptedOrigin(), .pdt).record
    #expect(none.summary().errors > 0)
    #expect(none.takeError() == "the playlist has no EXT-X-PROGRAM-DATE-TIME")
  }

  @Test("only the first video is requested, and what no player asks for is not")
  func requests() {
    let origin = ScriptedOrigin()
    var requested: [String] = []
    origin.change = { reply, _ in requested.append(reply.url) }
    _ = watch("main.m3u8", origin)
    #expect(!requested.isEmpty && !requested.contains { $0.contains("/a") })
    // Those of the rules: a delta, a part without a segment, one far ahead, complete segments.
    let start = Int(ScriptedOrigin.start)
    for text in ["_HLS_skip", "?_HLS_part", "/seg"] {
      #expect(!requested.contains { $0.contains(text) }, "\(text)")
    }
    #expect(!requested.contains { $0.contains("_HLS_msn=\(start / 1000 + 1)") })
  }

  @Test("a broken rule is noted once, while the stream is followed")
  func rules() {
    let origin = ScriptedOrigin()
    origin.change = { reply, _ in
      guard reply.url.contains(".m3u8") else { return }
      let text = String(decoding: reply.body, as: UTF8.self)
      reply.body = Array(text.replacingBytes(of: "PART-HOLD-BACK=", with: "X-PART-HOLD-BACK=").utf8)
    }
    let record = watch("main.m3u8", origin).record
    #expect(record.takeFindings().map(\.rule.name) == ["part-hold-back", "part-hold-back-three"])
    #expect(record.takeFindings().isEmpty)
    let summary = record.summary()
    #expect(summary.broken == 2 && summary.errors == 0 && summary.count >= 30)
  }

  @Test("a failed reload ends the round: a restarted origin may have other numbers")
  func restart() {
    let origin = ScriptedOrigin()
    origin.change = { reply, elapsed in
      if elapsed > 4, reply.url.contains("_HLS_msn") { (reply.status, reply.body) = (404, []) }
    }
    let validation = watch("main.m3u8", origin).validation
    #expect(validation.failure == nil && validation.seconds < 6)
  }

  @Test("an ended stream, and a document of another kind")
  func ends() {
    let origin = ScriptedOrigin()
    origin.endTime = 5
    #expect(watch("manifest.mpd", origin).validation.hasEnded)
    let other = ScriptedOrigin()
    other.change = { reply, _ in reply.body = Array("<html>".utf8) }
    #expect(watch("main.m3u8", other).validation.failure == Validation.unknownDocument)
  }
}
