// SPDX-License-Identifier: Apache-2.0

import Net
import Statistics
import Testing
import Time

@Suite("Reports of viewers")
struct ViewerReportTests {
  private let start = MonotonicTime.origin + .seconds(1000)

  @Test("reports have masked addresses, quoted texts and finite numbers")
  func reports() {
    let reports = ViewerReports()
    var report = ViewerReport(
      number: 0xa1, stream: "live",
      peer: PeerAddress(high: 0, low: 0xC000_0207, port: 5, isVersion6: false),
      userAgent: "\"x\"", since: .origin, transport: .webSocket)
    report.rendition = "720p"
    report.figures.delay = 96.25
    report.figures.stalls = -.infinity
    reports.set(report)
    #expect(
      reports.all(now: start).map(\.text) == [
        #"{"sid":"a1","ip":"192.0.2.0","ua":"\"x\"","transport":"ws","rendition":"720p","kbps":0"#
          + #","skips":0,"delay":96.25,"stalls":-1000000000,"since":0}"#
      ])
    #expect(ViewerReport.number(1e300) == "1000000000")
    #expect(ViewerReport.number(96.25) == "96.25")
    #expect(ViewerReport.number(-.infinity) == "-1000000000")
    reports.remove(0xa1)
    #expect(reports.all(now: start).isEmpty)
  }
}
