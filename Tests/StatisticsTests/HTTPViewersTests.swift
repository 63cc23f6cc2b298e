// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import TestSupport
import Testing
import Time

@testable import Statistics

/// A table of viewers with a manual clock.
private struct Table {
  var viewers = HTTPViewerTable()
  var now = MonotonicTime.origin + .seconds(1000)

  @discardableResult
  mutating func begin(
    _ object: ViewerRequest.Object, of viewer: UInt64 = 1, rendition: String? = nil,
    segment: Interval = .seconds(1), _ report: CMCDReport? = nil
  ) -> ViewerTransport? {
    let request = ViewerRequest(
      viewer: viewer, object: object, rendition: rendition, segmentDuration: segment,
      report: report)
    return
      (viewers.began(request, now: now)
      ?? viewers.add(HTTPViewersTests.report(viewer), request, now: now))?.transport
  }

  mutating func end(
    of viewer: UInt64 = 1, bytes: Int = 0, isCut: Bool = false, sending: Interval? = nil
  ) {
    viewers.ended(viewer, bytes: bytes, isCut: isCut, sending: sending, now: now)
  }

  mutating func request(_ object: ViewerRequest.Object, of viewer: UInt64 = 1) {
    begin(object, of: viewer)
    end(of: viewer)
  }

  var present: [ViewerReport] { mutating get { viewers.present(now).map(\.report) } }
}

@Suite("Viewers over HTTP, known by their requests, and their history")
struct HTTPViewersTests {
  /// A viewer with an address of its own, or of `address`.
  static func report(
    _ number: UInt64, _ stream: String = "live", address: UInt64? = nil
  ) -> ViewerReport {
    ViewerReport(
      number: number, stream: stream,
      peer: PeerAddress(
        high: 0, low: (address ?? number) & 0xffff_ffff, port: 1, isVersion6: false), userAgent: "",
      since: .origin,
      transport: .segmentedHLS)
  }

  @Test(
    "the transport follows from the requests; a client that reads indexes only is no viewer",
    arguments: [
      ([.playlist], nil), ([.manifest, .manifest], nil), ([.playlist, .segment], .segmentedHLS),
      ([.playlist, .lowLatency], .lowLatencyHLS),
      ([.playlist, .lowLatency, .segment], .lowLatencyHLS),
      ([.playlist, .openSegment], .frames), ([.playlist, .openSegment, .segment], .frames),
      ([.chunkedPlaylist, .openSegment], .segmentedHLS), ([.manifest, .openSegment], .dash),
      ([.manifest, .segment], .dash), ([.uploaded], .uploads), ([.motionPictures], .frames),
    ] as [([ViewerRequest.Object], ViewerTransport?)])
  func transports(_ objects: [ViewerRequest.Object], _ transport: ViewerTransport?) {
    var table = Table()
    for object in objects { table.request(object) }
    #expect(table.present.map(\.transport) == (transport.map { [$0] } ?? []))
  }

  @Test("a reader of motion JPEG is a viewer for as long as its request lasts")
  func motionPictures() {
    var table = Table()
    table.begin(.motionPictures)
    table.now += .seconds(3600)
    #expect(table.present.count == 1)
    table.end()
    table.now += .seconds(6)
    #expect(table.present.isEmpty)
    table.begin(.segment)
    table.now += .seconds(61)
    #expect(table.present.isEmpty)
  }

  @Test("a viewer that was silent for 5 s, or for 1.5 segments, has left")
  func presence() {
    var table = Table()
    table.request(.segment)
    table.begin(.segment, of: 2, segment: .seconds(10))
    table.end(of: 2)
    table.now += .milliseconds(4999)
    #expect(table.present.count == 2)
    table.now += .milliseconds(1)
    #expect(table.present.map(\.number) == [2])
    table.now += .seconds(10)
    #expect(table.present.isEmpty)
    // An end after the viewer has left is of no account.
    table.end()
    #expect(table.present.isEmpty)
  }

  @Test("a request under way is a sign of presence, for a minute")
  func underWay() {
    var table = Table()
    table.begin(.lowLatency)
    table.now += .seconds(59)
    #expect(table.present.count == 1)
    table.now += .seconds(1)
    #expect(table.present.isEmpty)
  }

  @Test("the rate is that of at least three seconds; figures come from CMCD and the connection")
  func figures() throws {
    var table = Table()
    let report = CMCDReport(try Request("GET", "/?CMCD=ltc%3D350%2Cbs", []))
    let cmcd = try #require(report)
    table.begin(.lowLatency, rendition: "720p", cmcd)
    table.viewers.measured(roundTrip: .milliseconds(20), of: 1)
    table.end(bytes: 300_000, sending: .milliseconds(4))
    #expect(table.present.first?.kilobits == 0)
    table.now += .seconds(3)
    table.begin(.lowLatency, cmcd)
    table.end(isCut: true)
    let viewer = try #require(table.present.first)
    #expect(viewer.kilobits == 800 && viewer.rendition == "720p" && viewer.skips == 1)
    #expect(viewer.figures.delay == 350 && viewer.figures.stalls == 2)
    #expect(viewer.figures.roundTrip == 20 && viewer.figures.delivery == 14)
  }

