// SPDX-License-Identifier: Apache-2.0

package import Net
import Sharing

/// The HTTP connections of one loop.
///
/// Confined to the loop's thread.
package final class HTTPServer: SocketReceiver, LoopService {
  /// Connections above the limit that may be told so at the same time; more are closed unanswered.
  private static let refusedCapacity = 64
  /// What one read brings at most: a head of the largest size, since what is not taken is kept.
  private static let readLimit = 16 * 1024

  let loop: EventLoop
  let limits: HTTPLimits
  let handler: any RequestHandler
  let observer: (any ExchangeObserver)?
  let errorFields: [HeaderField]
  /// Slices on their way to a stream; kept so that an answer does not allocate.
  var batch: [ByteSlice] = []
  private(set) var isDraining = false
  /// Frames on their way to a stream.
  let output = HTTP2Output()
  private let addresses: AddressTable
  private var connections: [any ServedConnection] = []
  private var tails = HeadSuffix()
  private var lastSize = (count: 0, line: SharedBytes([]))
  private var lastFields = (fields: [HeaderField](), lines: SharedBytes([]))
  private var nextCheck = Int64.max

  /// Takes the connections handed to `loop` from now on.
  ///
  /// Call it on the loop's thread.
  ///
  /// - Parameters:
  ///   - loop: the loop that calls.
  ///   - limits: what clients may use.
  ///   - handler: the routes.
  ///   - observer: who counts answers.
  ///   - addresses: where connections are counted by address, shared with the other loops.
  ///   - errorFields: fields of the errors that no route answers.
  package init(
    loop: EventLoop, limits: HTTPLimits = HTTPLimits(), handler: any RequestHandler,
    observer: (any ExchangeObserver)? = nil, addresses: AddressTable = AddressTable(),
    errorFields: [HeaderField] = []
  ) {
    self.loop = loop
    self.limits = limits
    self.handler = handler
    self.observer = observer
    self.addresses = addresses
    self.errorFields = errorFields + [HeaderField("Cache-Control", "no-store")]
    loop.receiver = self
    loop.addService(self)
  }

  /// How many connections there are.
  package var connectionCount: Int { connections.count }

  /// Whether no connection is left.
  package var isEmpty: Bool { connections.isEmpty }

  package func receive(_ socket: AcceptedSocket) {
    let stream: any ByteStream
    var secure: TLSStream?
    // On an error the descriptor is closed, and there is nobody to tell.
    if let tls = socket.tls {
      secure = try? TLSStream(
        socket, tls, on: loop, readLimit: Self.readLimit, leastProgress: limits.leastSentBytes)
      guard let secure else { return }
      stream = secure
    } else {
      guard
        let plain = try? TCPStream(
          socket, on: loop, readLimit: Self.readLimit, leastProgress: limits.leastSentBytes)
      else { return }
      stream = plain
    }
    let isExempt = limits.exemptsLoopback && socket.peer.isLoopback
    let ownCount = isExempt ? 0 : addresses.add(socket.peer)
    guard connections.count < limits.connections + Self.refusedCapacity,
      ownCount <= limits.connectionsPerAddress + Self.refusedCapacity
    else {
      observer?.faulted(
        ownCount > limits.connectionsPerAddress ? .addressConnections : .connections)
      if !isExempt { addresses.remove(socket.peer) }
      return stream.close()
    }
    if nextCheck == .max { nextCheck = loop.now + limits.checkInterval }
    let refusal = refusal(ownCount: ownCount)
    if let refusal, secure == nil {
      // It may speak either version; an answer of HTTP/1.1 is understood as a refusal by both.
      let connection = HTTP1Connection(stream, self)
      add(connection)
      connection.refuse(refusal)
    } else {
      add(NegotiatingConnection(stream, secure: secure, self, refusal: refusal))
    }
  }

  /// Takes over a stream in the clear that no acceptor brought, such as one in memory.
  ///
  /// Its peer must be a loopback address: it is not counted.
  package func serve(_ stream: any ByteStream) {
    if nextCheck == .max { nextCheck = loop.now + limits.checkInterval }
    add(NegotiatingConnection(stream, secure: nil, self, refusal: nil))
  }

  /// Why a connection that came now is refused; nil where it is not.
  private func refusal(ownCount: Int) -> Refusal? {
    if connections.count >= limits.connections {
      return Refusal(
        status: 503, line: "too many connections; allowed are \(limits.connections)",
        fault: .connections)
    }
    guard ownCount > limits.connectionsPerAddress else { return nil }
    return Refusal(
      status: 429,
      line: "too many connections of one address; allowed are \(limits.connectionsPerAddress)",
      fault: .addressConnections)
  }

  /// Answers what is open with `Connection: close` and closes what is idle; connections that still
  /// come get one answer.
  package func drain() {
    isDraining = true
    for connection in connections { connection.drain() }
  }

  package func woken() {}

  package var nextDeadline: Int64 { nextCheck }

  package func expire(_ now: Int64) {
    // Backwards, since a connection that is removed is replaced by the last one.
    for index in connections.indices.reversed() where index < connections.count {
      connections[index].check(now)
    }
    nextCheck = connections.isEmpty ? .max : now + limits.checkInterval
  }

  private func add(_ connection: any ServedConnection) {
    connection.index = connections.count
    connections.append(connection)
  }

  /// Puts a connection in the place of the one that found out what it speaks.
  func replace(_ opening: NegotiatingConnection, by connection: any ServedConnection) {
    guard connections.indices.contains(opening.index) else { return }
    connection.index = opening.index
    connections[connection.index] = connection
    opening.index = -1
  }

  /// Forgets a closed connection.
  func remove(_ connection: any ServedConnection) {
    let index = connection.index
    guard connections.indices.contains(index), connections[index] === connection else { return }
    connections.swapAt(index, connections.count - 1)
    connections[index].index = index
    connections.removeLast()
    connection.index = -1
    if !(limits.exemptsLoopback && connection.peer.isLoopback) {
      addresses.remove(connection.peer)
    }
  }

  /// The value of `Date` now.
  var date: SharedBytes { tails.date(now: loop.now) }

  /// The end of a head written now.
  func tail(_ persistence: HeadSuffix.Persistence) -> SharedBytes {
    tails.tail(persistence, now: loop.now)
  }

  /// Fields of a single answer as lines; often the same for many that waited as long.
  func lines(_ fields: [HeaderField]) -> SharedBytes {
    if lastFields.fields != fields {
      var lines: [UInt8] = []
      for field in fields { field.append(to: &lines) }
      lastFields = (fields, SharedBytes(lines))
    }
    return lastFields.lines
  }

  /// The size line of an HTTP chunk; the same for all followers that get the same bytes.
  func sizeLine(_ count: Int) -> SharedBytes {
    if lastSize.count != count {
      lastSize = (count, SharedBytes(String(count, radix: 16) + "\r\n"))
    }
    return lastSize.line
  }
}
