// SPDX-License-Identifier: Apache-2.0

import Packaging
import Sharing
import Streams
import Time

/// The state of the source of a stream as its clients are told.
struct SourceReport {
  /// Clients get the time of a next attempt of the source that is at least this far ahead.
  private static let longWait = Interval.seconds(2)

  private(set) var state = ServerMessage.SourceState.starting
  private var since = WallTime.origin
  private var outage: SourceOutage?

  /// The report about a stream that has not started.
  init() {}

  /// The present state of a stream; `former` was reported last.
  init(_ stream: SocketStream, after former: SourceReport) {
    guard let media = stream.media else {
      state = stream.hasFailed ? .failed : .starting
      since = former.state == state ? former.since : SystemClock.wallTime
      outage = stream.outage
      return
    }
    guard stream.window?.snapshot.state != .ended else {
      state = .ended
      since = former.state == .ended ? former.since : SystemClock.wallTime
      return
    }
    let statistics = media.statistics
    state = statistics.isSourceOnline ? .live : .lost
    since = statistics.sourceChanged
    outage = statistics.isSourceOnline ? nil : stream.outage
  }

  /// Whether clients are to be told, whose last report is `former`.
  func isNews(after former: SourceReport) -> Bool {
    let isLater =
      outage?.retryAt.map { retryAt in
        retryAt != former.outage?.retryAt && retryAt - SystemClock.wallTime >= Self.longWait
      } ?? false
    return state != former.state || outage?.kind != former.outage?.kind || isLater
  }

  /// The message about it.
  var message: SharedBytes { ServerMessage.source(state, since: since, outage) }
}
