// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Logging
import Net
import Push
import Sharing
import Statistics
import Streams
package import Time

/// Answers requests for `/stats` and `/stats.json` on one loop.
struct StatisticsHandler {
  private let serverState: ServerState
  /// Rendering is expensive, and any client may request the text if it needs no token.
  private var budget = RenderBudget()

  init(_ serverState: ServerState) { self.serverState = serverState }

  /// Answers a request for the page, or for its values.
  ///
  /// - Returns: the response to a client that may not read; nil if the request was answered.
  mutating func answer(
    _ exchange: any Exchange, isPage: Bool, now: MonotonicTime
  ) -> PreparedResponse? {
    let read = ProtectedRead(
      request: exchange.request, access: serverState.options.statistics, option: "stats")
    if let refusal = read.refusal(by: serverState.admin, at: now) { return refusal }
    if isPage {
      exchange.respond(serverState.page.statistics)
      return nil
    }
    guard budget.take(at: now) else {
      return .apiError(503, "too many requests for statistics", [HeaderField("Retry-After", "1")])
    }
    let since = exchange.request.queryItems.first { $0.name == "history" }
      .map { Int64($0.value) ?? 0 }
    exchange.respond(
      .document(
        serverState.statistics(at: now, historySince: since),
        fields: [HeaderField("Content-Type", "application/json")] + ResponseFields.sameOrigin))
    return nil
  }
}

extension ServerState {
  /// The text of `/stats.json`; with the history after `historySince`, in Unix milliseconds.
  func statistics(at now: MonotonicTime, historySince: Int64?) -> String {
    let table = streamTable
    let streams =
      table.streams.map { stream in
        StatisticsDocument.Stream(
          name: stream.name, label: stream.options.label, state: stream.word,
          since: stream.served?.measures.statistics().sourceChanged,
          renditions: stream.served?.renditions.map(\.name) ?? [],
          pushes: (stream.options.pushes?.all ?? []).enumerated().map {
            RawJSON(PushDocument(number: $0.offset, push: $0.element).object.spacedText)
          })
      }
      + table.uploads.entries.map {
        StatisticsDocument.Stream(
          name: $0.name, label: nil, state: UploadDocument(entry: $0, now: now).state, since: nil,
          renditions: [])
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
  package func addToHistory(_ now: MonotonicTime) {
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
