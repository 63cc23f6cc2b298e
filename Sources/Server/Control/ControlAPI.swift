// SPDX-License-Identifier: Apache-2.0

import Access
import Events
import HTTP
import Logging
import Media
import Net
import Packaging
import Push
import Sharing
import Statistics
import Streams
import Time

/// `/api` on one loop: lists, adds and removes streams for clients with the token.
///
/// Confined to the loop's thread; results arrive from another thread. Scripts of other origins
/// cannot read the responses.
final class ControlAPI {
  private typealias Reply = (ticket: UInt64, result: ControlResult)
  /// A held request, and what it is answered with at its deadline: nil for 503.
  private typealias Waiting = (
    exchange: any Exchange, deadline: MonotonicTime, late: ControlResult?
  )

  /// How long an order to the archive may wait for the disk.
  static let archiveLimit = Interval.seconds(60)
  /// How long a response waits for the removal of bytes whose span is hidden.
  static let removalLimit = Interval.seconds(3)

  let serverState: ServerState
  private unowned let loop: EventLoop
  private var waiting: [UInt64: Waiting] = [:]
  private var lastTicket: UInt64 = 0
  private let replies = Locked<[Reply]>([])
  private var events: ProgramEventReaders

  init(_ serverState: ServerState, loop: EventLoop) {
    self.serverState = serverState
    self.loop = loop
    events = ProgramEventReaders(serverState.events, loop: loop)
  }

  /// Whether a request is for `/api`.
  static func owns(_ request: Request) -> Bool { request.isBelow("api") }

  /// Answers a request, or holds it until its result is known.
  func handle(_ exchange: any Exchange) {
    exchange.kind = .control
    let (request, path) = (exchange.request, exchange.request.pathSegments)
    let isOfEvents = path == ["api", "events"]
    let isPermitted = StreamTokenRights.permit(request.method, path)
    let stream =
      isOfEvents
      ? ProgramEventReaders.stream(request) : path.count >= 3 && isPermitted ? path[2] : nil
    let decision = serverState.admin.decide(
      on: AdminAccess.Client(request), parameter: PlaybackAccess.parameter(request),
      stream: stream, at: loop.now,
      seconds: (SystemClock.wallTime - .origin).wholeSeconds)
    if let refusal = decision.refusal {
      return exchange.respond(refusal.response(to: .administration))
    }
    if refusesCondition(exchange, path) { return }
    if isOfEvents {
      guard request.method == .get || request.method == .head else {
        return exchange.respond(Self.methodRefusal(request, allowed: "GET, HEAD"))
      }
      return events.add(exchange)
    }
    if path.count == 4, path[1] == "streams", path[3] == "events" {
      return addEvent(exchange, path[2])
    }
    if path.count == 4, path[1] == "streams", path[3] == "captions" {
      return addCue(exchange, path[2])
    }
    if path.count >= 4, path[1] == "streams", path[3] == "archive" {
      return changeArchive(exchange, path[2], Array(path[4...]))
    }
    if path.count == 6, path[1] == "streams", path[3] == "push" {
      return changePush(exchange, path[2], path[4], path[5])
    }
    guard path.count >= 2, path[1] == "streams", path.count <= 3 else {
      return exchange.respond(.apiError(404, "nothing is served under this path"))
    }
    let name = path.count == 3 ? path[2] : nil
    switch (exchange.request.method, name) {
    case (.get, nil), (.head, nil):
      let table = serverState.streamTable
      let streams =
        table.streams.map { StreamDocument(stream: $0).object.spacedText }
        + table.uploads.entries.map { UploadDocument(entry: $0, now: loop.now).object.spacedText }
      exchange.respond(Self.json(200, "[" + streams.joined(separator: ",\n ") + "]"))
    case (.get, let name?), (.head, let name?):
      guard let text = document(name) else {
        return exchange.respond(.apiError(404, "no such stream"))
      }
      exchange.respond(Self.json(200, text))
    case (.post, nil):
      exchange.collectBody { [weak self] body in
        self?.ask(exchange) { control, answer in control.add(body, answer: answer) }
      }
    case (.delete, let name?):
      ask(exchange) { control, answer in control.remove(name, answer: answer) }
    default:
      let allowed = name == nil ? "GET, HEAD, POST" : "GET, HEAD, DELETE"
      exchange.respond(Self.methodRefusal(request, allowed: allowed))
    }
  }

  /// Answers 412 if a condition of a request that would change something does not hold: the
  /// resources of `/api` have no entity tags.
  ///
  /// - Returns: whether it did.
  /// - Source: RFC 9110 §13.1.1, §13.2.1
  private func refusesCondition(_ exchange: any Exchange, _ path: [String]) -> Bool {
    let request = exchange.request
    guard [.post, .put, .delete].contains(request.method), request.precondition(nil) != .holds,
      path.count < 3 || document(path[2]) != nil
    else { return false }
    exchange.respond(.apiError(412, "the condition of the request does not hold"))
    return true
  }

  /// The stream to which a POST of an event or of a cue adds something; nil if it was refused.
  private func addressee(_ exchange: any Exchange, _ name: String) -> StreamEntry? {
    guard exchange.request.method == .post else {
      exchange.respond(Self.methodRefusal(exchange.request, allowed: "POST"))
      return nil
    }
    guard let stream = serverState.streamTable.stream(name) else {
      exchange.respond(.apiError(404, "no such stream"))
      return nil
    }
    return stream
  }

