// SPDX-License-Identifier: Apache-2.0

import Sharing
import Time

/// The viewers of all loops, as far as the server knows them.
final class ViewerReports: Sendable {
  private let sockets = Locked<[UInt64: ViewerReport]>([:])
  private let loops = Locked<[HTTPViewers]>([])
  /// The figures of players over HTTP by the numbers of their viewers, from sockets without media.
  private let figures = Locked<[UInt64: PlayerFigures]>([:])

  /// Adds or replaces the report of a viewer over a WebSocket.
  func set(_ report: ViewerReport) { sockets.withLock { $0[report.number] = report } }

  /// Removes a viewer over a WebSocket.
  func remove(_ number: UInt64) { sockets.withLock { $0[number] = nil } }

  /// Sets the figures of the player of a viewer over HTTP.
  func set(_ figures: PlayerFigures, of number: UInt64) {
    self.figures.withLock { $0[number] = figures }
  }

  /// Forgets the figures of a viewer over HTTP, whose socket has ended.
  func removeFigures(of number: UInt64) { figures.withLock { $0[number] = nil } }

  /// The viewers over HTTP of one more loop.
  func newLoop() -> HTTPViewers {
    let viewers = HTTPViewers()
    loops.withLock { $0.append(viewers) }
    return viewers
  }

  /// All viewers, the oldest first.
  func all(now: MonotonicTime) -> [ViewerReport] {
    present(now: now).sorted { ($0.since, $0.number) < ($1.since, $1.number) }
  }

  /// All viewers, in any order; one over connections of several loops is one viewer.
  func present(now: MonotonicTime) -> [ViewerReport] {
    var merged: [UInt64: HTTPViewerTable.Presence] = [:]
    for loop in loops.withLock({ $0 }) {
      for presence in loop.present(now) {
        merged[presence.report.number] =
          merged[presence.report.number].map { $0.merged(with: presence) } ?? presence
      }
    }
    let figures = figures.withLock { $0 }
    let overHTTP = merged.values.map { presence in
      var report = presence.report
      if let own = figures[report.number] { report.figures.complete(own) }
      return report
    }
    return sockets.withLock { Array($0.values) } + overHTTP
  }
}
