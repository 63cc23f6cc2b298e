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

  unowned let loop: EventLoop
  let limits: HTTPLimits
  let handler: any RequestHandler
  let observer: (any ExchangeObserver)?
  let errorFields: [HeaderField]
  /// Slices on their way to a stream; kept so that an answer does not allocate.
  var batch: [ByteSlice] = []
  private(set) var isDraining = false
  private var connections: [HTTP1Connection] = []
  private var tails = HeadTails()
  private var lastSize = (count: 0, line: SharedBytes([]))
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
  ///   - errorFields: fields of the errors that no route answers.
  package init(
    loop: EventLoop, limits: HTTPLimits = HTTPLimits(), handler: any RequestHandler,
    observer: (any ExchangeObserver)? = nil, errorFields: [HeaderField] = []
  ) {
    self.loop = loop
    self.limits = limits
    self.handler = handler
    self.observer = observer
    self.errorFields = errorFields + [HeaderField("Cache-Control", "no-store")]
    loop.receiver = self
    loop.addService(self)
  }

  /// How many connections there are.
  package var connectionCount: Int { connections.count }

  /// Whether no connection is left.
  package var isEmpty: Bool { connections.isEmpty }

  package func receive(_ socket: AcceptedSocket) {
    // On an error the descriptor is closed, and there is nobody to tell.
    guard let stream = try? TCPStream(socket, on: loop, readLimit: Self.readLimit) else { return }
    if connections.count >= limits.connections + Self.refusedCapacity { return stream.close() }
    let connection = HTTP1Connection(stream, self)
    connection.index = connections.count
    connections.append(connection)
    if nextCheck == .max { nextCheck = loop.now + limits.checkInterval }
    if connections.count > limits.connections {
      connection.refuse(
        503, "too many connections; allowed are \(limits.connections)",
        fields: [HeaderField("Retry-After", "1")])
    }
  }

  /// Answers what is open with `Connection: close` and closes what is idle; connections that still
  /// come get one answer.
  package func drain() {
    isDraining = true
    for connection in connections { connection.drain() }
  }

  /// Closes every connection; unfinished answers are cut.
  package func closeAll() {
    for connection in connections { connection.closeNow() }
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

  /// Forgets a closed connection.
  func remove(_ connection: HTTP1Connection) {
    let index = connection.index
    guard connections.indices.contains(index), connections[index] === connection else { return }
    connections.swapAt(index, connections.count - 1)
    connections[index].index = index
    connections.removeLast()
    connection.index = -1
  }

  /// The end of a head written now.
  func tail(_ persistence: HeadTails.Persistence) -> SharedBytes {
    tails.tail(persistence, now: loop.now)
  }

  /// The size line of an HTTP chunk; the same for all followers that get the same bytes.
  func sizeLine(_ count: Int) -> SharedBytes {
    if lastSize.count != count {
      lastSize = (count, SharedBytes(String(count, radix: 16) + "\r\n"))
    }
    return lastSize.line
  }
}
