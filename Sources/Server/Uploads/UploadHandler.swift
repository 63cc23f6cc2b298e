// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Packaging
import Sharing
import Statistics
import Time

/// An uploaded stream on one loop: answers the requests for its files, and holds those for a file
/// that is not uploaded yet.
///
/// Confined to the loop's thread.
final class UploadHandler {
  /// How long a request is held if its file is not uploaded.
  static let hold = Interval.seconds(8)
  /// The maximum number of kept responses.
  private static let responseCapacity = 64

  private(set) var entry: UploadEntry
  private let holdLimit: Interval
  private unowned let loop: EventLoop
  private let reroute: (any Exchange, MonotonicTime) -> Void
  private var readers: [ObjectIdentifier: UploadReaders] = [:]
  private let early: HoldQueue<UploadName>
  private var gauge: HoldGauge
  private var heldField = HeldField()
  /// Responses with complete files, by the number of the file.
  private var responses: [UInt64: PreparedResponse] = [:]
  /// The revision of the stream to which `responses` belong.
  private var responsesRevision: UInt64 = 0
  /// The revision of the stream at which all held requests were looked at.
  private var heldRevision: UInt64 = 0
  /// The subscription to changes; nil while no request waits for one.
  private var ticket: Int?

  /// `reroute` handles an exchange again; its second argument is the arrival of the request.
  init(
    _ entry: UploadEntry, holdLimit: Interval = hold, counters: Locked<ServerCounters>,
    loop: EventLoop, reroute: @escaping (any Exchange, MonotonicTime) -> Void
  ) {
    self.entry = entry
    self.holdLimit = holdLimit
    self.loop = loop
    self.reroute = reroute
    early = HoldQueue(.segment, counters)
    gauge = HoldGauge(.segment, counters)
  }

  deinit { if let ticket { entry.stream.unwatch(ticket) } }

  /// Answers a request for a file, or holds it.
  func answer(_ exchange: any Exchange, _ name: UploadName, since: MonotonicTime) {
    // Changes between the look-up and the subscription would be missed.
    watch()
    defer { settle() }
    refresh()
    let limits = entry.stream.limits
    switch entry.stream.lookup(name) {
    case .found(let file):
      if let response = responses[file.serial] {
        return exchange.respond(response.ranged(exchange.request), extra: held(since))
      }
      guard file.read(from: .max).phase == .complete else { return follow(file, exchange, since) }
      let response = UploadResponses.whole(file, limits)
      if responses.count >= Self.responseCapacity { responses = [:] }
      responses[file.serial] = response
      exchange.respond(response.ranged(exchange.request), extra: held(since))
    case .broken: exchange.respond(UploadResponses.broken, extra: held(since))
    case .removed: exchange.respond(UploadResponses.removed)
    case .unknown:
      guard loop.now - since < holdLimit else {
        return exchange.respond(UploadResponses.unknown, extra: held(since))
      }
      early.hold(HeldRequest(exchange, name, since: since), deadline: since + holdLimit)
    }
  }

  private func follow(_ file: UploadedFile, _ exchange: any Exchange, _ since: MonotonicTime) {
    let key = ObjectIdentifier(file)
    let group = readers[key] ?? UploadReaders(file, entry.stream.limits)
    // A file that has ended since needs no group: its readers are finished at once.
    _ = group.advance(loop.now)
    group.add(exchange, since: since, now: loop.now)
    let progress = group.advance(loop.now)
    readers[key] = progress == .reading && group.readerCount > 0 ? group : nil
  }

  private func held(_ since: MonotonicTime) -> [HeaderField] { heldField.ifHeld(since, loop.now) }

  // MARK: Changes

  /// Sends new chunks, and answers held requests whose file has appeared.
  func woken() {
    guard ticket != nil else { return }
    for (key, group) in readers where group.advance(loop.now) == .done { readers[key] = nil }
    let revision = entry.stream.revision
    if revision != heldRevision {
      heldRevision = revision
      for request in early.takeRequests() {
        answer(request.exchange, request.purpose, since: request.since)
      }
    }
    settle()
  }

  /// Forgets the responses of names that may have another meaning now.
  private func refresh() {
    let revision = entry.stream.revision
    guard revision != responsesRevision else { return }
    responsesRevision = revision
    responses = [:]
  }

  private func watch() {
    guard ticket == nil else { return }
    ticket = entry.stream.watch { [weak loop] in loop?.wake() }
  }

  /// Ends the subscription if no request needs it, and reports the number of readers.
  private func settle() {
    gauge.set(readers.values.reduce(0) { $0 + $1.readerCount })
    guard readers.isEmpty, early.count == 0, let ticket else { return }
    entry.stream.unwatch(ticket)
    self.ticket = nil
  }

  /// The earliest deadline or an earlier time.
  var nextDeadline: MonotonicTime { early.nextDeadline }

  /// Refuses the requests whose file was not uploaded in time.
  func expire(_ now: MonotonicTime) {
    guard early.nextDeadline <= now else { return }
    for request in early.expired(now) {
      early.timedOut()
      request.refuse(UploadResponses.unknown, now)
    }
    settle()
  }

  /// Releases the responses, whose files may have left the window.
  func forget() { refresh() }

  /// Applies a change of the stream's entry.
  func update(_ entry: UploadEntry) { self.entry = entry }

  /// The stream was removed: aborts responses in progress, routes held requests again.
  func close() {
    let closing = readers.values
    readers = [:]
    let waiting = early.takeAll()
    settle()
    for group in closing { group.close(reroute) }
    for (exchange, since) in waiting { reroute(exchange, since) }
  }
}
