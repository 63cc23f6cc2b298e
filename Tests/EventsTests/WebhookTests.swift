// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Net
import Sharing
import TestSupport
import Testing
import Time

@testable import Events

@Suite("Events to a web server")
struct WebhookTests {
  private struct Row: Sendable {
    let status: Int
    let outcome: WebhookProgress.Outcome
  }

  @Test(
    "statuses that another attempt does not change are refusals",
    arguments: [
      Row(status: 200, outcome: .accepted), Row(status: 204, outcome: .accepted),
      Row(status: 400, outcome: .refused(status: 400)),
      Row(status: 410, outcome: .refused(status: 410)),
      Row(status: 429, outcome: .failed("status 429")),
      Row(status: 408, outcome: .failed("status 408")),
      Row(status: 301, outcome: .failed("status 301")),
      Row(status: 503, outcome: .failed("status 503")),
    ])
  private func statuses(_ row: Row) {
    #expect(WebhookProgress.Outcome(status: row.status) == row.outcome)
  }

  @Test("attempts are 1, 2, 4, 8, 16 and 30 s apart; the same event is sent until it is accepted")
  func retries() {
    var progress = WebhookProgress(after: 6)
    var (now, waits) = (MonotonicTime.origin, [Interval]())
    #expect(progress.end(.failed("gone"), at: now) == .failing("gone"))
    for _ in 0..<7 {
      let next = progress.retryAt ?? now
      waits.append(next - now)
      now = next
      #expect(progress.end(.failed("gone"), at: now) == nil)
    }
    #expect(waits == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
    #expect(progress.last == 6)
    #expect(progress.end(.accepted, at: now) == .recovered(lost: 0))
    #expect(progress.last == 7 && progress.retryAt == nil)
  }

  @Test("refused and forgotten events are counted when events are accepted again")
  func lost() {
    var progress = WebhookProgress(after: 6)
    #expect(progress.end(.refused(status: 404), at: .origin) == .failing("status 404"))
    #expect(progress.end(.refused(status: 404), at: .origin) == nil)
    progress.begin(12)
    #expect(progress.last == 11)
    #expect(progress.end(.accepted, at: .origin) == .recovered(lost: 5))
    #expect(progress.end(.accepted, at: .origin) == nil)
  }

  @Test("the signature is the HMAC of the body, RFC 4231 §4.3")
  func signature() {
    let body = Array("what do ya want for nothing?".utf8)
    let fields = EventWebhook.fields("live", body, key: Array("Jefe".utf8))
    #expect(fields[0].value == "live")
    #expect(
      fields[1].value
        == "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(EventWebhook.fields("live", body, key: []).count == 1)
  }

  @Test("events are sent in order, one that failed again; the last one before the end too")
  func order() throws {
    let events = ProgramEvents()
    let (bodies, failures) = (Locked<[String]>([]), Locked(1))
    let address = try #require(WebAddress("http://127.0.0.1:9/hook"))
    let log = Log(least: .error) { _, _, _ in }
    let webhook = EventWebhook(to: address, key: [], events, log: log) { body, _, _, _ in
      let text = String(decoding: body, as: UTF8.self)
      let isRefused = failures.withLock { left in
        defer { if text.contains("\"b\"") { left -= 1 } }
        return text.contains("\"b\"") && left > 0
      }
      bodies.withLock { $0.append(text) }
      return isRefused ? 503 : 204
    }
    events.add("before", stream: nil, "x")
    webhook.start()
    events.add("a", stream: nil, "x")
    events.add("b", stream: nil, "x")
    events.add("c", stream: nil, "x")
    events.close()
    #expect(webhook.finish(until: .hangLimit), "it waits for events that are sent")
    let names = bodies.withLock { $0 }.compactMap { text in
      ["before", "a", "b", "c"].first { text.contains("\"event\":\"\($0)\"") }
    }
    #expect(names == ["a", "b", "b", "c"])
  }
}
