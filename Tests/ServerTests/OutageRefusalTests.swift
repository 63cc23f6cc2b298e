// SPDX-License-Identifier: Apache-2.0

import Server
import Streams
import Testing
import Time

@Suite("Requests during an outage of the source")
struct OutageRefusalTests {
  /// The value of Retry-After `milliseconds` after the beginning of an outage.
  private static func wait(
    _ kind: SourceOutage.Kind, after milliseconds: Int64, retryAt: WallTime? = nil
  ) -> Int? {
    var outages = OutageList()
    outages.note(0, kind, "a reason", at: .origin, retryAt: retryAt)
    return outages.outage?.retryAfter(.origin + .milliseconds(milliseconds))
  }

  @Test("are held for two seconds if no attempt has failed, then refused")
  func waiting() {
    #expect(Self.wait(.noPublisher, after: 1999) == nil)
    #expect(Self.wait(.noPublisher, after: 2000) == 1)
    // The clock was set back.
    #expect(Self.wait(.noPublisher, after: -5000) == nil)
  }

  @Test("are refused at once after an attempt that failed, until the next one")
  func failed() {
    let next = WallTime.origin + .seconds(7)
    #expect(Self.wait(.refused, after: 0, retryAt: next) == 7)
    #expect(Self.wait(.refused, after: 6500, retryAt: next) == 1)
    #expect(Self.wait(.refused, after: 9000, retryAt: next) == 1)
    #expect(Self.wait(.refused, after: 0, retryAt: next + .seconds(60)) == 10)
  }

  @Test("are held while a publisher is about to show its first picture")
  func firstPicture() {
    #expect(Self.wait(.firstPicture, after: 9000) == nil)
  }
}
