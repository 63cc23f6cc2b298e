// SPDX-License-Identifier: Apache-2.0

package import Access
import Archive
package import Events
import HTTP
package import Logging
import Net
import Packaging
package import Publishing
package import Sharing
import Sockets
package import Statistics
import Stills
package import Streams
package import Time

/// The streams, page and counters that all loops share.
///
/// Streams change at run time, and each loop adopts the change. All other properties are constant
/// or locked.
package final class ServerState: Sendable {
  private struct Shared: Sendable {
    var streamTable: StreamTable
    var watchers: [@Sendable () -> Void] = []
    var control: (any StreamControl)?
  }

  let page: PageFiles
  let options: ServingOptions
  let log: Log
  let accessLog: AccessLog?
  /// Makes the stills of all streams.
  let stills: StillService
  /// The statistics of deliveries; nil if none are saved.
  let segmentRows: SegmentRows?
  let versionText: String
  /// The time of the start.
  let startedAt = SystemClock.wallTime
  private let shared: Locked<Shared>
  /// The state of the WebSockets.
  let sockets = SocketsOfAllLoops()
  /// The viewers of all loops.
  package var viewers: ViewerReports { sockets.viewers }
  /// The viewers of the last ten minutes.
  let viewerHistory = Locked(ViewerHistory())
  /// Decides which clients may publish.
  package let publishCheck: PublishCheck
  /// What has happened, for `/api/events` and the webhook.
  package let events = ProgramEvents()
  /// Slows down addresses with invalid keys and tokens, and counts refusals.
  package let attempts: AttemptLimit
  /// Verifies passwords of viewers.
  let passwords: PasswordDesk
  /// Decides which clients may use `/api`, and read statistics, metrics and times.
  let admin: AdminAccess
  /// Warns of proxies that are not named.
  let proxyNotice: ProxyNotice
  /// The streams that accept publishers of media.
  package let publishers: PublisherRegistry
  /// The names of the streams that publishers have created.
  package let createdStreams: CreatedStreamLimit
  /// The permissions of clients that upload files of uploaded streams.
  let uploadGrants = Locked(UploadGrants())
  /// The uploads of files.
  let uploadCounters = Locked(UploadCounters())
  private let loops = Locked<[Locked<ServerCounters>]>([])

  /// A state without streams.
  ///
  /// - Parameters:
  ///   - page: the player page and its files.
  ///   - options: how streams are served.
  ///   - version: the program's version.
  ///   - log: the log for failures.
  ///   - accessLog: the file for one line per response; nil for none.
  ///   - segmentRows: the statistics of deliveries; nil for none.
  package init(
    page: PageFiles, options: ServingOptions, version: String, log: Log,
    accessLog: LineFile? = nil, segmentRows: SegmentRows? = nil
  ) {
    shared = Locked(Shared(streamTable: StreamTable(revision: 0, streams: [])))
    self.options = options
    attempts = AttemptLimit(
      starts: StartLimits(running: options.runningStreams, starts: options.streamStarts))
    passwords = PasswordDesk(attempts)
    let publishCheck = PublishCheck(options.publishAccess, attempts)
    self.publishCheck = publishCheck
    admin = AdminAccess(
      token: options.adminToken, publicKey: options.tokenPublicKey,
      hosts: KnownHosts(options.hostNames), localClients: options.localClients, attempts, log: log)
    proxyNotice = ProxyNotice(log: log)
    publishers = PublisherRegistry(publishCheck, PublishHooks(options.publishHooks, log: log))
    createdStreams = CreatedStreamLimit(limit: options.publishedStreams)
    self.page = page
    self.log = log
    stills = StillService(log: log)
    self.segmentRows = segmentRows
    self.accessLog = accessLog.map { AccessLog($0, log.format) }
    versionText = version
  }

  /// Signs for viewers with a password of streams without keys.
  package var viewerKey: ViewerSigningKey { options.viewerKey }

  // MARK: Streams

  /// The current streams, in the order of their addition.
  package var streams: [StreamSupervisor] { streamTable.streams.compactMap(\.supervisor) }

  /// Adds a stream; it replaces a stream of the same name.
  package func add(
    _ stream: StreamSupervisor, options: StreamServingOptions = StreamServingOptions()
  ) {
    change { streams in
      let new = StreamEntry(
        name: stream.name, state: Self.state(of: stream), supervisor: stream, options: options,
        recorded: RecordedStream(stream.name, options))
      if let index = streams.firstIndex(where: { $0.name == stream.name }) {
        streams[index] = new
      } else {
        streams.append(new)
      }
    }
    stream.subscribe { [weak self, weak stream] in
      if let self, let stream { update(stream) }
    }
    update(stream)
  }

  /// Removes a stream; requests held for it get 404.
  ///
  /// `recording`: how the archive of the stream is served from now on; nil if it is not.
  package func remove(_ stream: StreamSupervisor, keeping recording: StreamServingOptions? = nil) {
    changeTable { table in
      var (streams, recordings) = (table.streams, table.recordings)
      for entry in streams where entry.supervisor === stream { entry.options.leaveWindows() }
      streams.removeAll { $0.supervisor === stream }
      if let recording { Self.add(stream.name, recording, to: &recordings, beside: streams) }
      return (streams, recordings)
    }
  }

  /// Leaves the streams to another server: only media that are complete are served from now on.
  package func leaveStreams() {
    change { streams in
      for index in streams.indices { streams[index].isLeft = true }
    }
  }

  /// Applies a change of a stream's phase to the table.
  private func update(_ stream: StreamSupervisor) {
    var begun: ServedStream?
    change { streams in
      guard let index = streams.firstIndex(where: { $0.supervisor === stream }) else { return }
      let (served, own) = (streams[index].served, streams[index].options)
      let state: StreamEntry.State
      switch stream.phase {
      case .live(let live), .ended(let live):
        let present = served.flatMap { $0.source === live ? $0 : nil }
        let new = present ?? serve(live, own)
        if present == nil { begun = new }
        state = .served(new)
      case .idle, .starting, .failed: state = Self.state(of: stream)
      }
      var recorded: RecordedStream?
      if case .served = state {
      } else {
        if served != nil { own.leaveWindows() }
        recorded =
          streams[index].recorded ?? RecordedStream(stream.name, own, keys: served?.names.keys)
      }
      streams[index] = StreamEntry(
        name: stream.name, state: state, supervisor: stream, options: own,
        isLeft: streams[index].isLeft, recorded: recorded)
    }
    // Not under the lock of all loops.
    begun?.push()
  }

  private func serve(_ live: StreamSession, _ own: StreamServingOptions) -> ServedStream {
    let reports = TimedEventReports(live.configuration.name, to: events)
    live.events.observe { reports.add($0) }
    let served = ServedStream(
      live, own, root: options.playlistRoot(own), sendsCMSD: options.sendsCMSD)
    own.archive?.follow(served.renditions.map { ($0.name, $0.window) })
    return served
  }

  /// Whether a client has the admin token.
  func isAdmin(_ request: Request, at now: MonotonicTime) -> Bool {
    admin.decide(on: AdminAccess.Client(request), reading: .token, at: now).refusal == nil
  }

  /// The text of `/metrics`; beyond the render budget the previous text is repeated.
  ///
  /// Rendering is expensive, and any client may request the text. A scraper stays within the budget
  /// and gets the present values.
  package func metrics(at now: MonotonicTime) -> SharedBytes {
    let kept = metricsText.withLock { kept in kept.budget.take(at: now) ? nil : kept.text }
    if let kept { return kept }
    let text = SharedBytes(MetricsText(serverState: self).text())
    let replaced = metricsText.withLock { kept in
      defer { kept.text = text }
      return kept.text
    }
    if let replaced { PastMedia.add(texts: [replaced], at: now) }
    return text
  }

  private let metricsText = Locked<(text: SharedBytes?, budget: RenderBudget)>(
    (nil, RenderBudget()))

  private static func state(of stream: StreamSupervisor) -> StreamEntry.State {
    switch stream.phase {
    case .idle: stream.plan.isOnDemand ? .idle : .starting
    case .starting, .live, .ended: .starting
    case .failed(let failure): .failed(Redaction.redact("\(failure)"))
    }
  }

  /// Changes the streams, and wakes the loops.
  package func change(_ body: (inout [StreamEntry]) -> Void) {
    changeTable { table in
      var streams = table.streams
      body(&streams)
      // A stream that exists again needs no recording.
      let names = table.recordings.isEmpty ? [] : Set(streams.map(\.name))
      return (streams, table.recordings.filter { !names.contains($0.name) })
    }
  }

  /// Changes the streams and the recordings, and wakes the loops.
  func changeTable(
    _ body: (StreamTable) -> (streams: [StreamEntry], recordings: [StreamEntry])
  ) {
    replaceTable { table in
      (table.streams, table.recordings) = body(table)
    }
  }

  /// Changes the table, and wakes the loops; on an error it stays as it is.
  private func replaceTable<Result: Sendable, Failure: Error>(
    _ body: (inout StreamTable) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let (result, watchers) = try shared.withLock { shared throws(Failure) in
      var table = shared.streamTable
      let result = try body(&table)
      table.revision += 1
      shared.streamTable = table
      return (result, shared.watchers)
    }
    for watcher in watchers { watcher() }
    return result
  }

  /// Changes the uploaded streams; on an error they stay as they are.
  func changeUploads<Result: Sendable, Failure: Error>(
    _ body: (inout UploadTable, [StreamEntry]) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try replaceTable { table throws(Failure) in try body(&table.uploads, table.streams) }
  }

  /// Sets the object that adds and removes streams for requests to `/api`.
  package func giveControl(to control: any StreamControl) {
    shared.withLock { $0.control = control }
  }

  // MARK: For the loops

  /// The object that adds and removes streams for requests; nil while the program starts.
  var control: (any StreamControl)? { shared.withLock { $0.control } }

  /// The current streams.
  var streamTable: StreamTable { shared.withLock { $0.streamTable } }

  /// Calls `body` after each change of the streams, on any thread.
  func subscribe(_ body: @escaping @Sendable () -> Void) {
    shared.withLock { $0.watchers.append(body) }
  }

  /// New counters for one more loop.
  package func counters() -> Locked<ServerCounters> {
    let counters = Locked(ServerCounters())
    loops.withLock { $0.append(counters) }
    return counters
  }

  /// The sums over all loops.
  var totals: ServerCounters {
    var total = ServerCounters()
    for loop in loops.withLock({ $0 }) { total.add(loop.withLock { $0 }) }
    return total
  }
}
