// SPDX-License-Identifier: Apache-2.0

import Checked
import Testing
import Time

@testable import Sockets

@Suite("Groups of viewers with one delay")
struct SyncGroupTests {
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
}
