// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("The presence of a pulled input")
struct SourcePresenceTests {
  /// An event, `at` in milliseconds.
  enum Event: Sendable {
    case heard(at: Int64), check(at: Int64)
    case video(isDelayed: Bool = false)
    case frame
    case lost(isDenied: Bool = false)
    case replaced, ended
  }

  struct Step: Sendable {
    let event: Event
    let state: SourcePresence.State
    var action: SourcePresence.Action?
    /// Whether the access unit is skipped.
    var isSkipped = false

    init(
      _ event: Event, _ state: SourcePresence.State, _ action: SourcePresence.Action? = nil,
      isSkipped: Bool = false
    ) {
      (self.event, self.state, self.action, self.isSkipped) = (event, state, action, isSkipped)
    }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let steps: [Step]

    init(_ description: String, _ steps: [Step]) {
      (testDescription, self.steps) = (description, steps)
    }
  }

  private static let online = [
    Step(.heard(at: 0), .away), Step(.video(), .away),
    Step(.frame, .online, .opened(isReturn: false)),
  ]

  static let rows = [
    Row(
      "a connection is opened with its first frame, once",
      online + [Step(.video(), .online), Step(.frame, .online)]),
    Row(
      "a loss is reported once until the next frame",
      [
        Step(.lost(), .away, .lost(isRepeated: false, hasBeenOnline: false)),
        Step(.lost(), .away, .lost(isRepeated: true, hasBeenOnline: false)),
        Step(.frame, .online, .opened(isReturn: false)),
        Step(.lost(), .away, .lost(isRepeated: false, hasBeenOnline: true)),
        Step(.lost(), .away, .lost(isRepeated: true, hasBeenOnline: true)),
        Step(.frame, .online, .opened(isReturn: true)),
        Step(.lost(isDenied: true), .away, .lost(isRepeated: false, hasBeenOnline: true)),
      ]),
    Row(
      "silence is reported once, after one second without a unit",
      online + [
        Step(.check(at: 999), .online), Step(.check(at: 1000), .silent, .fellSilent),
        Step(.check(at: 5000), .silent), Step(.heard(at: 6000), .resuming),
        Step(.video(), .online, .resumed), Step(.frame, .online),
        Step(.check(at: 6999), .online), Step(.check(at: 7000), .silent, .fellSilent),
      ]),
    Row(
      "the limit of a camera with one frame per second is two and a half times their distance",
      online + [
        Step(.heard(at: 900), .online), Step(.heard(at: 1900), .online),
        Step(.heard(at: 2900), .online), Step(.heard(at: 3900), .online),
        Step(.check(at: 5000), .online), Step(.check(at: 6399), .online),
        Step(.check(at: 6400), .silent, .fellSilent),
      ]),
    Row(
      "a delayed access unit is skipped after a silence",
      online + [
        Step(.check(at: 1000), .silent, .fellSilent), Step(.heard(at: 2000), .resuming),
        Step(.video(isDelayed: true), .resuming, isSkipped: true),
        Step(.video(isDelayed: true), .online, .resumed),
        Step(.video(isDelayed: true), .online),
      ]),
    Row(
      "a second silence before an access unit is reported, and skips again",
      online + [
        Step(.check(at: 1000), .silent, .fellSilent), Step(.heard(at: 2000), .resuming),
        Step(.video(isDelayed: true), .resuming, isSkipped: true),
        Step(.check(at: 3000), .silent, .fellSilent), Step(.heard(at: 4000), .resuming),
        Step(.video(isDelayed: true), .resuming, isSkipped: true),
        Step(.video(isDelayed: true), .online, .resumed),
      ]),
    Row(
      "nothing is silent before its first unit",
      [Step(.check(at: 60_000), .away)]),
    Row(
      "a silent connection without a frame resumes, and is opened with its first frame",
      [
        Step(.heard(at: 0), .away), Step(.check(at: 1000), .silent, .fellSilent),
        Step(.heard(at: 2000), .resuming), Step(.video(), .away, .resumed),
        Step(.frame, .online, .opened(isReturn: false)),
      ]),
    Row(
      "a silent connection that is lost is away",
      online + [
        Step(.check(at: 1000), .silent, .fellSilent),
        Step(.lost(), .away, .lost(isRepeated: false, hasBeenOnline: true)),
        Step(.check(at: 9000), .away), Step(.video(isDelayed: true), .away),
        Step(.frame, .online, .opened(isReturn: true)),
      ]),
    Row(
      "a standby connection replaces a silent one without a loss",
      online + [
        Step(.check(at: 1000), .silent, .fellSilent), Step(.replaced, .away, .replaced),
        Step(.heard(at: 2000), .away), Step(.frame, .online, .opened(isReturn: true)),
      ]),
    Row("the end is no loss", online + [Step(.ended, .away, .ended)]),
  ]

  @Test("each event has its state and its action", arguments: rows)
  func events(_ row: Row) {
    var presence = SourcePresence(isListener: false)
    for (index, step) in row.steps.enumerated() {
      var (action, isSkipped): (SourcePresence.Action?, Bool) = (nil, false)
      switch step.event {
      case .heard(let at): presence.heard(at: .origin + .milliseconds(at))
      case .check(let at): action = presence.check(at: .origin + .milliseconds(at))
      case .video(let isDelayed):
        (isSkipped, action) = presence.videoArrived(isDelayed: isDelayed)
      case .frame: action = presence.frameArrived()
      case .lost(let isDenied): action = presence.lost(at: .at(0), isDenied: isDenied).action
      case .replaced: action = presence.replaced()
      case .ended: action = presence.ended()
      }
      #expect(action == step.action, "step \(index)")
      #expect(isSkipped == step.isSkipped, "step \(index)")
      #expect(presence.state == step.state, "step \(index)")
    }
  }

  @Test("a second connection is tried one second after the silence began")
  func standby() {
    var presence = SourcePresence(isListener: false)
    #expect(presence.standbyFrom == nil)
    presence.heard(at: .at(5))
    #expect(presence.silentFrom == .at(6) && presence.standbyFrom == .at(7))
    for second in Int64(6)...8 { presence.heard(at: .at(second)) }
    #expect(presence.standbyFrom == .at(8) + .milliseconds(3500))
  }

  @Test("a lost source is retried by its plan, which starts over with a frame")
  func retries() {
    var presence = SourcePresence(isListener: false)
    #expect(presence.lost(at: .at(0), isDenied: false).retryAt == .origin + .milliseconds(500))
    #expect(presence.lost(at: .at(61), isDenied: false).retryAt == .at(62))
    #expect(presence.lost(at: .at(62), isDenied: true).retryAt == .at(92))
    _ = presence.frameArrived()
    #expect(presence.lost(at: .at(99), isDenied: false).retryAt == .at(99) + .milliseconds(500))
  }
}
