// SPDX-License-Identifier: Apache-2.0

internal import Net
internal import Sharing
internal import System
package import Time

/// The connection between libavformat and an RTSP server, through which this program answers
/// challenges, follows redirects and reads the server's own words.
///
/// libavformat connects to a socket of this process. Interleaved media are passed as they are read,
/// datagrams by ``RTSPDatagrams``; those of multicast reach libavformat directly. A thread does the
/// work.
package final class RTSPRelay: Sendable {
  /// How the relay works.
  package struct Options: Sendable {
    /// The longest time to connect, and for the answer to the first request.
    let connectLimit: Interval
    /// The longest time for the answers to the requests after it, until media are sent.
    let answerLimit: Interval
    /// Whether a redirect to another host is followed.
    let reachesOtherHosts: Bool

    package init(connectLimit: Interval, answerLimit: Interval, reachesOtherHosts: Bool) {
      self.connectLimit = connectLimit
      self.answerLimit = answerLimit
      self.reachesOtherHosts = reachesOtherHosts
    }
  }

  private enum Progress {
    case connecting
    /// libavformat can connect.
    case ready
    case ended
  }

  private struct State {
    var progress = Progress.connecting
    /// The fault of a response.
    var fault: RTSPFault?
    /// The fault of a connection.
    var lineFault: RTSPFault?
    var notices: [String] = []
    /// The URL for libavformat.
    var url = ""
  }

  /// The most bytes that are read at once.
  private static let readSize = 1 << 16
  /// The longest time in which a server takes the bytes of a request.
  private static let sendLimit = Interval.seconds(10)
  /// The longest time in which libavformat connects, and sends its first request.
  ///
  /// It does so at once, unless the machine is busy; else ``close()`` ends the wait.
  private static let localLimit = Interval.seconds(60)
  /// The longest wait for the last request, at the end.
  private static let endLimit = Interval.milliseconds(500)
  /// The most pairs of ports of a session.
  private static let mostDatagrams = 16
  /// Where servers have moved their clients, by the texts of addresses.
  private static let moves = Locked<[String: RTSPAddress]>([:])

  private let given: RTSPAddress
  private let options: Options
  private let listener: LocalListener
  private let state = Monitor(State())
  private let cancellation = ClientCancellation()
  /// A secret by which the relay recognises libavformat.
  private let token = Base64.encode(Digest.random(18), .url)

  /// Begins to connect.
  ///
  /// - Throws: if the machine has no loopback address or no thread.
  package init(_ address: RTSPAddress, _ options: Options) throws(RTSPFault) {
    guard let listener = RTSPListener.shared else {
      throw RTSPFault("no socket on 127.0.0.1 for the relay of RTSP")
    }
    (given, self.options, self.listener) = (address, options, listener)
    let thread = OSThread(name: "rtsp") { [self] in
      run()
      state.update { $0.progress = .ended }
    }
    guard thread != nil else { throw RTSPFault("no thread for the relay of RTSP") }
  }

  /// Waits until the server is connected.
  ///
  /// - Parameter isDue: whether to give up; it is asked ten times a second.
  /// - Returns: the URL for libavformat; nil after a fault, or if the wait was given up.
  package func connected(isDue: () -> Bool) -> String? {
    while !isDue() {
      let url: String?? = state.wait(until: SystemClock.monotonicTime + .milliseconds(100)) {
        switch $0.progress {
        case .connecting: nil
        case .ready: .some($0.url)
        case .ended: .some(nil)
        }
      }
      if let url { return url }
    }
    return nil
  }

  /// Why the server gives no media; nil if no response says so.
  package var fault: RTSPFault? { state.read { $0.fault ?? $0.lineFault } }

  /// Notices about the connection for an operator.
  package var notices: [String] { state.read { $0.notices } }

  /// Ends the relay, after libavformat has closed its connection.
  package func close() {
    // The last request of libavformat is passed first; a connection that begins is given up.
    let limit = SystemClock.monotonicTime + Self.endLimit
    let _: Bool? = state.wait(until: limit) { $0.progress == .ready ? nil : true }
    cancellation.cancel()
  }

  // MARK: The thread

  private func run() {
    let start = Self.moves.withLock { $0.removeValue(forKey: given.text) } ?? given
    do throws(RTSPFault) {
      let server = try connect(to: start)
      let peer = server.peer
      let isVersion6 = peer?.isVersion6 == true
      let url = "rtsp://\(listener.authority(isVersion6: isVersion6))/\(token)"
      var exchange = RTSPExchange(
        start, localBase: url, reachesOtherHosts: options.reachesOtherHosts)
      exchange.connected(to: peer.map { "\($0)" })
      let limit = SystemClock.monotonicTime + Self.localLimit
      let found = listener.exclusively(until: limit) { accept(url, isVersion6) }
      guard let client = found ?? nil else { return }
      Link(self, server, client, exchange).run()
    } catch { fail(error) }
  }

  fileprivate func connect(to address: RTSPAddress) throws(RTSPFault) -> ClientConnection {
    let origin = WebAddress.Origin(
      host: address.host, port: address.port, isSecure: address.isSecure)
    do {
      let context = address.isSecure ? try ClientContext.devices() : nil
      let server = try ClientConnection(
        to: origin, context, deadline: SystemClock.monotonicTime + options.connectLimit,
        cancellation)
      server.limitDelay()
      return server
    } catch { throw RTSPFault("\(error)") }
  }

  /// libavformat's connection, and the first bytes that it has sent; nil if it does not connect.
  ///
  /// Another process that connects is turned away.
  private func accept(_ url: String, _ isVersion6: Bool) -> Client? {
    let limit = SystemClock.monotonicTime + Self.localLimit
    state.update { ($0.url, $0.progress) = (url, .ready) }
    while SystemClock.monotonicTime < limit {
      let accepted = try? listener.accept(isVersion6: isVersion6, until: limit, cancellation)
      guard let connection = accepted else { return nil }
      let wait = min(limit, SystemClock.monotonicTime + .seconds(1))
      guard connection.waitForInput(until: wait),
        let bytes = connection.readArrived(Self.readSize)
      else { continue }
      var reader = RTSPStreamReader()
      let pieces = reader.take(bytes)
      if case .message(let message) = pieces.first, let request = message.request,
        request.uri.hasPrefix(url)
      {
        return Client(connection: connection, reader: reader, pieces: pieces)
      }
    }
    return nil
  }

  /// Publishes the present state of the session.
  fileprivate func note(_ exchange: RTSPExchange) {
    state.update {
      $0.fault = exchange.fault
      $0.notices = exchange.notices
    }
    if let target = exchange.movedTo { Self.moves.withLock { $0[given.text] = target } }
  }

  fileprivate func fail(_ fault: RTSPFault) {
    state.update { $0.lineFault = $0.lineFault ?? fault }
  }

  /// libavformat's end.
  fileprivate struct Client {
    let connection: LocalConnection
    var reader: RTSPStreamReader
    var pieces: [RTSPStreamReader.Piece]
  }

  /// The two connections of a relay.
  ///
  /// Confined to its thread.
  private final class Link {
    private let relay: RTSPRelay
    private var server: ClientConnection
    private var fromServer = RTSPStreamReader()
    private var client: Client
    private var exchange: RTSPExchange
    /// The datagrams of the tracks.
    private var datagrams: [RTSPDatagrams] = []
    /// When a request was sent.
    private var lastRequest = SystemClock.monotonicTime

    init(
      _ relay: RTSPRelay, _ server: ClientConnection, _ client: Client, _ exchange: RTSPExchange
    ) {
      (self.relay, self.server, self.client, self.exchange) = (relay, server, client, exchange)
    }

    /// Passes everything until a connection ends.
    func run() {
      defer { for one in datagrams { one.close() } }
      guard pass(client.pieces) else { return }
      client.pieces = []
      while true {
        switch server.wait(beside: client.connection, until: nextLook) {
        case .local:
          guard let bytes = client.connection.readArrived(RTSPRelay.readSize) else { continue }
          guard !bytes.isEmpty, pass(client.reader.take(bytes)) else { return }
        case .server: guard takeServer() else { return }
        case .neither: guard !isOverdue else { return }
        }
      }
    }

    /// The method and the limit of an answer that is awaited; nil if media are sent.
    private var awaited: (method: String, limit: Interval)? {
      guard !exchange.isPlaying, let method = exchange.awaited else { return nil }
      let options = relay.options
      return (method, method == "OPTIONS" ? options.connectLimit : options.answerLimit)
    }

    private var nextLook: MonotonicTime {
      awaited.map { lastRequest + $0.limit } ?? SystemClock.monotonicTime + .seconds(60)
    }

    /// Whether the server has not answered in time, which is then the fault.
    private var isOverdue: Bool {
      guard let awaited, SystemClock.monotonicTime >= lastRequest + awaited.limit else {
        return false
      }
      relay.fail(.noAnswer(to: awaited.method, within: awaited.limit))
      return true
    }

    /// Passes bytes of libavformat to the server.
    private func pass(_ pieces: [RTSPStreamReader.Piece]) -> Bool {
      for piece in pieces {
        switch piece {
        case .media(let reports): guard send(Array(reports)) else { return false }
        case .message(let message):
          let port = ownPort(inPlaceOf: RTSPExchange.datagramPort(of: message))
          guard perform(exchange.take(request: message, datagrams: port)) else { return false }
        }
      }
      return true
    }

    /// The port that the server gets in place of one of libavformat; nil if libavformat's is used.
    private func ownPort(inPlaceOf library: UInt16?) -> UInt16? {
      guard let library, datagrams.count < RTSPRelay.mostDatagrams,
        let isVersion6 = server.peer?.isVersion6,
        let passed = RTSPDatagrams(library: library, isVersion6: isVersion6)
      else { return nil }
      datagrams.append(passed)
      return passed.port
    }

    /// Passes the bytes of the server that have arrived to libavformat.
    private func takeServer() -> Bool {
      let bytes: [UInt8]
      do throws(ClientError) {
        guard let arrived = try server.readArrived(RTSPRelay.readSize) else { return true }
        bytes = arrived
      } catch { return leave(after: error) }
      guard !bytes.isEmpty else { return perform(exchange.serverClosed()) }
      let own = server
      for piece in fromServer.take(bytes) {
        switch piece {
        case .media(let frames):
          guard client.connection.write(frames) else { return false }
        case .message(let message):
          guard perform(exchange.take(server: message)) else { return false }
          // The rest is of a connection that has been left.
          if server !== own { return true }
        }
      }
      return true
    }

    /// Performs actions; false if the session has ended.
    private func perform(_ actions: [RTSPExchange.Action]) -> Bool {
      defer { relay.note(exchange) }
      for action in actions {
        switch action {
        case .send(let bytes): guard send(bytes) else { return false }
        case .deliver(let bytes):
          // libavformat gives up on a response of an error: the reason is there before it.
          relay.note(exchange)
          guard client.connection.write(bytes[...]) else { return false }
        case .report(let port, let end):
          datagrams.first { $0.port == port }?.connect(to: end)
        case .connect(let address, let bytes):
          do throws(RTSPFault) { server = try relay.connect(to: address) } catch {
            relay.fail(
              RTSPFault("the camera redirects to \(address.place): \(error.description)"))
            return false
          }
          fromServer = RTSPStreamReader()
          exchange.connected(to: server.peer.map { "\($0)" })
          guard send(bytes) else { return false }
        case .end: return false
        }
      }
      return true
    }

    private func send(_ bytes: [UInt8]) -> Bool {
      lastRequest = SystemClock.monotonicTime
      server.deadline = lastRequest + RTSPRelay.sendLimit
      do throws(ClientError) { try server.write(bytes) } catch { return leave(after: error) }
      return true
    }

    /// Leaves a connection that has failed; false if no other one can continue.
    private func leave(after error: ClientError) -> Bool {
      guard !exchange.outlivesConnection else { return perform(exchange.serverClosed()) }
      relay.fail(RTSPFault("\(error)"))
      return false
    }
  }
}

/// The sockets to which libavformat connects in this process.
package enum RTSPListener {
  /// Created at the first use; nil if the system refuses it.
  ///
  /// A process with few rights uses it before it gives up the right to listen.
  static let shared: LocalListener? = try? LocalListener()

  /// Creates the sockets.
  package static func open() { _ = shared }
}
