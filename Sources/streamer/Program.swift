import Glibc
import HTTP
import Logging
import Media
import Net
import Packaging
import Server
import Sharing
import Streams

/// The running program: sockets, server and stream, and what signals do to them.
final class Program: Sendable {
  /// How long connections may take to finish after the end; nanoseconds.
  private static let drainLimit: Int64 = 3_000_000_000
  /// How long players that are connected may still fetch the end of the stream; nanoseconds.
  private static let lingerLimit: Int64 = 1_200_000_000

  private let wiring: Wiring
  private let log: Log
  private let endpoints: [Endpoint]
  private let server: StreamServer
  private let stream: LiveStream
  private let startedAt: Int64

  /// Makes the parts; nothing is accepted yet.
  init(
    _ wiring: Wiring, log: Log, accessLog: LineFile?, endpoints: [Endpoint]
  ) throws(NetError) {
    startedAt = SystemClock.monotonic
    self.wiring = wiring
    self.log = log
    let settings = wiring.settings
    self.endpoints = endpoints
    stream = LiveStream(wiring.stream, log: log)
    var limits = settings.limits
    let loopCount = max(1, min(8, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    limits.share(
      connections: settings.connections, descriptors: DescriptorLimit.raise(), loops: loopCount)
    let page = PageFiles(
      html: PackageResources.browser_html, scripts: wiring.scripts)
    server = try StreamServer(
      Site(
        [stream], page: page, options: wiring.serving, version: Version.text, log: log,
        accessLog: accessLog),
      loopCount: loopCount,
      limits: limits)
  }

  /// The sockets handed over, and one bound here for each port without one.
  static func endpoints(
    _ wiring: Wiring, _ handedOver: [Endpoint]
  ) throws(NetError) -> [Endpoint] {
    let settings = wiring.settings
    var endpoints = handedOver
    if !handedOver.contains(where: { $0.tls == nil }) {
      endpoints.insert(
        Endpoint(try ListeningSocket(host: settings.host, port: settings.port)), at: 0)
    }
    if let tls = wiring.tls, !handedOver.contains(where: { $0.tls != nil }) {
      let socket = try ListeningSocket(host: settings.host, port: tls.port)
      endpoints.append(Endpoint(socket, tls: tls.context))
    }
    return endpoints
  }

  /// Starts everything; returns when the window fills and connections are taken.
  ///
  /// What was asked for is opened before a line is logged: what is wrong with it is then the only line. Connections
  /// wait in the socket's queue meanwhile, and from then on are held until the window is full.
  func start(onFailure: @escaping @Sendable () -> Void) throws {
    announceLive()
    try stream.start { _ in onFailure() }
    try server.start(endpoints)
    for endpoint in endpoints { log.write(.info, "listening", address(of: endpoint)) }
    if let note = wiring.tls?.note { log.write(.info, "certificate", note) }
    if let problem = wiring.tls?.selfSigned?.problem {
      log.write(.warning, "certificate", "the next start makes another one: \(problem)")
    }
    log.write(.info, "stream", stream: stream.configuration.name, wiring.summary)
    if let note = wiring.lowLatencyNote {
      log.write(.warning, "low-latency", stream: stream.configuration.name, note)
    }
    if let note = wiring.roundingNote {
      log.write(.info, "durations", stream: stream.configuration.name, note)
    }
    if !SystemClock.synchronization.isSynchronized {
      log.write(
        .warning, "clock",
        "the kernel says the clock is not synchronised: latencies measured on other machines are off"
      )
    }
  }

  /// Logs once when the first playlist can be played.
  private func announceLive() {
    let (log, name, startedAt) = (log, stream.configuration.name, startedAt)
    let isAnnounced = Locked(false)
    let window = stream.window
    window.subscribe { [weak window] in
      guard let window, window.snapshot.state == .live, !window.snapshot.segments.isEmpty else {
        return
      }
      let isFirst = isAnnounced.withLock { announced in
        defer { announced = true }
        return !announced
      }
      if isFirst {
        let elapsed = (SystemClock.monotonic - startedAt) / 1_000_000
        log.write(.info, "live", stream: name, "playable after \(elapsed) ms")
      }
    }
  }

  /// How long the window plays that is listed; nanoseconds.
  var windowNanoseconds: Int64 {
    let configuration = stream.configuration
    return Int64(configuration.playlistLength) * configuration.cadence.segmentNanoseconds
  }

  /// Ends the stream for players, and goes on serving it.
  func endStream() {
    log.write(.info, "ended", stream: stream.configuration.name, "the stream has ended")
    stream.end()
  }

  /// Ends the stream for players, answers what is open, and returns.
  func finish() {
    log.write(.info, "stopping", "ending the stream and answering what is open")
    stream.end()
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
    stream.leave()
    server.stop()
  }

  /// Takes over what was changed on disk: certificate and key, for the connections that come now.
  ///
  /// On an error the old ones stay.
  func reload() {
    guard let tls = wiring.tls, tls.selfSigned == nil else { return }
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
