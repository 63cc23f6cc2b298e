// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Net
import ServerTestSupport
import Sharing
import Streams
import TestSupport
import Testing
import Time

@testable import Access
@testable import Archive
@testable import Server

@Suite("/api/streams, and its token")
struct ControlTests {
  private static let token = "correct-horse-battery"

  /// Records its calls and gives a fixed result.
  private final class Control: StreamControl {
    let asked = Locked<[String]>([])
    let answer: ControlResult

    init(_ answer: ControlResult) { self.answer = answer }

    func add(_ description: [UInt8], answer: @escaping @Sendable (ControlResult) -> Void) {
      asked.withLock { $0.append("add " + String(decoding: description, as: UTF8.self)) }
      answer(self.answer)
    }

    func remove(_ name: String, answer: @escaping @Sendable (ControlResult) -> Void) {
      asked.withLock { $0.append("remove " + name) }
      answer(self.answer)
    }
  }

  private func handler(token: String? = token, _ control: Control? = nil) throws -> SyntheticHandler
  {
    var options = ServingOptions()
    options.adminToken = token
    let handler = try SyntheticHandler(options: options)
    handler.goLive()
    if let control { handler.serverState.giveControl(to: control) }
    return handler
  }

  private func bearer(_ token: String = token) -> [String] { ["Authorization: Bearer \(token)"] }

  @Test(
    "no token 401, wrong token 403, no configured token 403; the program changes nothing",
    arguments: [
      (nil, 401), ("Bearer", 401), ("Basic Y29ycmVjdA==", 401), (token, 401), ("Bearer wrong", 403),
      ("Bearer \(token)x", 403), ("Bearer \(token.dropLast())", 403),
      ("Bearer \(token) \(token)", 401), ("bearer \(token)", 200), ("Bearer \(token)", 200),
    ] as [(String?, Int)])
  func authorization(given: String?, status: Int) throws {
    let control = Control(.added("live"))
    let handler = try handler(control)
    let fields = given.map { ["Authorization: \($0)"] } ?? []
    let listed = try handler.ask("/api/streams", fields)
    #expect(listed.status == status)
    #expect((listed.header("www-authenticate") != nil) == (status == 401))
    let posted = try handler.ask("/api/streams", method: "POST", fields, body: "{}")
    handler.requests.woken()
    let deleted = try handler.ask("/api/streams/live", method: "DELETE", fields)
    handler.requests.woken()
    for exchange in [listed, posted, deleted] {
      #expect((exchange.status < 300) == (status == 200), "\(exchange.status)")
      #expect(!exchange.text.contains(Self.token))
      // Pages of other origins read nothing here.
      #expect(exchange.header("access-control-allow-origin") == nil)
      #expect(exchange.header("cache-control") == "no-store")
    }
    #expect(control.asked.withLock { $0.count } == (status == 200 ? 2 : 0))
    // Without a configured token all requests are refused.
    let closed = try self.handler(token: nil)
    #expect(try closed.ask("/api/streams", fields).status == 403)
  }

  @Test("a page whose own name leads here (DNS rebinding) gets nothing, with the token too")
  func rebinding() throws {
    var options = ServingOptions()
    options.adminToken = Self.token
    let handler = try SyntheticHandler(options: options)
    let host = ["Authorization: Bearer \(Self.token)"]
    let request = try Request(
      "GET", "/api/streams",
      [HeaderField("Host", "evil.example"), HeaderField("Authorization", "Bearer \(Self.token)")])
    let exchange = FakeExchange(request)
    handler.requests.handle(exchange)
    #expect(exchange.status == 403 && exchange.text.hasPrefix("unknown host"))
    #expect(try handler.ask("/api/streams", host).status == 200)
    // RFC 9112 §3.2.2: a target in absolute-form has the host that counts.
    #expect(try handler.ask("http://evil.example/api/streams", host, host: "x").status == 403)
    #expect(try handler.ask("http://x/api/streams", host, host: "evil.example").status == 200)
  }

  @Test("conditions come before a change, RFC 9110 §13.1.1; a resource of /api has no entity tag")
  func conditions() throws {
    let control = Control(.removed)
    let handler = try handler(control)
    for (method, path, field, status) in [
      ("DELETE", "/live", "If-Match: \"a\"", 412), ("POST", "", "If-Match: \"a\"", 412),
      ("POST", "/live/events?time=1", "If-Match: \"a\"", 412),
      ("POST", "", "If-None-Match: *", 412), ("DELETE", "/live", "If-None-Match: *", 412),
      ("GET", "/live", "If-Match: \"a\"", 412), ("GET", "/live", "If-Match: *", 200),
      ("GET", "/none", "If-Match: \"a\"", 404), ("PATCH", "/live", "If-Match: \"a\"", 405),
    ] {
      let exchange = try handler.ask(
        "/api/streams" + path, method: method, bearer() + [field], body: "{}")
      #expect(exchange.status == status, "\(method) \(path) \(field)")
      #expect(exchange.header("cache-control") == "no-store")
    }
    #expect(control.asked.withLock { $0 } == [])
    let exchange = try handler.ask(
      "/api/streams/live", method: "DELETE", bearer() + ["If-Match: *", "If-None-Match: \"a\""])
    handler.requests.woken()
    #expect(exchange.status == 204 && control.asked.withLock { $0 } == ["remove live"])
  }

