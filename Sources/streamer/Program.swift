// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTP
import Logging
import Media
import Net
import Packaging
import Server
import Sharing
import Streams
import Time

/// The running program: sockets, server and streams, and what signals do to them.
final class Program: Sendable {
  /// How long connections may take to finish after the end.
  private static let drainLimit = Interval.seconds(3)
  /// How long players that are connected may still fetch the end of the stream.
  private static let lingerLimit = Interval.milliseconds(1200)

  private let definition: ValidatedConfiguration
  private let log: Log
  private let endpoints: [Endpoint]
  private let server: StreamServer
  private let serverState: ServerState
  private let registry: StreamRegistry

  /// Binds the sockets and makes the parts; nothing is accepted yet.
  ///
  /// - Parameters:
  ///   - definition: what is asked for.
  ///   - log: where everything is told.
  ///   - accessLog: where a line for each answer goes.
  ///   - handedOver: sockets of a supervisor.
  ///   - onChange: called when a stream has failed, ended or gone, on any thread.
  /// - Throws: what is wrong with a socket.
  init(
    _ definition: ValidatedConfiguration, log: Log, accessLog: LineFile?, handedOver: [Endpoint],
    onChange: @escaping @Sendable () -> Void
  ) throws(NetError) {
    self.definition = definition
    self.log = log
    let settings = definition.settings
    endpoints = try Self.endpoints(definition, handedOver)
    var limits = settings.limits
    let loopCount = max(1, min(8, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    limits.share(
      connections: settings.connections, descriptors: DescriptorLimit.raise(), loops: loopCount)
    let page = PageFiles(
      html: PackageResources.browser_html, scripts: definition.scripts)
    serverState = ServerState(
      page: page, options: definition.serving, version: Version.text, log: log, accessLog: accessLog
    )
    server = try StreamServer(serverState, loopCount: loopCount, limits: limits)
    registry = StreamRegistry(
      serverState, definition.configuration,
      isSupervised: endpoints.contains { $0.socket.isAdopted },
      log: log, onChange: onChange)
    serverState.giveControl(to: registry)
  }

  /// The sockets handed over, and one bound here for each port without one.
  private static func endpoints(
    _ definition: ValidatedConfiguration, _ handedOver: [Endpoint]
  ) throws(NetError) -> [Endpoint] {
    let settings = definition.settings
    var endpoints = handedOver
    if settings.servesPlain, !handedOver.contains(where: { $0.tls == nil }) {
      endpoints.insert(
        Endpoint(try ListeningSocket(host: settings.host, port: settings.port)), at: 0)
    }
    if let tls = definition.tls, !handedOver.contains(where: { $0.tls != nil }) {
      let socket = try ListeningSocket(host: settings.host, port: tls.port)
      endpoints.append(Endpoint(socket, tls: tls.context))
    }
    return endpoints
  }

  /// Starts everything; returns when windows fill and connections are taken.
  ///
  /// What was asked for by flags is opened before a line is logged: what is wrong with it is then the only line. What
  /// comes over a network may take its time: it is waited for while connections are taken.
  ///
  /// - Throws: what is wrong with what was asked for, or with the sockets.
  func start() throws {
    for stream in definition.streams {
      let hosted = registry.open(stream)
      if stream.mustBeOpen { try waitUntilOpen(hosted) }
    }
    try server.start(endpoints)
    for endpoint in endpoints { log.write(.info, "listening", address(of: endpoint)) }
    if let note = definition.tls?.note { log.write(.info, "certificate", note) }
    if let problem = definition.tls?.selfSigned?.problem {
      log.write(.warning, "certificate", "the next start makes another one: \(problem)")
    }
    if !SystemClock.synchronization.isSynchronized {
      log.write(
        .warning, "clock",
        "the kernel says the clock is not synchronised: latencies measured on other machines are off"
      )
    }
  }

  private func waitUntilOpen(_ stream: StreamSupervisor) throws(StreamSession.Failure) {
    let phase = Monitor(stream.phase)
    stream.subscribe { [weak stream] in
      if let now = stream?.phase { phase.update { $0 = now } }
    }
    phase.update { $0 = stream.phase }
    let failure: StreamSession.Failure? = phase.wait { phase in
      switch phase {
      case .idle, .starting: nil
      case .live, .ended: .some(nil)
      case .failed(let failure): failure
      }
    }
    if let failure { throw failure }
  }

  /// Why the program has nothing to do any longer.
  enum ExitReason: Sendable {
    /// The stream that was asked for by flags has failed.
    case failed(StreamSession.Failure)
    /// The sources of all streams have ended.
    case ended
  }

  /// Nil while there is anything to do.
  var standstill: ExitReason? {
    let streams = serverState.streams
    if streams.count == 1, !streams[0].plan.isRetried, case .failed(let failure) = streams[0].phase
    {
      return .failed(failure)
    }
    let hasEnded =
      !streams.isEmpty && streams.allSatisfy { if case .ended = $0.phase { true } else { false } }
    return hasEnded ? .ended : nil
  }

  /// How long the longest window plays that is listed; nanoseconds.
  var windowNanoseconds: Int64 {
    serverState.streams.reduce(0) { longest, stream in
      guard case .ended(let live) = stream.phase else { return longest }
      let configuration = live.configuration
      return max(
        longest,
        Int64(configuration.playlistLength) * configuration.segmentation.segmentNanoseconds)
    }
  }

  /// Ends the streams for players, answers what is open, and returns.
  func finish() {
    log.write(.info, "stopping", "ending the stream and answering what is open")
    close(isEnding: true)
    // Players that had nothing held still ask once, and are told that it is over.
    server.linger(limit: Self.lingerLimit)
    server.stopAccepting()
    server.drain(limit: Self.drainLimit)
    server.stop()
  }

  /// Leaves without ending the stream: players wait for the next process, whose connections queue at the socket.
  func leave() {
    log.write(.info, "leaving", "leaving without ending the stream")
    server.stopAccepting()
    close(isEnding: false)
    server.stop()
  }

  private func close(isEnding: Bool) {
    let streams = serverState.streams
    for stream in streams { stream.beginClosing(isEnding: isEnding) }
    for stream in streams { stream.waitUntilClosed() }
  }

  /// Takes over what was changed on disk: the configuration's streams, and certificate and key for the connections that
  /// come now.
  ///
  /// On an error the old ones stay.
  func reload() {
    registry.reload()
    guard let tls = definition.tls, tls.selfSigned == nil else { return }
    do throws(TLSError) {
      try tls.context.reload()
      log.write(.info, "certificate", "taken over; SHA-256 \(tls.context.fingerprint)")
    } catch {
      log.write(.error, "certificate", "not taken over, the old one stays: \(error)")
    }
  }

  /// Whether the sockets belong to a supervisor, who will start the next process.
  var isSupervised: Bool { endpoints.contains { $0.socket.isAdopted } }

  private func address(of endpoint: Endpoint) -> String {
    let scheme = endpoint.tls == nil ? "http" : "https"
    let (address, port) = (
      endpoint.socket.boundAddress.description, endpoint.socket.boundPort
    )
    let host = address.contains(":") && !address.hasPrefix("[") ? "[\(address)]" : address
    let local =
      ["0.0.0.0", "[::]"].contains(host) ? ", here \(scheme)://localhost:\(port)/" : ""
    return "listening \(scheme)://\(host):\(port)/\(local)"
  }
}
