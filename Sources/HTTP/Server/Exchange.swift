// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// One request and its answer, over any version of HTTP.
///
/// Confined to the loop's thread.
///
/// The answer is either `respond`, or `begin`, `write`…, `end`. It may be given at once or at any
/// later time. After the client has disconnected, every call is without effect.
package protocol Exchange: AnyObject {
  /// The request.
  var request: Request { get }
  /// The kind of the request; set by the route, for statistics.
  var kind: RequestKind { get set }
  /// Passes the body of the request to `receiver` while it is received.
  ///
  /// Called once. Before the call no byte of the body is read, and a client that waits for
  /// `100 (Continue)` gets none. A request without a body has an empty body. If the answer ends
  /// before the body, the rest is not read and the connection (HTTP/2: the HTTP/2 stream) ends with
  /// the answer.
  /// - Parameters:
  ///   - limit: the maximum number of bytes, above it the answer is 413; nil: the limit of small
  ///     bodies.
  ///   - receiver: kept until the end of the body.
  func receiveBody(limit: Int?, _ receiver: any BodyReceiver)
  /// Whether the reading of the body is paused, so that the client has to wait.
  var isBodyPaused: Bool { get set }
  /// Gives the whole answer; the body is left out for HEAD.
  ///
  /// - Parameters:
  ///   - response: status, fields and body.
  ///   - extra: fields of this answer only.
  func respond(_ response: PreparedResponse, extra: [HeaderField])
  /// Begins an answer of unknown length; a body of `head` is written first.
  func begin(_ head: PreparedResponse, extra: [HeaderField])
  /// Writes a piece of the body: one HTTP chunk, and one system call if nothing is queued.
  func write(_ bytes: SharedBytes)
  /// Ends the body.
  func end()
  /// Cuts the connection (HTTP/2: the HTTP/2 stream), so that a truncated body does not look
  /// complete.
  func abort()
  /// Whether the end of a body of unknown length can be marked. If not (HTTP/1.0), the route
  /// answers when it has the whole body.
  var canStream: Bool { get }
  /// Called once if the client disconnects, or the connection is cut, before the answer has ended.
  ///
  /// Never called from inside a call on an exchange.
  var onGone: (() -> Void)? { get set }
  /// Written bytes of this connection that the kernel has not taken.
  var queuedBytes: Int { get }
}

extension Exchange {
  /// Gives the whole answer without fields of its own.
  package func respond(_ response: PreparedResponse) { respond(response, extra: []) }

  /// Begins an answer without fields of its own.
  package func begin(_ head: PreparedResponse) { begin(head, extra: []) }
}
