// SPDX-License-Identifier: Apache-2.0

package import Net
import Sharing
import System
package import Time

/// Reads responses of web servers, one after another, over connections that it keeps.
///
/// One GET of HTTP/1.1 at a time: ``get(_:fields:)`` returns at the head, ``next()`` gives the
/// body as it arrives. Follows redirections, but never from HTTPS to HTTP, and only from this
/// machine to this machine. Confined to one thread.
package final class HTTPClient {
  /// Why there is no response, or not all of it.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    /// The URL is none of http or https.
    case address
    case connection(ClientError)
    /// A status other than 2xx.
    case status(Int)
    case response(ResponseReader.Fault)
    /// The server redirects to something that is no URL, or to one with user info.
    case location
    /// A redirection that is not followed.
    case redirection
    /// A redirection of another machine to this one, or to an address of the link.
    case local
    /// The trusted certificates cannot be loaded.
    case trust(TLSError)

    package var description: String {
      switch self {
      case .address: "not an http or https URL"
      case .connection(let error): "\(error)"
      case .status(let status): "status \(status)"
      case .response(let fault): "\(fault)"
      case .location: "a redirection to no http or https URL, or to one with user info"
      case .redirection: "too many redirections, or one that leaves HTTPS"
      case .local: "a redirection to the local machine"
      case .trust(let error): "\(error)"
      }
    }
  }

  /// A response that is not at its end.
  private struct Exchange {
    let connection: ClientConnection
    let origin: WebAddress.Origin
    var reader = ResponseReader()
    /// Bytes of the body that have arrived.
    var body: [UInt8] = []
  }

  private static let maximumRedirections = 5
  /// The most servers of which connections are kept.
  private static let maximumServers = 8
  private static let maximumAddressLength = 8192
  private static let pieceSize = 64 * 1024

  private let trust: ServerTrust
  private let agent: String
  private let limit: Interval
  private let cancellation: ClientCancellation
  private var context: ClientContext?
  private var current: Exchange?
  private var idle: [WebAddress.Origin: ClientConnection] = [:]
  private var tickets: [WebAddress.Origin: ClientTicket] = [:]
  /// The head of the newest response; nil before the first one.
  package private(set) var head: ResponseHead?
  /// The number of interim responses 103 (Early Hints) that were received.
  package private(set) var earlyHintCount = 0
  /// The number of connections that were opened.
  package private(set) var connectionCount = 0

  /// A client without connections.
  ///
  /// - Parameters:
  ///   - trust: the certificates that servers may have.
  ///   - agent: the value of `User-Agent`.
  ///   - limit: how long a connection, the head, and each further piece may take.
  ///   - cancellation: ends the present and all later calls.
  package init(
    _ trust: ServerTrust, agent: String, limit: Interval, _ cancellation: ClientCancellation
  ) {
    self.trust = trust
    self.agent = agent
    self.limit = limit
    self.cancellation = cancellation
  }

  /// Sends a request, and returns when the head of its response has arrived.
  ///
  /// A response that is not read to its end is dropped with its connection.
  ///
  /// - Returns: the URL that was answered, to which relative URLs in the document refer: that of
  ///   the last redirection, or `url`.
  /// - Throws: for a connection that fails, and for a status other than 2xx.
  /// - Source: RFC 3986 §5.1.3
  @discardableResult
  package func get(_ url: String, fields: [HeaderField] = []) throws(Failure) -> String {
    guard
      var address = WebAddress(url, longest: Self.maximumAddressLength, permitsUserInfo: true)
    else { throw .address }
    var permitsLocal = true
    for _ in 0...Self.maximumRedirections {
      current = nil
      let exchange = try answer(
        to: request(address, fields), from: address.origin, permitsLocal: permitsLocal)
      permitsLocal = permitsLocal && exchange.connection.isLocal
      head = exchange.reader.head
      // bounded: one per head that was received
      earlyHintCount += exchange.reader.earlyHints
      current = exchange
      finish()
      let status = head?.status ?? 0
      if (200..<300).contains(status) { return address.text }
      guard [301, 302, 303, 307, 308].contains(status), let location = head?.value("location")
      else {
        try? drain()
        throw .status(status)
      }
      guard let next = address.following(location) else { throw .location }
      guard next.origin.isSecure || !address.origin.isSecure else { throw .redirection }
      address = next
    }
    throw .redirection
  }

  /// Waits for bytes of the body; nil at its end.
  ///
  /// - Throws: if the body is cut or malformed, or no byte arrives within the limit.
  package func next() throws(Failure) -> [UInt8]? {
    while true {
      if let piece = current?.body, !piece.isEmpty {
        current?.body = []
        finish()
        return piece
      }
      guard current != nil else { return nil }
      try receive()
      finish()
    }
  }

  // MARK: Requests

  private func request(_ address: WebAddress, _ fields: [HeaderField]) -> [UInt8] {
    var own = [HeaderField("User-Agent", agent)]
    if let user = address.userInfo {
      own.append(HeaderField("Authorization", "Basic \(Base64.encode(Array(user.utf8)))"))
    }
    return Self.head("GET", address, own + [HeaderField("Accept", "*/*")] + fields)
  }

  /// The bytes of the head of a request: its line, `Host`, and these fields.
  package static func head(
    _ method: String, _ address: WebAddress, _ fields: [HeaderField]
  ) -> [UInt8] {
    var bytes = Array("\(method) \(address.target) HTTP/1.1\r\n".utf8)
    for field in [HeaderField("Host", address.authority)] + fields { field.append(to: &bytes) }
    return bytes + [0x0D, 0x0A]
  }

  /// Sends a request on a kept connection, or on a new one if the server has closed that.
  private func answer(
    to request: [UInt8], from origin: WebAddress.Origin, permitsLocal: Bool
  ) throws(Failure) -> Exchange {
    if let kept = idle.removeValue(forKey: origin), !kept.hasInput, permitsLocal || !kept.isLocal {
      var exchange = Exchange(connection: kept, origin: origin)
      var hasArrived = false
      do throws(Failure) {
        try send(request, &exchange, &hasArrived)
        return exchange
      } catch {
        // RFC 9112 §9.3.1: a server may close at any time; GET can be repeated.
        switch error {
        case .connection(.noConnection), .connection(.insecure), .response(.cut):
          if hasArrived { throw error }
        default: throw error
        }
      }
    }
    var exchange = Exchange(connection: try connect(to: origin, permitsLocal), origin: origin)
    var hasArrived = false
    try send(request, &exchange, &hasArrived)
    return exchange
  }

  private func connect(
    to origin: WebAddress.Origin, _ permitsLocal: Bool
  ) throws(Failure) -> ClientConnection {
    if origin.isSecure, context == nil {
      do throws(TLSError) { context = try ClientContext(trust) } catch { throw .trust(error) }
    }
    do throws(ClientError) {
      let connection = try ClientConnection(
        to: origin, context, permitsLocal: permitsLocal, resuming: tickets[origin],
        deadline: SystemClock.monotonicTime + limit, cancellation)
      // bounded: one per connection
      connectionCount += 1
      return connection
    } catch { throw error == .local ? .local : .connection(error) }
  }

  /// Sends a request, and reads up to the head; `hasArrived`: whether a byte of it has arrived.
  private func send(
    _ request: [UInt8], _ exchange: inout Exchange, _ hasArrived: inout Bool
  ) throws(Failure) {
    exchange.connection.deadline = SystemClock.monotonicTime + limit
    do throws(ClientError) { try exchange.connection.write(request) } catch {
      throw .connection(error)
    }
    while exchange.reader.head == nil {
      let bytes = try Self.read(exchange.connection)
      if !bytes.isEmpty { hasArrived = true }
      exchange.body += try Self.take(bytes, &exchange.reader)
    }
  }

  // MARK: Posts

  /// The system's authorities; nil if OpenSSL cannot load them.
  private static let authorities = try? ClientContext(.system)

  /// Sends a body by one POST over a connection of its own, of which only the status of the
  /// response matters.
  ///
  /// Blocks up to a deadline. The look-up of a name is not bounded by it, but by the system's
  /// resolver. Follows no redirection.
  ///
  /// - Parameters:
  ///   - body: the content.
  ///   - type: its Content-Type.
  ///   - fields: further fields of the request.
  ///   - address: the URL.
  ///   - deadline: when to give up.
  /// - Returns: the status, 200–599.
  /// - Throws: if there is no response.
  package static func post(
    _ body: [UInt8], type: String, fields: [HeaderField] = [], to address: WebAddress,
    deadline: MonotonicTime
  ) throws(Failure) -> Int {
    let own = [
      HeaderField("Content-Type", type), HeaderField("Content-Length", "\(body.count)"),
      HeaderField("Connection", "close"), HeaderField("User-Agent", "streamer"),
    ]
    let connection: ClientConnection
    do throws(ClientError) {
      connection = try ClientConnection(to: address.origin, authorities, deadline: deadline)
      try connection.write(head("POST", address, own + fields) + body)
    } catch { throw .connection(error) }
    var reader = ResponseReader()
    while true {
      if let head = reader.head { return head.status }
      _ = try take(read(connection), &reader)
    }
  }

  // MARK: Responses

  /// Waits for bytes of the connection.
  private func receive() throws(Failure) {
    guard var exchange = current else { return }
    current = nil
    exchange.connection.deadline = SystemClock.monotonicTime + limit
    let bytes = try Self.read(exchange.connection)
    exchange.body = try Self.take(bytes, &exchange.reader)
    current = exchange
  }

  /// Keeps the connection of a response that has ended and is read.
  private func finish() {
    guard let exchange = current, exchange.reader.hasEnded, exchange.body.isEmpty else { return }
    current = nil
    if idle.count >= Self.maximumServers { idle = [:] }
    if tickets.count >= Self.maximumServers { tickets = [:] }
    if exchange.origin.isSecure, let ticket = exchange.connection.ticket {
      tickets[exchange.origin] = ticket
    }
    if exchange.reader.isReusable { idle[exchange.origin] = exchange.connection }
  }

  /// Reads a small response to its end, so that its connection is kept.
  private func drain() throws(Failure) {
    guard case .length(let length)? = current?.reader.head?.framing, length <= Self.pieceSize else {
      current = nil
      return
    }
    while try next() != nil {}
  }

  private static func read(_ connection: ClientConnection) throws(Failure) -> [UInt8] {
    do throws(ClientError) { return try connection.read(pieceSize) } catch {
      throw .connection(error)
    }
  }

  private static func take(
    _ bytes: [UInt8], _ reader: inout ResponseReader
  ) throws(Failure) -> [UInt8] {
    do throws(ResponseReader.Fault) { return try reader.take(bytes) } catch {
      throw .response(error)
    }
  }
}
