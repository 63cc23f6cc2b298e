// SPDX-License-Identifier: Apache-2.0

import Access
import Archive
import Configuration
import Events
import Glibc
import HTTP
import Logging
import Media
import Net
import Packaging
import Publishing
import Push
import Registry
import Server
import Sharing
import Statistics
import Streams
import System
import Time
import Versions

/// The running program: sockets, server and streams, and the effects of signals on them.
final class Program: Sendable {
  /// How long connections may take to finish after the end.
  private static let drainLimit = Interval.seconds(3)
  /// The time from a signal to the end of the event loops; connections are given less time to
  /// finish if publishers and streams take long.
  private static let finishLimit = ProgramLoop.stopLimit - .milliseconds(800)
  /// How long publishers may take to connect to the next run of the program.
  private static let reconnectLimit = Interval.milliseconds(1500)

  /// How long the segment may last after which another server continues the streams.
  private static let segmentLimit = Interval.seconds(5)
  /// How much later the other server may publish the last part of that segment.
  private static let otherServerLag = Interval.milliseconds(50)
  /// How long media before it are served: caches notice within 0.6 s that this server is not ready.
  private static let leaveLimit = Interval.milliseconds(1500)

  /// How long the web server of events may take for the last ones.
  private static let webhookLimit = Interval.milliseconds(500)

  private let configuration: ValidatedConfiguration
  let tls: TLSSetup?
  let log: Log
  private let endpoints: [Endpoint]
  private let publisherEndpoints: [Endpoint]
  /// Why the usual congestion control is not used; nil if it is, or another one was requested.
  private let congestionNote: String?
  private let rtmp: RTMPService
  /// Nil without `--srt`.
  private let srt: SRTService?
  private let server: StreamServer
  private let serverState: ServerState
  let registry: StreamRegistry
  /// Nil without `--on-event`.
  private let webhook: EventWebhook?
  /// Nil without a supervisor that listens.
  private let notifier = ServiceNotifier.ofProcess()

  /// Binds the sockets; connections are not accepted yet.
  ///
  /// - Parameters:
  ///   - configuration: the settings of the program and its streams.
  ///   - log: the log.
  ///   - accessLog: the file with one line per response; nil for none.
  ///   - statistics: the file of the statistics of deliveries; nil for none.
  ///   - archive: the archive of the streams; nil for none.
  ///   - handedOver: sockets of a supervisor.
  ///   - onChange: called when a stream has failed, ended or was removed, on any thread.
  /// - Throws: `UsageError`, or `NetError` for a socket.
  init(
    _ configuration: ValidatedConfiguration, log: Log, accessLog: LineFile?,
    statistics: LineFile?, archive: ArchiveStore?, handedOver: [NamedSocket],
    onChange: @escaping @Sendable () -> Void
  ) throws {
    let settings = configuration.settings
    self.configuration = configuration
    self.log = log
    tls = try configuration.tls.map { settings throws(UsageError) in try TLSSetup(settings) }
    // Strangers decide how often.
    let refusals = Locked(RateAllowance(burst: 10, rate: 1, now: SystemClock.monotonicTime))
    tls?.context.onRefusal { [log] peer, reason in
      let isTold = refusals.withLock { $0.take(now: SystemClock.monotonicTime) }
      log.write(
        isTold ? .warning : .debug, "client-certificate",
        "the certificate of \(peer.masked) is refused: \(reason)")
    }
    (endpoints, publisherEndpoints) = try Endpoints.open(settings, tls, handedOver: handedOver)
    congestionNote = try Endpoints.setCongestion(settings, endpoints + publisherEndpoints)
    var limits = settings.limits
    let loopCount = LoopCount.ofProcess
    limits.share(
      connections: settings.connections, descriptors: DescriptorLimit.raise(), loops: loopCount)
    let page = PageFiles.embedded(scripts: configuration.scripts)
    let viewerKey = ViewerSigningKey(
      folder: PrivateFile.stateFolder(SystemEnvironment.value)
    ) { [log] problem in
      log.write(
        .warning, "viewer-key",
        "not kept, viewers with a password sign in again after the next start: \(problem)")
    }
    var options = ServingOptions(configuration, viewerKey: viewerKey)
    options.certificateExpiry = { [context = tls?.context] in context?.expiry }
    serverState = ServerState(
      page: page, options: options, version: Version.text, log: log,
      accessLog: accessLog, segmentRows: statistics.map { SegmentRows($0) })
    serverState.events.follow(log)
    webhook = settings.eventHook.map { [events = serverState.events] in
      EventWebhook(to: $0, key: configuration.eventKey, events, log: log)
    }
    let publishers = serverState.publishers
    rtmp = RTMPService(publishers, log: log)
    let callers = SRTAccess(publishers, passphrase: configuration.merged.srtPassphrase)
    srt = try Endpoints.openSRT(
      settings, callers, isSupervised: !handedOver.isEmpty, log: log)
    server = try StreamServer(serverState, loopCount: loopCount, limits: limits)
    registry = StreamRegistry(
      serverState, configuration.merged, publishers, isSupervised: !handedOver.isEmpty,
      archive: archive, log: log, onChange: onChange)
    serverState.giveControl(to: registry)
    let temporary = TemporaryStreams(registry, publishers, serverState, log: log)
    publishers.createUnknown(
      isKey: { [serverState] in serverState.isPublishKey($0) },
      isTaken: { [serverState] in serverState.hasStream($0) },
      // A key of all streams is no stream's name.
      byPath: configuration.merged.publishKey == nil
    ) { name, application, answer in
      temporary.create(name, application: application, answer: answer)
    }
  }

