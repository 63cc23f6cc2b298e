// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Packaging
import Publishing
import Sharing
import Statistics
import Time

/// Responses beside those of streams: probes, metrics, the time, and uploaded streams.
extension RequestRouter {
  /// The characters of an unknown method that a response repeats: a head may be one long method.
  private static let shownMethod = 32

  func refuseMethod(_ exchange: any Exchange) {
    let method = exchange.request.methodText.prefix(Self.shownMethod)
    let methods = methods(exchange.request)
    let expected = methods.dropLast().joined(separator: ", ") + " or " + (methods.last ?? "")
    exchange.respond(
      .error(
        405, "method not allowed: \(method) (expected \(expected))", .second,
        [HeaderField("Allow", methods.joined(separator: ", "))]))
  }

  /// Answers OPTIONS.
  func preflight(_ exchange: any Exchange) {
    let request = exchange.request
    if Self.isLicence(request) { return exchange.respond(ResponseFields.licencePreflight) }
    let methods = methods(request)
    exchange.respond(
      methods == ResponseFields.readMethods
        ? ResponseFields.preflight : ResponseFields.preflightResponse(allow: methods))
  }

  /// The methods of a path, which `Allow` names.
  ///
  /// - Source: RFC 9110 §10.2.1
  private func methods(_ request: Request) -> [String] {
    if request.isBelow("login") { return ["POST", "OPTIONS"] }
    return Self.isLicence(request)
      ? ResponseFields.licenceMethods
      : ResponseFields.readMethods + UploadRequests.methods(request, serverState)
  }

  /// Whether a player asks for keys, which it does by POST; a token may precede the path.
  static func isLicence(_ request: Request) -> Bool {
    request.pathSegments.last == "clearkey"
  }

  /// Decides about a request to read by `then`, after a search for its client on this machine.
  func hold(_ exchange: any Exchange, reading access: ReadAccess, then: @escaping () -> Void) {
    hold(exchange, then) {
      serverState.admin.search(for: exchange.request.peer, reading: access, at: now, then: $0)
    }
  }

  /// Decides about a request to publish by `then`, after a search for its client on this machine.
  func hold(_ exchange: any Exchange, then: @escaping () -> Void) {
    hold(exchange, then) {
      serverState.publishers.access.search(for: exchange.request.peer, at: now, then: $0)
    }
  }

  /// Calls `then` after a search, or at once if `search` begins none.
  private func hold(
    _ exchange: any Exchange, _ then: @escaping () -> Void,
    after search: (@escaping @Sendable () -> Void) -> Bool
  ) {
    let isSearched = answers.hold(exchange) { (answer: @escaping @Sendable (Bool) -> Void) in
      search { answer(true) }
    } take: { _ in
      then()
    }
    if !isSearched { then() }
  }

  /// The probe that is requested most, rendered once.
  private static let healthy = response("ok\n")

  func health(_ exchange: any Exchange) { exchange.respond(Self.healthy) }

  func version(_ exchange: any Exchange) {
    exchange.respond(Self.response(serverState.versionText + "\n"))
  }

  func readiness(_ exchange: any Exchange) {
    let readiness = ServerReadiness(serverState)
    guard !readiness.isReady else {
      return exchange.respond(Self.response("ready\n" + readiness.detail))
    }
    exchange.respond(.error(503, readiness.reason, .noStore))
  }

  func metrics(_ exchange: any Exchange) {
    let access = serverState.options.metrics
    let read = ProtectedRead(request: exchange.request, access: access, option: "metrics")
    if let refusal = read.refusal(by: serverState.admin, at: now) {
      return exchange.respond(refusal)
    }
    let type = HeaderField("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
    // Only what all clients may read is for scripts of other origins.
    exchange.respond(
      PreparedResponse(
        status: 200,
        fields: access == .open
          ? ResponseFields.fields(type.value, .noStore) : [type] + ResponseFields.sameOrigin,
        body: [serverState.metrics(at: now)]))
  }

  /// The response for a client that may not read the times of a stream; nil if it may.
  func timestampsRefusal(_ request: Request) -> PreparedResponse? {
    let read = ProtectedRead(
      request: request, access: serverState.options.timestamps, option: "timestamps-access",
      asksForPassword: false)
    return read.refusal(by: serverState.admin, at: now)
  }

  /// Answers with the time, without a line end: some players parse the whole body as a date.
  func time(_ exchange: any Exchange, _ form: TimeService.Form) {
    let text = TimeService.text(
      form, now: SystemClock.wallTime, displacement: serverState.options.timeDisplacement)
    exchange.respond(Self.response(text))
  }

  /// A short text, which counts little in memory.
  private static func response(_ text: String) -> PreparedResponse {
    PreparedResponse(
      status: 200, fields: ResponseFields.fields("text/plain; charset=utf-8", .noStore),
      body: [SharedBytes(text)])
  }

  /// Answers a request for a file or the page of an uploaded stream.
  func upload(_ exchange: any Exchange, _ path: UploadPath, since: MonotonicTime) {
    guard let upload = uploads[path.stream] else {
      return path.file == nil ? refusePage(exchange, .notFound) : notFound(exchange)
    }
    if path.isPlayer, path.file?.isIndex ?? true,
      let page = path.file == nil
        ? serverState.page.page.built.response(to: exchange.request)
        : serverState.page.page(instead: exchange.request)
    {
      exchange.kind = .page
      return exchange.respond(page)
    }
    if let file = path.file { return upload.answer(exchange, file, since: since) }
    exchange.kind = .page
    // A path of two texts between slashes, such as `/S/`, has one folder.
    exchange.respond(
      UploadResponses.page(upload.entry, depth: exchange.request.pathSegments.count - 1))
  }
}
