// SPDX-License-Identifier: Apache-2.0

import Push
import Testing
import Time

@Suite("Responses of receivers to a long POST")
struct PushResponseTests {
  private static let start = MonotonicTime(nanoseconds: 1_000_000_000)
  private static let interim = "HTTP/1.1 100 Continue\r\n\r\n"

  /// Bytes that arrive at a time after the start, in seconds.
  private func take(
    _ response: inout PushResponse, _ text: String, at seconds: Int64
  ) throws(PushFailure) {
    try response.take(Array(text.utf8), Self.start + .seconds(seconds))
  }

  @Test("a receiver may be silent for hours, also after an interim response")
  func silent() throws {
    var response = PushResponse()
    try response.check(Self.start + .seconds(86_400))
    try take(&response, Self.interim, at: 86_400)
    try response.check(Self.start + .seconds(2 * 86_400))
  }

  @Test("a head that has begun must be whole 5 s later, whatever arrives")
  func late() throws {
    let late = PushFailure.lost("the head of the response takes more than 5 s")
    var silent = PushResponse()
    try take(&silent, "HTTP/1.1 200 OK\r\n", at: 0)
    try silent.check(Self.start + .milliseconds(4999))
    #expect(throws: late) { try silent.check(Self.start + .seconds(5)) }
    var slow = PushResponse()
    for second in 0..<5 { try take(&slow, "H", at: Int64(second)) }
    #expect(throws: late) { try take(&slow, "T", at: 5) }
    // Each piece ends within a head: the first byte began it.
    var interim = PushResponse()
    try take(&interim, "H", at: 0)
    for second in 1..<5 {
      try take(&interim, Self.interim.dropFirst() + "H", at: Int64(second))
    }
    #expect(throws: late) { try take(&interim, Self.interim.dropFirst() + "H", at: 5) }
  }

  @Test("an interim response that is whole ends the time of its head")
  func again() throws {
    var response = PushResponse()
    try take(&response, "HTTP/1.1 100", at: 0)
    try take(&response, " Continue\r\n\r\n", at: 4)
    try take(&response, "HTTP/1.1 100", at: 60)
    try response.check(Self.start + .seconds(64))
    #expect(throws: PushFailure.self) { try response.check(Self.start + .seconds(65)) }
  }

  @Test("interim responses without end are a fault, all at once and one by one")
  func endless() throws {
    let fault = PushFailure.lost("more than 16 interim responses (1xx)")
    var flood = PushResponse()
    #expect(throws: fault) {
      try take(&flood, String(repeating: Self.interim, count: 400), at: 0)
    }
    var slow = PushResponse()
    for hour in 0..<16 { try take(&slow, Self.interim, at: Int64(hour * 3600)) }
    #expect(throws: fault) { try take(&slow, Self.interim, at: 16 * 3600) }
  }

  @Test(
    "a response before the end of the request ends it, with the first line of its body",
    arguments: [
      ("403 Forbidden\r\nContent-Length: 4\r\n\r\nno\nx", PushFailure.refused("status 403: no")),
      ("503 Busy\r\nContent-Length: 0\r\n\r\n", .lost("status 503")),
      ("200 OK\r\nContent-Length: 0\r\n\r\n", .lost("status 200")),
      ("OK\r\n\r\n", .lost("the response has no status line of HTTP/1.1")),
    ])
  func answered(text: String, failure: PushFailure) {
    var response = PushResponse()
    #expect(throws: failure) { try take(&response, Self.interim + "HTTP/1.1 " + text, at: 0) }
  }
}