  @Test("HTTP/1.0 gets events, ended by the connection, RFC 9112 §6.3")
  func oldEvents() throws {
    let handler = try handler()
    let old = try handler.ask("/api/events", bearer(), version: "1.0")
    #expect(old.status == 200 && old.stage == .streaming && old.text.hasPrefix("retry:"))
    let conditional = try handler.ask("/api/events", bearer() + ["If-Match: \"a\""])
    #expect(conditional.status == 412)
    old.go()
  }

  @Test("the streams with their states, without secrets")
  func list() throws {
    let handler = try handler()
    var plan = StreamPlan(name: "cam") { _ throws(SessionFailure) in
      throw .source("rtsp://user:secret@h/x is not there")
    }
    plan.isOnDemand = true
    var options = StreamServingOptions()
    options.label = "Back \"yard\""
    options.source = "rtsp://user:secret@h/x"
    handler.serverState.add(
      StreamSupervisor(plan, log: Log(format: .text, least: .error) { _ in }), options: options)
    handler.requests.woken()
    let all = try handler.ask("/api/streams", bearer())
    #expect(all.status == 200 && all.header("content-type") == "application/json")
    #expect(all.text.contains(#""stream": "live""#) && all.text.contains(#""state": "live""#))
    #expect(all.text.contains(#""name": "Back \"yard\"""#))
    #expect(all.text.contains(#""state": "idle""#) && all.text.contains(#""onDemand": true"#))
    #expect(!all.text.contains("secret"))
    let one = try handler.ask("/api/streams/live", bearer())
    #expect(one.status == 200 && one.text.hasPrefix("{") && !one.text.contains("cam"))
    #expect(try handler.ask("/api/streams/unknown", bearer()).status == 404)
    #expect(try handler.ask("/api/other", bearer()).status == 404)
    #expect(try handler.ask("/api", bearer()).status == 404)
  }