  // MARK: Start

  /// Starts the streams; ``accept()`` follows.
  ///
  /// Streams of flags are open before the first log line: their error is the only line. Inputs on
  /// the network open while connections are accepted.
  ///
  /// - Throws: the failure of a stream of flags.
  func start() throws {
    webhook?.start()
    registry.expect(configuration.streams)
    for stream in configuration.streams {
      let supervisor = registry.open(stream)
      if stream.mustBeOpen, let supervisor { try waitUntilOpen(supervisor) }
    }
    registry.openRecordings()
    handover.take(configuration.streams)
  }

  /// Starts the server; returns when connections are accepted.
  ///
  /// - Throws: the failure of a socket.
  func accept() throws {
    try server.start(
      endpoints, others: .init(publisherEndpoints, deliver: rtmp.deliver))
    for endpoint in endpoints { log.write(.info, "listening", StartAddresses.line(endpoint)) }
    for endpoint in publisherEndpoints {
      log.write(.info, "listening", StartAddresses.line(endpoint, scheme: "rtmp"))
    }
    try srt?.start { [log] address in
      let printed = PrintedAddress("srt", bound: address.description, port: address.port)
      log.write(.info, "listening", printed.line)
    }
    if let congestionNote { log.write(.info, "congestion", congestionNote) }
    if let note = tls?.note { log.write(.info, "certificate", note) }
    if let problem = tls?.selfSigned?.problem {
      log.write(.warning, "certificate", "not kept, the next start generates another: \(problem)")
    }
    if !SystemClock.synchronization.isSynchronized {
      log.write(
        .warning, "clock",
        "the system clock is not synchronised: latencies measured on other machines are wrong")
    }
    // Each process of a supervisor would print it again.
    if !isSupervised { StartAddresses.showQRCode(configuration.settings, endpoints) }
  }

  private var handover: StreamHandover { StreamHandover(serverState, log: log) }

  /// Tells a supervisor that requests are answered, and from then on that the program runs.
  func reportReady() {
    guard let notifier else { return }
    if isSupervised { handover.offer() }
    notifier.send(.ready)
    SignsOfLife.start(notifier, server)
  }