  /// `POST /api/streams/S/push/N/start` and `…/stop`.
  private func changePush(
    _ exchange: any Exchange, _ name: String, _ number: String, _ order: String
  ) {
    guard let stream = addressee(exchange, name) else { return }
    guard let index = Int(number), let pushes = stream.options.pushes?.all,
      pushes.indices.contains(index)
    else {
      return exchange.respond(.apiError(404, "the stream has no such push"))
    }
    exchange.collectBody { _ in
      switch order {
      case "start": pushes[index].start()
      case "stop": pushes[index].stop()
      default: return exchange.respond(.apiError(404, "nothing is served under this path"))
      }
      let document = PushDocument(number: index, push: pushes[index])
      exchange.respond(Self.json(200, document.object.spacedText))
    }
  }

  private func addCue(_ exchange: any Exchange, _ name: String) {
    guard let stream = addressee(exchange, name) else { return }
    guard let captions = stream.options.captions else {
      return exchange.respond(.apiError(404, "the stream has no captions"))
    }
    exchange.collectBody { [loop] body in
      let wall = SystemClock.wallTime
      do throws(RequestRefusal) {
        let cue = try CaptionRequest(exchange.request, body, now: wall)
          .add(to: captions, of: stream.served, wall: wall, now: loop.now)
        let added: JSONObject = [
          "id": cue.id, "start": UTCTime(cue.start).text, "end": UTCTime(cue.end).text,
        ]
        exchange.respond(Self.json(201, added.spacedText))
      } catch { exchange.respond(.apiError(error.status, error.reason)) }
    }
  }

  private func addEvent(_ exchange: any Exchange, _ name: String) {
    guard let stream = addressee(exchange, name) else { return }
    exchange.collectBody { body in
      let now = SystemClock.wallTime
      do throws(RequestRefusal) {
        let event = try EventRequest(exchange.request, body, now: now)
          .add(to: stream.served, now: now)
        let added: JSONObject = ["id": event.id, "time": UTCTime(event.time).text]
        exchange.respond(Self.json(201, added.spacedText))
      } catch { exchange.respond(.apiError(error.status, error.reason)) }
    }
  }

  /// Answers the requests whose results are known.
  func woken() {
    let known = replies.withLock { replies in
      defer { replies = [] }
      return replies
    }
    for reply in known {
      if case .removing = reply.result, let waiter = waiting[reply.ticket] {
        let deadline = min(waiter.deadline, loop.now + Self.removalLimit)
        waiting[reply.ticket] = (waiter.exchange, deadline, reply.result)
        continue
      }
      guard let (exchange, _, _) = waiting.removeValue(forKey: reply.ticket) else { continue }
      exchange.respond(response(reply.result))
    }
    events.woken()
  }

  /// The time for ``expire(_:)``.
  var nextDeadline: MonotonicTime {
    waiting.values.reduce(events.nextDeadline) { min($0, $1.deadline) }
  }

  /// Answers the requests whose result is late.
  func expire(_ now: MonotonicTime) {
    events.expire(now)
    for (ticket, waiter) in waiting where waiter.deadline <= now {
      waiting[ticket] = nil
      waiter.exchange.onGone = nil
      waiter.exchange.respond(
        waiter.late.map(response)
          ?? .apiError(
            503, "the disk of the archive has not answered; the order is carried out when it does"))
    }
  }

  private func ask(
    _ exchange: any Exchange,
    _ change: (any StreamControl, @escaping @Sendable (ControlResult) -> Void) -> Void
  ) {
    guard let control = serverState.control else {
      return exchange.respond(.apiError(503, "the program is starting"))
    }
    hold(exchange) { answer in change(control, answer) }
  }

  /// Holds a request until `begin` has given a result to its argument, or for `limit`.
  func hold(
    _ exchange: any Exchange, for limit: Interval? = nil,
    _ begin: (@escaping @Sendable (ControlResult) -> Void) -> Void
  ) {
    lastTicket += 1
    let ticket = lastTicket
    waiting[ticket] = (exchange, limit.map { loop.now + $0 } ?? .distantFuture, nil)
    exchange.onGone = { [weak self] in self?.waiting[ticket] = nil }
    begin { [replies, weak loop] result in
      replies.withLock { $0.append((ticket, result)) }
      loop?.wake()
    }
  }

  private func response(_ result: ControlResult) -> PreparedResponse {
    switch result {
    case .added(let name):
      guard let text = document(name) else { return .apiError(404, "the stream was removed again") }
      return Self.json(201, text, [HeaderField("Location", "/api/streams/\(name)")])
    case .removed: return PreparedResponse(status: 204, fields: ResponseFields.sameOrigin)
    case .removing(let span, let name): return Self.removing(span, of: name)
    case .unknown: return .apiError(404, "no such stream")
    case .refused(let reason): return .apiError(400, Redaction.redact(reason))
    case .taken(let name): return .apiError(409, "stream \(name) already exists")
    }
  }

  /// The JSON object of the stream `name`; nil if there is no such stream.
  private func document(_ name: String) -> String? {
    let table = serverState.streamTable
    return table.stream(name).map { StreamDocument(stream: $0).object.spacedText }
      ?? table.uploads[name].map { UploadDocument(entry: $0, now: loop.now).object.spacedText }
  }

  static func json(
    _ status: Int, _ text: String, _ more: [HeaderField] = []
  ) -> PreparedResponse {
    .document(
      text + "\n", status: status,
      fields: [HeaderField("Content-Type", "application/json")] + ResponseFields.sameOrigin + more)
  }

  static func methodRefusal(_ request: Request, allowed: String) -> PreparedResponse {
    .apiError(
      405, "method not allowed: \(request.methodText) (expected \(allowed))",
      [HeaderField("Allow", allowed)])
  }
}
