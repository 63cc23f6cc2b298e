// SPDX-License-Identifier: Apache-2.0

import Configuration
import Media
import Testing
import Time

@testable import Capture

@Suite("The report of --probe")
struct ProbeReportTests {
  @Test("subtitles and metadata have a row each: kind, language, PID, and why one is not used")
  func dataTracks() throws {
    let video = InputDescription.Video(
      passThroughCodec: .h264, codec: "h264", width: 1280, height: 720, rate: FrameRate(25),
      parameterSets: [], configuration: [])
    let findings = InputProbe.Findings(
      description: InputDescription(format: "mpegts", video: video, isPaced: false),
      dataTracks: [
        DataTrack(.teletext(page: 888), language: Language("deu"), pid: 500),
        DataTrack(.teletext(page: 777), language: Language("eng"), pid: 500, isDecodable: false),
        DataTrack(.teletext(page: nil), pid: 501), DataTrack(.texts("mov_text")),
        DataTrack(.others("dvb_subtitle"), language: Language("fra"), pid: 502),
        DataTrack(.splices, pid: 503), DataTrack(.id3, pid: 504), DataTrack(.klv),
      ], rate: FrameRate(25), groups: [], verdict: .undecided, firstFrame: .zero)
    let address = try #require(InputAddress("udp://127.0.0.1:5000"))
    let lines = findings.lines(address: address)
    #expect(
      lines.filter { $0.hasPrefix("subtitles") || $0.hasPrefix("metadata") } == [
        "subtitles teletext, page 888, de, PID 500",
        "subtitles teletext, page 777, en, PID 500: libavcodec has no decoder",
        "subtitles teletext without a page of subtitles, PID 501", "subtitles mov_text",
        "subtitles dvb_subtitle, fr, PID 502: not used", "metadata  SCTE-35, PID 503",
        "metadata  ID3, PID 504", "metadata  KLV",
      ])
  }
}
