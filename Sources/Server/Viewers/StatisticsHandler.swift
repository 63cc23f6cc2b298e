// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Sharing
import Streams
import Time

/// Answers requests for `/stats` and `/stats.json` on one loop.
struct StatisticsHandler {
  private let serverState: ServerState
  private let hosts: KnownHosts
  /// Rendering is expensive, and any client may request the text if it needs no token.
  private var budget = RenderBudget()

  init(_ serverState: ServerState) {
    self.serverState = serverState
    hosts = KnownHosts(serverState.options.hostNames)
  }

  /// Answers a request for the page, or for its values.
  mutating func answer(_ exchange: any Exchange, isPage: Bool, now: MonotonicTime) {
    exchange.kind = .control
    let access = serverState.options.statistics
    if let refusal = refusal(exchange.request, access, option: "stats", now) {
      return exchange.respond(refusal)
    }
    if isPage { return exchange.respond(serverState.page.statistics) }
    guard budget.take(at: now) else {
      return exchange.respond(
        Self.error(503, "too many requests for statistics", [HeaderField("Retry-After", "1")]))
    }
    let since = exchange.request.queryItems.first { $0.name == "history" }
      .map { Int64($0.value) ?? 0 }
    exchange.respond(
      .document(
        serverState.statistics(at: now, historySince: since),
        fields: [HeaderField("Content-Type", "application/json")] + Self.fields))
  }

  /// The fields of all responses: scripts of other origins cannot read them.
  static let fields = [HeaderField("Cache-Control", "no-store"), ResponseFields.nosniff]

  private static func error(
    _ status: Int, _ line: String, _ more: [HeaderField] = []
  ) -> PreparedResponse {
    PreparedResponse.text(status, line, fields: fields + more)
  }

  /// The response for a client that may not read what `option` protects; nil if it may.
  ///
  /// With ``ReadAccess/loopback`` a page of another site in a browser on this machine may not.
  /// Browsers ask for a password if the field allows HTTP Basic: the token is the password of any
  /// user. Requests that change something do not accept it, since browsers send it by themselves.
  /// Nothing is asked for the times of a stream, which the player page requests by itself.
  /// - Source: RFC 6750 §3; RFC 7617 §2; RFC 9110 §15.5.2, §15.5.4; RFC 6585 §4
  ///
  /// - Parameters:
  ///   - request: the request.
  ///   - access: which clients may read.
  ///   - option: the name of the option for `access`.
  ///   - asksForPassword: whether a browser may ask for the token.
  ///   - now: the time of the loop.
  /// - Returns: the response.
  func refusal(
    _ request: Request, _ access: ReadAccess, option: String, asksForPassword: Bool = true,
    _ now: MonotonicTime
  ) -> PreparedResponse? {
    var foreignPage: String?
    switch access {
    case .open: return nil
    case .loopback where serverState.options.localClients.hasRights(request.peer, at: now):
      foreignPage = hosts.foreignPage(request)
      if foreignPage == nil { return nil }
    case .token, .loopback: break
    }
    guard let token = serverState.options.adminToken else {
      let remedy =
        if request.peer.isLoopback {
          "for this machine start the server with --\(option) loopback, for others with "
            + "--admin-token TOKEN"
        } else if request.peer.isUnstated {
          "a proxy has the rights of this machine for no client; it requires --admin-token TOKEN, "
            + "or --trusted-proxy ADDRESS if the proxy states addresses of clients"
        } else {
          "it requires --admin-token or --\(option)"
        }
      return Self.error(403, foreignPage ?? "\(request.path) is off: \(remedy)")
    }
    let given = Authorization(request)
    let refusals = serverState.adminRefusals
    if let given, Secret.isSame(given.secret, token) { return nil }
    if given != nil, refusals.mustWait(request.peer, at: now) {
      return Self.error(429, AdminRefusals.line, [AdminRefusals.retryAfter])
    }
    refusals.note(request.peer, isFailure: given != nil, at: now)
    if case .bearer = given { return Self.error(403, "invalid token") }
    let basic = HeaderField("WWW-Authenticate", "Basic realm=\"streamer\", charset=\"UTF-8\"")
    let bearer = HeaderField("WWW-Authenticate", "Bearer realm=\"streamer\"")
    let line =
      given != nil
      ? "invalid token"
      : "missing token"
        + (request.peer.isLoopback && access == .token
          ? ": the password is the admin token; --\(option) loopback needs none on this machine"
          : "")
    return Self.error(401, line, asksForPassword ? [basic, bearer] : [bearer])
  }
}

extension ServerState {
  /// The text of `/stats.json`; with the history after `historySince`, in Unix milliseconds.
  func statistics(at now: MonotonicTime, historySince: Int64?) -> String {
    let table = streamTable
    let streams =
      table.streams.map { stream in
        StatisticsDocument.Stream(
          name: stream.name, state: stream.word,
          since: stream.served?.measures.statistics().sourceChanged,
          renditions: stream.served?.renditions.map(\.name) ?? [])
      }
      + table.uploads.entries.map {
        StatisticsDocument.Stream(
          name: $0.name, state: UploadDocument($0, at: now).state, since: nil, renditions: [])
      }
    let rows = historySince.map { since in (viewerHistory.withLock { $0 }, since) }
    return StatisticsDocument(
      now: SystemClock.wallTime, streams: streams, viewers: viewers.all(now: now), history: rows
    ).text
  }

  /// The numbers of viewers now; of many viewers, those of the newest row of the history.
  func viewerSums(at now: MonotonicTime) -> ViewerSums {
    let kept = viewers.count > ViewerSums.countedAtOnce ? viewerHistory.withLock { $0.sums } : nil
    return kept ?? ViewerSums(viewers.present(now: now))
  }

  /// Adds a row to the history of viewers.
  func addToHistory(_ now: MonotonicTime) {
    let table = streamTable
    let all = viewers.present(now: now)
    let sums = ViewerSums(all)
    viewerHistory.withLock {
      $0.sums = sums
      $0.add(
        all, streams: table.streams.map(\.name) + table.uploads.entries.map(\.name),
        now: SystemClock.wallTime)
    }
  }
}