  @Test("viewers above the maximum are not counted")
  func capacity() {
    var table = Table()
    for number in 0..<UInt64(HTTPViewerTable.capacity) { table.request(.segment, of: number) }
    #expect(table.begin(.segment, of: .max) == nil)
    #expect(table.present.count == HTTPViewerTable.capacity)
    table.now += .seconds(5)
    #expect(table.present.isEmpty)
    #expect(table.begin(.segment, of: .max) == .segmentedHLS)
  }

  @Test("sessions of one address above the maximum are not counted, those of another one are")
  func addressCapacity() {
    var viewers = HTTPViewerTable()
    let now = MonotonicTime.origin + .seconds(1000)
    func begin(_ number: UInt64, address: UInt64, _ now: MonotonicTime) -> Bool {
      let request = ViewerRequest(
        viewer: number, object: .segment, rendition: nil, segmentDuration: .seconds(1),
        report: nil)
      let report = HTTPViewersTests.report(number, address: address)
      let result = viewers.began(request, now: now) ?? viewers.add(report, request, now: now)
      viewers.ended(number, bytes: 0, isCut: false, sending: nil, now: now)
      return result != nil
    }
    let most = UInt64(HTTPViewerTable.addressCapacity)
    for number in 0..<most { #expect(begin(number, address: 7, now)) }
    #expect(!begin(most, address: 7, now))
    #expect(begin(most + 1, address: 8, now))
    // A known session continues; after the others have left there is room.
    #expect(begin(0, address: 7, now + .seconds(4)))
    #expect(viewers.present(now + .seconds(6)).count == 1)
    #expect(begin(most, address: 7, now + .seconds(6)))
  }

  @Test("the rows of the history have new stalls and drops, and the newest 300 are kept")
  func history() {
    var history = ViewerHistory()
    var viewer = Self.report(1)
    viewer.transport = .webSocket
    viewer.figures.stalls = 3
    viewer.figures.delay = 120
    viewer.kilobits = 900
    func add(_ second: Int64) {
      history.add([viewer], streams: ["live", "other"], now: .origin + .seconds(second))
    }
    add(2)
    viewer.figures.stalls = 4
    viewer.skips = 2
    add(4)
    let columns =
      #"{"columns":["t","ws","http","llhls","hls","dash","relay","min","avg","p50","p95","max","#
      + #""kbps","rtt","stalls","drops"],"rows":["#
    let second = "[4000,1,0,0,0,0,0,120,120,120,120,120,900,null,1,2]"
    #expect(
      history.text(of: "live", since: 0) == columns
        + "[2000,1,0,0,0,0,0,120,120,120,120,120,900,null,0,0],\(second)]}")
    #expect(history.text(of: "live", since: 2000) == columns + second + "]}")
    #expect(
      history.text(of: "other", since: 2000) == columns
        + "[4000,0,0,0,0,0,0,null,null,null,null,null,0,null,0,0]]}")
    #expect(history.text(of: "unknown", since: 0) == columns + "]}")
    for row in 0..<Int64(ViewerHistory.capacity) { add(6 + 2 * row) }
    #expect(history.text(of: "live", since: 0).hasPrefix(columns + "[6000,"))
    add(7)  // the clock was set back
    #expect(
      history.text(of: "live", since: 0)
        == columns + "[6000,1,0,0,0,0,0,120,120,120,120,120,900,null,0,0],"
        + "[7000,1,0,0,0,0,0,120,120,120,120,120,900,null,0,0]]}")
    history.add([], streams: ["other"], now: .origin)
    #expect(history.text(of: "live", since: 0) == columns + "]}")
  }

  @Test("rates and skips of the connections of a viewer are added; its socket has the figures")
  func sums() {
    let reports = ViewerReports()
    func socket(_ number: UInt64, _ link: ViewerReport.Link, since: Int64) -> ViewerReport {
      var report = Self.report(number)
      report.transport = .webSocket
      report.since = .origin + .seconds(since)
      (report.kilobits, report.skips, report.link) = (100, 1, link)
      report.figures.delay = Double(number)
      return report
    }
    for (number, link, since) in [
      (1, .session(9), 5), (2, .session(9), 6), (3, .owner(8), 7), (4, .owner(8), 8), (5, .none, 9),
    ] as [(UInt64, ViewerReport.Link, Int64)] {
      reports.set(socket(number, link, since: since))
    }
    let found = reports.all(now: .origin)
    #expect(found.map(\.number) == [1, 3, 4, 5])
    #expect(found.map(\.kilobits) == [200, 100, 100, 100])
    #expect(found.map(\.skips) == [2, 1, 1, 1])
    #expect(found.first?.figures.delay == 2)
  }
}
