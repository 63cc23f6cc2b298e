// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import Testing
import Time

@Suite("Whether a publisher has the rate that it states")
struct RateTrialTests {
  /// A publisher in a stream of 25 frames per second.
  struct Row: Sendable, CustomTestStringConvertible {
    let stated: String
    let sent: String
    let other: Bool
    /// The times are those of RTMP, in milliseconds.
    var isRounded = true
    var testDescription: String { "\(sent) fps, stated \(stated)" }
  }

  static let rows = [
    Row(stated: "30", sent: "30", other: true), Row(stated: "24", sent: "24", other: true),
    Row(stated: "23.976", sent: "23.976", other: true),
    Row(stated: "50", sent: "50", other: true, isRounded: false),
    Row(stated: "12.5", sent: "12.5", other: true), Row(stated: "60", sent: "25", other: false),
    Row(stated: "24", sent: "25", other: false),
    // Neither rate: whole groups decide.
    Row(stated: "60", sent: "30", other: false),
  ]

  private static func findings(_ trial: RateTrial?, _ times: [SourceTime]) -> [RateTrial.Finding] {
    var trial = trial
    var found: [RateTrial.Finding] = []
    for time in times where found.last ?? .undecided == .undecided {
      if let finding = trial?.take(time) { found.append(finding) }
    }
    return found
  }

  @Test("after eight steps", arguments: rows)
  func rates(_ row: Row) throws {
    let (stated, sent) = try (#require(FrameRate(row.stated)), #require(FrameRate(row.sent)))
    let rate = try #require(FrameRate(25))
    let frame = sent.frameDuration
    let times = (0..<Int64(20)).map { index -> SourceTime in
      let time = frame * index
      return .origin + (row.isRounded ? .milliseconds(time.milliseconds) : time)
    }
    let trial = try #require(RateTrial(stated, in: rate))
    let found = Self.findings(trial, times)
    let expected: RateTrial.Finding = row.other ? .otherRate : .unconfirmed
    #expect(found.count == 9)
    #expect(found.last == expected)
  }

  @Test("rates that eight steps do not tell apart are not tried")
  func near() throws {
    let rate = try #require(FrameRate("29.97"))
    #expect(RateTrial(rate, in: .thirty) == nil)
    #expect(RateTrial(.thirty, in: .thirty) == nil)
  }

  @Test("a timestamp that falls confirms nothing")
  func falling() throws {
    let times: [SourceTime] = [0, 33, 20].map { .origin + .milliseconds($0) }
    let trial = RateTrial(.thirty, in: try #require(FrameRate(25)))
    #expect(Self.findings(trial, times) == [.undecided, .undecided, .unconfirmed])
  }
}
