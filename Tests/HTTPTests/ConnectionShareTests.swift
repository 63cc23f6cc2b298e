// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@Suite("The bytes of one HTTP/2 stream among those of its connection")
struct ConnectionShareTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let last: Int
    let own: Int
    var testDescription: String { "of the last \(last): \(own)" }
  }

  static let rows = [
    Row(last: 0, own: 0), Row(last: 50, own: 0), Row(last: 100, own: 0), Row(last: 110, own: 10),
    Row(last: 130, own: 30), Row(last: 200, own: 30), Row(last: 290, own: 40),
    Row(last: 1000, own: 50),
  ]

  @Test("pieces of 20 and 30 bytes, which end at 720 and 900 of 1,000", arguments: rows)
  func share(row: Row) {
    var share = ConnectionShare()
    share.add(20, end: 720)
    share.add(30, end: 900)
    #expect(share.count(ofLast: row.last, of: 1000) == row.own)
  }

  @Test("acknowledged pieces are forgotten, and the others still count")
  func forgotten() {
    var share = ConnectionShare()
    for index in 1...10 { share.add(10, end: 100 * index) }
    share.forget(upTo: 800)
    #expect(share.count(ofLast: 150, of: 1000) == 20)
    #expect(share.count(ofLast: 1000, of: 1000) == 20)
    share.forget(upTo: 2000)
    #expect(share.count(ofLast: 1000, of: 1000) == 0)
  }

  @Test("the memory is bounded, and the newest pieces are kept")
  func bound() {
    var share = ConnectionShare()
    for index in 1...100_000 { share.add(10, end: 10 * index) }
    #expect(share.count(ofLast: 5000, of: 1_000_000) == 5000)
    #expect(share.count(ofLast: 1_000_000, of: 1_000_000) <= 10_240)
  }
}
