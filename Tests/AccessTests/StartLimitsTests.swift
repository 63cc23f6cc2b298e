// SPDX-License-Identifier: Apache-2.0

import Net
import Testing
import Time

@testable import Access

@Suite("Limits on the starts of streams on demand")
struct StartLimitsTests {
  private static func peer(_ low: UInt64) -> PeerAddress {
    PeerAddress(high: 0, low: low, port: 7, isVersion6: false)
  }
  private static func at(_ seconds: Int64) -> MonotonicTime { .origin + .seconds(1000 + seconds) }

  @Test("no stream starts while too many run")
  func running() {
    var limits = StartLimits(running: 2, starts: 100)
    let found = (0...3).map { limits.start(by: Self.peer(9), running: $0, at: Self.at(0)) }
    #expect(found == [nil, nil, .tooManyRunning, .tooManyRunning])
  }

  @Test("an address has a number of starts per minute, whatever its port; nil has no limit")
  func starts() {
    var limits = StartLimits(running: 100, starts: 2)
    func start(_ low: UInt64?, _ second: Int64) -> AccessRefusal? {
      limits.start(by: low.map(Self.peer), running: 0, at: Self.at(second))
    }
    #expect(start(9, 0) == nil && start(9, 30) == nil)
    #expect(start(9, 31) == .tooManyStarts && start(8, 31) == nil)
    // The first start is a minute old.
    #expect(start(9, 60) == nil && start(9, 61) == .tooManyStarts)
    for _ in 0..<10 { #expect(start(nil, 61) == nil) }
  }
}
