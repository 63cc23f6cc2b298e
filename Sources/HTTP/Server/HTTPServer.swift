// SPDX-License-Identifier: Apache-2.0

package import Net
import Sharing
package import Time

/// The HTTP connections of one loop.
///
/// Confined to the loop's thread.
package final class HTTPServer: LoopService {
  let loop: EventLoop
  let limits: HTTPLimits
  let handler: any RequestHandler
  let observer: (any ExchangeObserver)?
  let errorFields: [HeaderField]
  /// Bytes to be written to a stream; one for the loop, since one connection writes at a time.
  let batch = WriteBatch()
  private(set) var isDraining = false
  /// Frames to be written to a stream.
  let output = GatheredOutput()
  let addresses: AddressTable
  let proxies: TrustedProxies
  private var connections: [any ServedConnection] = []
  private var suffixes = HeadSuffix()
  private var lastSize = (count: 0, line: SharedBytes([]))
  private var lastFields = (fields: [HeaderField](), lines: SharedBytes([]))
  private var nextCheck = MonotonicTime.distantFuture
  private let pastMedia: PastMediaBudget
  /// The reads of files for responses.
  let reads: FileReads
  /// When the budget of past media is looked at, after it was exceeded or a read had to wait.
  private var nextRelief = MonotonicTime.distantFuture

  /// Serves the connections that are handed to `loop`.
  ///
  /// Call it on the loop's thread.
  ///
  /// - Parameters:
  ///   - loop: the calling loop.
  ///   - limits: the limits of each client.
  ///   - handler: the routes.
  ///   - observer: counts responses.
  ///   - addresses: counts connections by address, shared with the other loops.
  ///   - proxies: the proxies whose statements about clients are believed.
  ///   - pastMedia: the budget of past media, shared with the other loops; nil for one of `limits`.
  ///   - errorFields: fields of errors that no route answers.
  package init(
    loop: EventLoop, limits: HTTPLimits = HTTPLimits(), handler: any RequestHandler,
    observer: (any ExchangeObserver)? = nil, addresses: AddressTable = AddressTable(),
    proxies: TrustedProxies = TrustedProxies(), pastMedia: PastMediaBudget? = nil,
    errorFields: [HeaderField] = []
  ) {
    self.loop = loop
    self.limits = limits
    self.handler = handler
    self.observer = observer
    self.addresses = addresses
    self.proxies = proxies
    let pastMedia = pastMedia ?? PastMediaBudget(megabytes: limits.pastMegabytes)
    self.pastMedia = pastMedia
    reads = FileReads(loop, pastMedia)
    self.errorFields = errorFields + [HeaderField("Cache-Control", "no-store")]
    loop.receiver = self
    loop.addService(self)
  }

  /// The number of connections.
  package var connectionCount: Int { connections.count }

  /// Whether there is no connection.
  package var isEmpty: Bool { connections.isEmpty }

  /// Ends each connection after the responses to its open requests; closes idle connections.
  ///
  /// A new connection gets one response.
  package func drain() {
    isDraining = true
    for connection in connections { connection.drain() }
  }

  package func woken() { watchPastMedia() }

  package var nextDeadline: MonotonicTime { min(nextCheck, nextRelief) }

  package func expire(_ now: MonotonicTime) {
    if nextRelief <= now { relievePastMedia(now) }
    guard nextCheck <= now else { return }
    watchPastMedia()
    if pastMedia.isUsed {
      forEachConnection { $0.cutPastMedia(until: now, .slow) }
    }
    forEachConnection { $0.check(now) }
    nextCheck = connections.isEmpty ? .distantFuture : now + limits.checkInterval
  }

  private func forEachConnection(_ body: (any ServedConnection) -> Void) {
    // Backwards, since the last connection replaces a removed one.
    for index in connections.indices.reversed() where index < connections.count {
      body(connections[index])
    }
  }

  // MARK: Past media

  /// Looks at the budget of past media again if it is exceeded now.
  ///
  /// A window that has just removed a segment exceeds it until the loops have noticed.
  private func watchPastMedia() {
    guard nextRelief == .distantFuture else { return }
    guard !reads.isEmpty || pastMedia.cutLimit(loop.now) != nil else { return }
    nextRelief = loop.now + PastMediaBudget.interval
  }

  /// Begins reads that wait, and cuts the slowest responses until the budget is kept, as far as no
  /// other loop has slower ones.
  private func relievePastMedia(_ now: MonotonicTime) {
    reads.resume()
    let isNeeded = !reads.isEmpty || pastMedia.cutLimit(now) != nil
    guard isNeeded, !connections.isEmpty else {
      pastMedia.hasNone(loop.name)
      return nextRelief = .distantFuture
    }
    nextRelief = now + PastMediaBudget.interval
    guard pastMedia.cutLimit(now) != nil else { return }
    var deadlines: [MonotonicTime] = []
    for connection in connections { connection.addPastDeadlines(to: &deadlines) }
    deadlines.sort()
    var cut = MonotonicTime.distantPast
    for deadline in deadlines where deadline > cut {
      guard pastMedia.mayCut(deadline, by: loop.name, now: now) else { return }
      cut = deadline + PastMediaBudget.cutTogether
      forEachConnection { $0.cutPastMedia(until: cut, .pastMedia) }
    }
    pastMedia.hasNone(loop.name)
  }

  /// Adds a connection, and checks it from now on.
  func add(_ connection: any ServedConnection) {
    if nextCheck == .distantFuture { nextCheck = loop.now + limits.checkInterval }
    connection.index = connections.count
    connections.append(connection)
  }

  /// Replaces a connection by one that continues with its stream.
  func replace(_ former: any ServedConnection, by connection: any ServedConnection) {
    guard connections.indices.contains(former.index) else { return }
    connection.index = former.index
    connections[connection.index] = connection
    former.index = -1
  }

  /// Removes a closed connection.
  func remove(_ connection: any ServedConnection) {
    let index = connection.index
    guard connections.indices.contains(index), connections[index] === connection else { return }
    connections.swapAt(index, connections.count - 1)
    connections[index].index = index
    connections.removeLast()
    connection.index = -1
    if !isExempt(connection.peer) { addresses.remove(connection.peer) }
  }

  /// Whether connections of an address are not counted: a proxy brings all its clients from one.
  func isExempt(_ peer: PeerAddress) -> Bool {
    limits.exemptsLoopback && peer.isLoopback || proxies.contains(peer)
  }

  // MARK: Requests

  /// Adds what the connection knows about a request.
  ///
  /// - Throws: the reason to refuse the request.
  func complete(
    _ request: inout Request, from stream: any ByteStream
  ) throws(RequestParseError) {
    let peer = stream.peer
    let isProxy = proxies.contains(peer)
    request.isChecked = proxies.hasChecked(peer)
    request.peer = try proxies.client(of: request, from: peer)
    if request.peer.isUnstated, !isProxy { observer?.metUnnamedProxy(peer) }
    request.isSecure = try proxies.isSecure(request, from: peer, stream.isSecure)
    request.certificate = isProxy ? nil : stream.certificate
  }

  /// Counts the request of a client behind a proxy, and a WebSocket over HTTP/2, as a connection of
  /// the client: over HTTP/1.1 a WebSocket is one.
  ///
  /// - Returns: the reason to refuse the request; nil if it is not refused.
  func refusal(of exchange: any ConnectionExchange, from stream: any ByteStream) -> Refusal? {
    let client = exchange.request.peer
    let isCounted =
      client.owner != stream.peer.owner || exchange.request.connectProtocol == .webSocket
    guard isCounted, !isExempt(client) else { return nil }
    let ticket = addresses.ticket(client)
    guard ticket.count <= limits.connectionsPerAddress else {
      return Refusal(
        status: 429,
        line: "too many requests of one address (at most \(limits.connectionsPerAddress))",
        fault: .addressConnections)
    }
    exchange.head.ticket = ticket
    return nil
  }

  /// The response to a refused request.
  func response(_ refusal: Refusal) -> PreparedResponse {
    .text(refusal.status, refusal.line, fields: errorFields + [Refusal.retryAfter])
  }

  /// The value of `Date` now.
  var date: SharedBytes { suffixes.date(now: loop.now) }

  /// Appends the end of a head that is written now.
  func appendSuffix(_ persistence: HeadSuffix.Persistence, to batch: WriteBatch) {
    suffixes.append(persistence, to: batch, now: loop.now)
  }

  /// Appends fields of a single response as lines, which are valid until the next call.
  ///
  /// The lines are cached, since responses released together often have equal fields.
  func appendLines(_ fields: [HeaderField], to batch: WriteBatch) {
    if lastFields.fields != fields {
      var lines: [UInt8] = []
      for field in fields { field.append(to: &lines) }
      lastFields = (fields, SharedBytes(lines))
    }
    batch.append(lastFields.lines)
  }

  /// Appends the size line of an HTTP chunk, which is valid until the next call.
  ///
  /// The line is cached, since all open-segment readers get the same bytes.
  func appendSizeLine(_ count: Int, to batch: WriteBatch) {
    if lastSize.count != count {
      lastSize = (count, SharedBytes(String(count, radix: 16) + "\r\n"))
    }
    batch.append(lastSize.line)
  }
}
