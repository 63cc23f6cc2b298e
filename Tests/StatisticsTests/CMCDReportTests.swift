// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing
import TestSupport
import Testing

@testable import Statistics

@Suite("CMCD reports of players, CTA-5004")
struct CMCDReportTests {
  private static func read(_ target: String, _ fields: [HeaderField] = []) throws
    -> CMCDReport?
  {
    CMCDReport(try Request("GET", target, fields))
  }

  @Test("from the query and from fields")
  func read() throws {
    let query = try Self.read(
      "/s.m4s?a=b&CMCD=bl%3D21300%2Cbs%2Cmtp%3D25400%2Csid%3D%22a%2Cbl%3D1%22%2Cpr%3D1.05")
    #expect(query?.bufferMilliseconds == 21300 && query?.starved == true)
    #expect(query?.throughputKilobits == 25400 && query?.playbackRate == 1.05)
    let fields = try Self.read(
      "/s.m4s",
      [
        HeaderField("CMCD-Request", "bl=400, dl=300,mtp=900,su"),
        HeaderField("CMCD-Status", "bs=false"), HeaderField("CMCD-Session", "ltc=512"),
      ])
    #expect(fields?.bufferMilliseconds == 400 && fields?.deadlineMilliseconds == 300)
    #expect(fields?.startup == true && fields?.starved == false)
    #expect(fields?.latencyMilliseconds == 512)
    #expect(try Self.read("/s.m4s?x=CMCD") == nil)
  }

  @Test(
    "nonsense says nothing, and harms nothing",
    arguments: [
      "", "=", "==", ",", ",,=", "=,=", "\"", "bl", "bl=", "bl==", "bl=nan", "bl=inf", "bl=-1",
      "bl=1e300", "bl=99999999999999999999999", "bl=0x10", "bs=maybe", "bl=\"1\"", "%", "bl=1 2",
    ])
  func nonsense(text: String) throws {
    let escaped = text.replacing("%", with: "%25").replacing("\"", with: "%22")
      .replacing(" ", with: "%20").replacing("=", with: "%3D").replacing(",", with: "%2C")
    let data = try Self.read("/s.m4s?CMCD=" + escaped)
    #expect(data?.starved == false)
    var counters = PlayerCounters()
    if let data { counters.observe(data) }
    #expect(counters.requests == 1 && counters.bufferSeconds.sum <= 10_000)
  }

  @Test("any text can be read", arguments: UInt64(0)..<200)
  func anything(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let letters = Array("blmtpsu=,\"%20 .1e-+\\")
    let text = String(
      (0..<Int.random(in: 0..<60, using: &random)).compactMap { _ in
        letters.randomElement(using: &random)
      })
    let field = try Self.read("/", [HeaderField("CMCD-Object", text)])
    var counters = PlayerCounters()
    if let field { counters.observe(field) }
    var out = MetricLines()
    counters.write(to: &out)
    #expect(!out.text.contains("inf") && !out.text.contains("nan "))
  }
}
