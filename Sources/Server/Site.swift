import HTTP
package import Logging
import Packaging
import Sharing
package import Streams

/// Everything that the loops serve: streams, page, counters.
///
/// Immutable, but for what is locked.
package final class Site: Sendable {
  let streams: [ServedStream]
  let page: PageFiles
  let log: Log
  let accessLog: AccessLog?
  let versionText: String
  /// How long a request is held at most, where it is less than the protocol allows; nanoseconds.
  let holdLimit: Int64
  /// Wall clock at the start, nanoseconds since 1970.
  let startedAt = SystemClock.wall
  private let loops = Locked<[Locked<ServerCounters>]>([])

  /// A site of these streams.
  ///
  /// - Parameters:
  ///   - streams: the streams; at least one.
  ///   - page: the player page and its files.
  ///   - version: the program's version.
  ///   - log: where failures go.
  ///   - accessLog: where a line for each answer goes.
  ///   - holdLimit: nanoseconds; three target durations hold where they are less.
  package convenience init(
    _ streams: [LiveStream], page: PageFiles, version: String, log: Log, accessLog: LineFile? = nil,
    holdLimit: Int64 = .max
  ) {
    self.init(
      served: streams.map { ServedStream($0) }, page: page, version: version, log: log,
      accessLog: accessLog, holdLimit: holdLimit)
  }

  init(
    served: [ServedStream], page: PageFiles, version: String, log: Log, accessLog: LineFile? = nil,
    holdLimit: Int64 = .max
  ) {
    self.holdLimit = holdLimit
    streams = served
    self.page = page
    self.log = log
    self.accessLog = accessLog.map { AccessLog($0, log.format) }
    versionText = version
  }

  /// The stream called `name`; nil means the default one, which is `live` or else the first.
  func stream(_ name: String?) -> ServedStream? {
    if let name { return streams.first { $0.name == name } }
    return stream("live") ?? streams.first
  }

  /// A place where one more loop counts.
  func counters() -> Locked<ServerCounters> {
    let counters = Locked(ServerCounters())
    loops.withLock { $0.append(counters) }
    return counters
  }

  /// What all loops counted.
  var totals: ServerCounters {
    var total = ServerCounters()
    for loop in loops.withLock({ $0 }) { total.add(loop.withLock { $0 }) }
    return total
  }
}