  private func waitUntilOpen(_ stream: StreamSupervisor) throws(SessionFailure) {
    let phase = Monitor(stream.phase)
    stream.subscribe { [weak stream] in
      if let now = stream?.phase { phase.update { $0 = now } }
    }
    phase.update { $0 = stream.phase }
    let failure: SessionFailure? = phase.wait { phase in
      switch phase {
      case .idle, .starting: nil
      case .live, .ended: .some(nil)
      case .failed(let failure): failure
      }
    }
    if let failure { throw failure }
  }

  // MARK: End

  /// Nil while a stream runs or can run again.
  var exitReason: ExitReason? {
    ExitReason(serverState.streams.map { ($0.phase, $0.plan.isRetried, $0.plan.isRemote) })
  }

  /// Ends the streams for their players, answers all requests, and returns.
  func finish() {
    let deadline = SystemClock.monotonicTime + Self.finishLimit
    log.write(.info, "stopping", "ending the streams and answering all requests")
    notifier?.send(.stopping)
    closePublishers()
    close(isEnding: true)
    serverState.events.close()
    // Players without a held request send one more, and learn that the stream has ended.
    server.linger(limit: StreamRegistry.lingerTime)
    server.stopAccepting()
    server.drain(limit: min(Self.drainLimit, deadline - SystemClock.monotonicTime))
    finishWebhook(deadline)
    server.stop()
  }

  /// Leaves the streams to another server between two segments: no segment has media of both.
  ///
  /// Requests for later media are refused, and the cache before the servers repeats them at the
  /// other one.
  func leaveToOtherServer() {
    let margin = Interval.milliseconds(100)
    let left: [(StreamSession, Int64)] = serverState.streams.compactMap { stream in
      guard case .live(let session) = stream.phase, let first = session.leave(after: margin) else {
        return nil
      }
      log.write(
        .info, "handover", stream: stream.name, "another server continues with segment \(first)")
      return (session, first)
    }
    guard !left.isEmpty else { return }
    let deadline = SystemClock.monotonicTime + Self.segmentLimit
    while SystemClock.monotonicTime < deadline,
      !left.allSatisfy({ session, first in session.isComplete(before: first) })
    { SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(2)) }
    // Requests for the next part would be refused by a server that has not announced it yet.
    SystemClock.sleep(until: SystemClock.monotonicTime + Self.otherServerLag)
    serverState.leaveStreams()
    server.linger(limit: Self.leaveLimit)
  }

  /// Exits without ending the streams: players wait for the next process, and connections queue at
  /// the supervisor's socket.
  func leave() {
    log.write(.info, "leaving", "leaving without ending the streams")
    notifier?.send(.stopping)
    server.stopAccepting()
    closePublishers()
    close(isEnding: false)
    serverState.events.close()
    finishWebhook(.distantFuture)
    server.stop()
  }

  /// Ends the connections to the receivers of streams; they get the end of streams that have ended.
  func closePushes(until deadline: MonotonicTime) { registry.pushes.close(until: deadline) }

  /// Waits for the last events to be sent.
  private func finishWebhook(_ deadline: MonotonicTime) {
    webhook?.finish(until: min(deadline, SystemClock.monotonicTime + Self.webhookLimit))
  }

  private func closePublishers() {
    rtmp.askToReconnect(until: SystemClock.monotonicTime + Self.reconnectLimit)
    rtmp.close()
    srt?.close()
  }

  private func close(isEnding: Bool) {
    let streams = serverState.streams
    for stream in streams { stream.beginClosing(isEnding: isEnding) }
    let deadline = SystemClock.monotonicTime + StreamSupervisor.closeLimit
    for stream in streams { stream.waitUntilClosed(until: deadline, log) }
  }

  /// Whether a supervisor owns the sockets and starts the next process.
  var isSupervised: Bool { endpoints.contains { $0.socket.isAdopted } }
}
