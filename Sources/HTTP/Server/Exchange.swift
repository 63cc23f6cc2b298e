// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// What a request is, for statistics: a label that the program chose, never the client.
package struct RequestKind: Sendable, Hashable {
  /// A small number, for use as an index.
  package let index: Int
  private let label: StaticString

  /// A kind; those of the routes begin at 2.
  package init(_ index: Int, _ label: StaticString) {
    self.index = index
    self.label = label
  }

  /// No route has named it.
  package static let other = RequestKind(0, "other")
  /// Refused before a route saw it: malformed, too large, too slow, too many.
  package static let refused = RequestKind(1, "refused")

  /// The label as text.
  package var name: String { label.description }

  package static func == (left: RequestKind, right: RequestKind) -> Bool {
    left.index == right.index
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(index)
  }
}

/// One request and its answer, whatever version of HTTP carries them.
///
/// Confined to the loop's thread.
///
/// The answer is either `respond`, or `begin`, `write`…, `end`. It may be given at once or any time
/// later; it may always be given, since after the client has gone every call does nothing.
package protocol Exchange: AnyObject {
  /// What was asked.
  var request: Request { get }
  /// Set by the route, for statistics.
  var kind: RequestKind { get set }
  /// Has the body of the request given to `receiver` as it comes.
  ///
  /// Called once. Before it the body is not read, nor asked for where the client waits to be told; a
  /// request without a body has an empty one. If the answer ends before the body, the rest is not
  /// read and the connection (HTTP/2: the stream) ends with the answer.
  /// - Parameters:
  ///   - limit: bytes that are taken, more get 413; nil: as many as a small body may have.
  ///   - receiver: who takes it; kept until the body is over.
  func receiveBody(limit: Int?, _ receiver: any BodyReceiver)
  /// Whether the body is read no further for now, so that the client has to wait.
  var isBodyPaused: Bool { get set }
  /// Gives the whole answer; the body is left out for HEAD.
  ///
  /// - Parameters:
  ///   - response: status, fields and body.
  ///   - extra: fields of this request alone.
  func respond(_ response: PreparedResponse, extra: [HeaderField])
  /// Begins an answer whose length is not known; the body of `head` is written first, if it has one.
  func begin(_ head: PreparedResponse, extra: [HeaderField])
  /// Writes a piece of the body: one HTTP chunk, and one system call when nothing is queued.
  func write(_ bytes: SharedBytes)
  /// Ends the body.
  func end()
  /// Cuts the connection, so that nobody takes a short body for a whole one.
  func abort()
  /// Whether the peer can be told where a body of unknown length ends. If not (HTTP/1.0), the route
  /// waits until it has the whole.
  var canStream: Bool { get }
  /// Called once if the client goes, or the connection is cut, before the answer has ended. Never
  /// from inside a call on an exchange.
  var onGone: (() -> Void)? { get set }
  /// Bytes written that the kernel has not taken yet, for this connection.
  var queuedBytes: Int { get }
}

extension Exchange {
  /// Gives the whole answer without fields of its own.
  package func respond(_ response: PreparedResponse) { respond(response, extra: []) }

  /// Begins an answer without fields of its own.
  package func begin(_ head: PreparedResponse) { begin(head, extra: []) }
}

/// The routes.
///
/// Confined to the loop's thread.
package protocol RequestHandler: AnyObject {
  /// Answers, or keeps the exchange and answers later.
  func handle(_ exchange: any Exchange)
}

/// Who counts answers.
///
/// Confined to the loop's thread.
package protocol ExchangeObserver: AnyObject {
  /// An exchange is over.
  func finished(_ record: ExchangeRecord)
  /// A connection or a stream was refused or ended for something the client did.
  func faulted(_ fault: ConnectionFault)
}

extension ExchangeObserver {
  /// Not counted where nobody wants to.
  package func faulted(_ fault: ConnectionFault) {}
}
