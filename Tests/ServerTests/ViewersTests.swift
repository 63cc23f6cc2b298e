// SPDX-License-Identifier: Apache-2.0

import Checked
import Net
import Packaging
import Testing
import Time

@testable import Server
@testable import Sockets
@testable import Statistics
@testable import Switching

@Suite("Sync groups, the choice of a rendition, and reports of viewers")
struct ViewersTests {
  private let start = MonotonicTime.origin + .seconds(1000)

  @Test("the target is the largest need, raised at once and lowered slowly")
  func target() {
    var group = SyncGroup()
    group.set(.milliseconds(120), of: 1, now: start)
    group.set(.milliseconds(400), of: 2, now: start)
    #expect(group.target == .milliseconds(400))
    group.set(.milliseconds(300), of: 3, now: start)
    #expect(group.target == .milliseconds(400))
    group.remove(2)
    group.step(start + .seconds(1))
    #expect(group.target == .milliseconds(400))
    group.step(start + .seconds(2))
    #expect(group.target == .milliseconds(360))
    group.step(start + .seconds(3))
    #expect(group.target == .milliseconds(360))
    group.step(start + .seconds(4))
    #expect(group.target == .milliseconds(324))
    group.step(start + .seconds(6))
    #expect(group.target == .milliseconds(300))
    group.set(.milliseconds(500), of: 1, now: start + .seconds(6))
    #expect(group.target == .milliseconds(500))
  }

  @Test("a member that needs more than the highest target does not raise it")
  func outside() {
    var group = SyncGroup()
    group.set(.milliseconds(100), of: 1, now: start)
    group.set(.seconds(9), of: 2, now: start)
    #expect(group.target == .milliseconds(100))
    group.set(.max, of: 1, now: start)
    #expect(group.target == .milliseconds(100))
  }

  @Test("the last member ends a group; names and the number of groups are limited")
  func groups() {
    let groups = SyncGroups()
    for number in 0..<1000 {
      #expect(groups.set(.zero, of: 1, in: "g\(number)", now: start))
    }
    #expect(!groups.set(.zero, of: 1, in: "other", now: start))
    #expect(groups.set(.seconds(1), of: 2, in: "g5", now: start))
    #expect(groups.target(of: "g5", now: start) == .seconds(1))
    groups.remove(1, from: "g5")
    #expect(groups.target(of: "g5", now: start) == .seconds(1))
    groups.remove(2, from: "g5")
    #expect(groups.target(of: "g5", now: start) == nil)
    #expect(groups.set(.zero, of: 1, in: "other", now: start))
    for name in ["", "a b", "ä", "\"", String(repeating: "a", count: 65)] {
      #expect(!NameCharacters.isName(name))
    }
    #expect(NameCharacters.isName("Lobby-1.a_b"))
  }

  @Test("two drops within ten seconds lower the rendition, ten quiet seconds raise it")
  func adaptation() {
    var choice = AutomaticRendition(now: start)
    choice.late(now: start, of: 3)
    choice.late(now: start + .seconds(11), of: 3)
    #expect(choice.index == 0)
    choice.late(now: start + .seconds(12), of: 3)
    #expect(choice.index == 1)
    choice.late(now: start + .seconds(13), of: 3)
    choice.late(now: start + .seconds(14), of: 3)
    #expect(choice.index == 2)
    choice.late(now: start + .seconds(15), of: 3)
    choice.late(now: start + .seconds(16), of: 3)
    #expect(choice.index == 2)
    choice.step(start + .seconds(25))
    #expect(choice.index == 2)
    choice.step(start + .seconds(26))
    #expect(choice.index == 1)
  }

  @Test("a raise that fails soon is tried again after twice the time")
  func trials() {
    var choice = AutomaticRendition(now: start)
    var now = start
    for wait in [10, 20, 40, 80, 160, 160] as [Int64] {
      choice.late(now: now, of: 2)
      choice.late(now: now, of: 2)
      #expect(choice.index == 1)
      choice.step(now + .seconds(wait) - .milliseconds(1))
      #expect(choice.index == 1)
      now += .seconds(wait)
      choice.step(now)
      #expect(choice.index == 0)
      now += .seconds(1)
    }
  }

  @Test("a raise ends when the viewer is late once within five seconds, not after them")
  func strictTrial() {
    for (seconds, index) in [(4, 1), (6, 0)] as [(Int64, Int)] {
      var choice = AutomaticRendition(now: start, index: 1)
      choice.step(start + .seconds(10))
      #expect(choice.index == 0)
      choice.late(now: start + .seconds(10 + seconds), of: 2)
      #expect(choice.index == index)
    }
  }

  @Test("a choice outside of the present ladder becomes the nearest one, and can be raised again")
  func limits() {
    var choice = AutomaticRendition(now: start, index: 3)
    choice.limit(to: 0...1, now: start)
    #expect(choice.index == 1)
    choice.step(start + .seconds(10))
    #expect(choice.index == 0)
    choice.limit(to: 2...2, now: start + .seconds(11))
    #expect(choice.index == 2)
    choice.limit(to: 0...3, now: start + .seconds(11))
    #expect(choice.index == 2)
  }

  @Test("a ladder of one rendition is never left")
  func single() {
    var choice = AutomaticRendition(now: start)
    for second in 0..<10 { choice.late(now: start + .seconds(Int64(second)), of: 1) }
    #expect(choice.index == 0)
  }

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
