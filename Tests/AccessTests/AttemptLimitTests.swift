// SPDX-License-Identifier: Apache-2.0

import Net
import System
import Testing
import Time

@testable import Access

@Suite("The limit of attempts")
struct AttemptLimitTests {
  private static func peer(_ index: UInt64) -> PeerAddress {
    PeerAddress(high: 0, low: 0x0a00_0000 + index, port: 1, isVersion6: false)
  }

  @Test("failures in one area displace none in another, and are counted for themselves")
  func areas() {
    let attempts = AttemptLimit()
    for _ in 0..<5 { attempts.fail(Self.peer(0), for: .stream("live"), at: .origin) }
    for index in 1...5000 as ClosedRange<UInt64> {
      for subject in [FailedAttempts.Subject.playback("live"), .administration] {
        _ = attempts.refuse(
          .invalid, of: Self.peer(index), for: subject, at: .origin, isSlowed: true)
      }
    }
    #expect(attempts.wait(of: Self.peer(0), for: .stream("live"), at: .origin) != nil)
    #expect(attempts.wait(of: Self.peer(0), for: .playback("live"), at: .origin) == nil)
    #expect(attempts.count(.publishing) == 5 && attempts.count(.administration) == 5000)
    #expect(attempts.count(.playback, .invalid) == 5000)
  }

  @Test("only wrong secrets are failures; an address that waits has no further one")
  func failures() {
    let attempts = AttemptLimit()
    var now = MonotonicTime.origin
    func refuse(_ refusal: AccessRefusal, isSlowed: Bool = true) -> AccessRefusal {
      attempts.refuse(
        refusal, of: Self.peer(0), for: .playback("live"), at: now, isSlowed: isSlowed)
    }
    for _ in 0..<5 {
      for refusal in [AccessRefusal.missing, .expired] { #expect(refuse(refusal) == refusal) }
      #expect(refuse(.invalid) == .invalid)
    }
    let wait = AccessRefusal.tooManyFailures(wait: .seconds(60))
    for _ in 0..<9 { #expect(refuse(.invalid) == wait && refuse(.expired) == wait) }
    #expect(refuse(.missing, isSlowed: false) == .missing)
    now += FailedAttempts.waitingTime
    #expect(refuse(.expired) == .expired && refuse(.invalid) == .invalid)
    #expect(attempts.count(.playback, .slowed) == 18 && attempts.count(.playback, .expired) == 6)
  }

  @Test("a page without a key is no publisher, whatever the address; with a key it is a client")
  func pages() {
    let check = PublishCheck(KeylessAccess(.open))
    func ask(_ given: String?, _ key: String?) -> AccessRefusal? {
      check.decide(
        on: given, key: key.map { SecretDigest($0) }, by: Self.peer(0), for: .newStreams,
        at: .origin, isPage: true
      ).refusal
    }
    #expect(ask(nil, nil) == .foreignPage && ask("sesame", nil) == .foreignPage)
    #expect(ask(nil, "sesame") == .missing && ask("sesame", "sesame") == nil)
  }
}
