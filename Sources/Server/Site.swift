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
  let options: ServingOptions
  let log: Log
  let accessLog: AccessLog?
  let versionText: String
  /// Wall clock at the start, nanoseconds since 1970.
  let startedAt = SystemClock.wall
  private let loops = Locked<[Locked<ServerCounters>]>([])

  /// A site of these streams.
  ///
  /// - Parameters:
  ///   - streams: the streams; at least one.
  ///   - page: the player page and its files.
  ///   - options: how they are served.
  ///   - version: the program's version.
  ///   - log: where failures go.
  ///   - accessLog: where a line for each answer goes.
  package convenience init(
    _ streams: [LiveStream], page: PageFiles, options: ServingOptions, version: String, log: Log,
    accessLog: LineFile? = nil
  ) {
    self.init(
      served: streams.map { ServedStream($0, options: options) }, page: page, options: options,
      version: version, log: log, accessLog: accessLog)
  }

  init(
    served: [ServedStream], page: PageFiles, options: ServingOptions = ServingOptions(),
    version: String, log: Log, accessLog: LineFile? = nil
  ) {
    streams = served
    self.options = options
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