  @Test(
    "the response to each result of a change",
    arguments: [
      ("POST", "/api/streams", ControlResult.added("live"), 201),
      ("POST", "/api/streams", .refused("request: stream: is missing"), 400),
      ("POST", "/api/streams", .taken("live"), 409), ("DELETE", "/api/streams/live", .removed, 204),
      ("DELETE", "/api/streams/unknown", .unknown, 404),
    ])
  func results(method: String, path: String, answer: ControlResult, status: Int) throws {
    let control = Control(answer)
    let handler = try handler(control)
    let exchange = try handler.ask(path, method: method, bearer(), body: #"{"stream": "x"}"#)
    #expect(exchange.isHeld)
    handler.requests.woken()
    #expect(exchange.status == status && exchange.answers == 1)
    #expect(
      control.asked.withLock { $0 }
        == [method == "POST" ? #"add {"stream": "x"}"# : "remove \(path.split(separator: "/")[2])"])
    if status == 201 { #expect(exchange.header("location") == "/api/streams/live") }
  }

  @Test(
    "other methods are 405 with Allow; a preflight allows nothing",
    arguments: [
      ("PUT", "/api/streams"), ("DELETE", "/api/streams"), ("POST", "/api/streams/live"),
      ("OPTIONS", "/api/streams"),
    ])
  func methods(method: String, path: String) throws {
    let exchange = try handler(Control(.removed)).ask(path, method: method, bearer())
    #expect(exchange.status == 405 && exchange.header("allow")?.contains("GET") == true)
    #expect(exchange.header("access-control-allow-methods") == nil)
  }

  @Test("a client that has gone is not answered")
  func gone() throws {
    final class Silent: StreamControl {
      let answers = Locked<[@Sendable (ControlResult) -> Void]>([])
      func add(_ description: [UInt8], answer: @escaping @Sendable (ControlResult) -> Void) {
        answers.withLock { $0.append(answer) }
      }
      func remove(_ name: String, answer: @escaping @Sendable (ControlResult) -> Void) {}
    }
    let control = Silent()
    var options = ServingOptions()
    options.adminToken = Self.token
    let handler = try SyntheticHandler(options: options)
    handler.serverState.giveControl(to: control)
    let exchange = try handler.ask("/api/streams", method: "POST", bearer(), body: "{}")
    exchange.go()
    for answer in control.answers.withLock({ $0 }) { answer(.added("live")) }
    handler.requests.woken()
    #expect(exchange.answers == 0)
  }

  @Test(
    "a secret is compared as a whole",
    arguments: [
      ("abc", "abc", true), ("abd", "abc", false), ("ab", "abc", false), ("abcabc", "abc", false),
      ("", "abc", false), ("", "", false), ("abc", "", false), ("ABC", "abc", false),
    ])
  func secrets(given: String, secret: String, same: Bool) {
    #expect(AdminAccess.isSame(given, secret) == same)
  }

  @Test("a span of the archive is removed and kept without a session of the stream")
  func archiveWithoutSession() throws {
    let orders = Locked(0)
    var serving = StreamServingOptions()
    serving.archive = StreamArchive(
      name: "cam", ArchivePolicy(), StreamCatalog(folder: "/none"), ReaderPool(threads: 0)
    ) { order in
      switch order {
      case .remove(_, _, _, let answer), .protect(_, _, _, let answer):
        orders.withLock { $0 += 1 }
        answer(nil)
      default: break
      }
    }
    let handler = try handler()
    var plan = StreamPlan(name: "cam") { _ throws(SessionFailure) in throw .source("none") }
    plan.isOnDemand = true
    handler.serverState.add(
      StreamSupervisor(plan, log: Log(format: .text, least: .error) { _ in }), options: serving)
    let span = "?from=1795409999&to=1795410000"
    for (path, method) in [("", "DELETE"), ("/keep", "POST"), ("/keep", "DELETE")] {
      let exchange = try handler.ask(
        "/api/streams/cam/archive\(path)\(span)", method: method, bearer())
      handler.requests.woken()
      #expect(exchange.status == 204, "\(method) \(path)")
    }
    #expect(orders.withLock { $0 } == 3)
    // A stream without an archive.
    #expect(
      try handler.ask("/api/streams/live/archive\(span)", method: "DELETE", bearer()).status == 404)
  }

  @Test("orders to an archive whose disk does not answer are 503 after a while")
  func frozenArchive() throws {
    var options = ServingOptions()
    options.adminToken = Self.token
    var serving = StreamServingOptions()
    serving.archive = StreamArchive(
      name: "live", ArchivePolicy(), StreamCatalog(folder: "/none"), ReaderPool(threads: 0)
    ) { _ in }
    let handler = try SyntheticHandler(options: options, serving: serving, clock: ManualClock())
    handler.goLive()
    let span = "?from=1795409999&to=1795410000"
    let held = try [("", "DELETE"), ("/keep", "POST"), ("/keep", "DELETE")].map { path, method in
      try handler.ask("/api/streams/live/archive\(path)\(span)", method: method, bearer())
    }
    let deadline = handler.loop.now + ControlAPI.archiveLimit
    handler.requests.expire(deadline - .nanoseconds(1))
    for exchange in held { #expect(exchange.isHeld) }
    #expect(handler.requests.nextDeadline <= deadline)
    handler.requests.expire(deadline)
    for exchange in held { #expect(exchange.status == 503) }
  }

  /// A removal from an archive: the steps of its thread, and the response.
  private struct Removal: Sendable, CustomTestStringConvertible {
    enum Step: Sendable { case hidden, done, failed, pass(Interval) }

    let steps: [Step]
    let status: Int
    var testDescription: String { "\(steps): \(status)" }
  }

  @Test(
    "a removal is 204 when the bytes are gone soon, else 202 once the span is hidden",
    arguments: [
      Removal(steps: [.hidden, .done], status: 204),
      Removal(steps: [.hidden, .pass(.milliseconds(2999)), .done], status: 204),
      Removal(steps: [.hidden, .pass(.seconds(3))], status: 202),
      Removal(steps: [.hidden, .pass(.seconds(3)), .done], status: 202),
      Removal(steps: [.hidden, .pass(.seconds(3)), .failed], status: 202),
      Removal(steps: [.hidden, .failed], status: 400), Removal(steps: [.failed], status: 400),
      Removal(steps: [.pass(.seconds(59)), .done], status: 204),
      Removal(steps: [.pass(.seconds(60))], status: 503),
    ])
  private func removal(_ row: Removal) throws {
    let order = Locked<WriterOrder?>(nil)
    var options = ServingOptions()
    options.adminToken = Self.token
    var serving = StreamServingOptions()
    serving.archive = StreamArchive(
      name: "live", ArchivePolicy(), StreamCatalog(folder: "/none"), ReaderPool(threads: 0)
    ) { given in order.withLock { $0 = given } }
    let handler = try SyntheticHandler(options: options, serving: serving, clock: ManualClock())
    handler.goLive()
    let exchange = try handler.ask(
      "/api/streams/live/archive?from=1795409999&to=1795410000.25", method: "DELETE", bearer())
    guard case .remove(_, _, let hidden, let answer) = order.withLock({ $0 }) else {
      Issue.record("no order")
      return
    }
    for (index, step) in row.steps.enumerated() {
      if index > 0, row.status != 202 { #expect(exchange.isHeld) }
      switch step {
      case .hidden: hidden()
      case .done: answer(nil)
      case .failed: answer("the disk is full")
      case .pass(let time): handler.requests.expire(handler.loop.now + time)
      }
      handler.requests.woken()
    }
    #expect(exchange.status == row.status && exchange.answers == 1)
    if row.status == 202 {
      #expect(
        exchange.text == """
          {"from": "2026-11-23T04:59:59.000Z", "to": "2026-11-23T05:00:00.250Z", "hidden": true, \
          "state": "removing", "status": "/api/streams/live"}

          """)
    }
  }
}
