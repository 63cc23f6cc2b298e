// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

/// The viewers of all loops, as far as the server knows them.
package final class ViewerReports: Sendable {
  private let sockets = Locked<[UInt64: ViewerReport]>([:])
  private let loops = Locked<[HTTPViewers]>([])
  /// The figures of players over HTTP by the numbers of their viewers, each with the socket without
  /// media that reported it: several players may count as one viewer.
  private let figures = Locked<[UInt64: (figures: PlayerFigures, socket: UInt64)]>([:])

  package init() {}

  /// Adds or replaces the report of a viewer over a WebSocket.
  package func set(_ report: ViewerReport) { sockets.withLock { $0[report.number] = report } }

  /// Removes a viewer over a WebSocket.
  package func remove(_ number: UInt64) { sockets.withLock { $0[number] = nil } }

  /// Sets the figures of the player of a viewer over HTTP, which `socket` has reported.
  package func set(_ figures: PlayerFigures, of number: UInt64, by socket: UInt64) {
    self.figures.withLock { $0[number] = (figures, socket) }
  }

  /// Forgets the figures of a viewer over HTTP if `socket`, which has ended, reported them last.
  package func removeFigures(of number: UInt64, by socket: UInt64) {
    figures.withLock { if $0[number]?.socket == socket { $0[number] = nil } }
  }

  /// The viewers over HTTP of one more loop.
  package func newLoop() -> HTTPViewers {
    let viewers = HTTPViewers()
    loops.withLock { $0.append(viewers) }
    return viewers
  }

  /// The transport of a viewer over HTTP; nil if it is not known.
  package func transport(of number: UInt64) -> ViewerTransport? {
    for loop in loops.withLock({ $0 }) {
      if let transport = loop.transport(of: number) { return transport }
    }
    return nil
  }

  /// The number of connections and sessions of viewers; not less than that of the viewers.
  package var count: Int {
    loops.withLock({ $0 }).reduce(sockets.withLock { $0.count }) { $0 + $1.count }
  }

  /// All viewers, the oldest first.
  package func all(now: MonotonicTime) -> [ViewerReport] {
    present(now: now).sorted { ($0.since, $0.number) < ($1.since, $1.number) }
  }

  /// All viewers, in any order; one over connections of several loops is one viewer.
  package func present(now: MonotonicTime) -> [ViewerReport] {
    var merged: [UInt64: HTTPViewerTable.Presence] = [:]
    for loop in loops.withLock({ $0 }) {
      for presence in loop.present(now) {
        merged[presence.report.number] =
          merged[presence.report.number].map { $0.merged(with: presence) } ?? presence
      }
    }
    let figures = figures.withLock { $0 }
    let overHTTP = merged.mapValues { presence in
      var report = presence.report
      if let own = figures[report.number]?.figures { report.figures.complete(own) }
      return report
    }
    return Self.joined(sockets.withLock { Array($0.values) }, overHTTP)
  }

  /// The viewers over sockets and those over HTTP, each once.
  ///
  /// A session is one viewer over all its sockets and requests. The requests of the owner of a
  /// token are those of the oldest of its sockets: many viewers may share a token, each with a
  /// socket.
  private static func joined(
    _ sockets: [ViewerReport], _ overHTTP: [UInt64: ViewerReport]
  ) -> [ViewerReport] {
    var (overHTTP, sessions) = (overHTTP, [UInt64: ViewerReport]())
    var found = sockets.filter { $0.link == .none }
    let linked = sockets.filter { $0.link != .none }
    for socket in linked.sorted(by: { ($0.since, $0.number) < ($1.since, $1.number) }) {
      switch socket.link {
      case .none: break
      case .owner(let number):
        found.append(socket.joined(with: overHTTP.removeValue(forKey: number)))
      case .session(let number):
        sessions[number] =
          sessions[number].map { $0.continued(by: socket) }
          ?? socket.joined(with: overHTTP.removeValue(forKey: number))
      }
    }
    found += sessions.values
    return found + overHTTP.values
  }
}
