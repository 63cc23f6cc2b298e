// SPDX-License-Identifier: Apache-2.0

package import Net
package import Time

/// An exchange that has ended, of any version of HTTP: for counters and the access log.
package struct ExchangeRecord: Sendable {
  /// The request.
  package internal(set) var request: Request
  /// The client; known even if the request is malformed.
  package let peer: PeerAddress
  /// The label that the route gave the request.
  package let kind: RequestKind
  /// The number that the route gave the viewer; 0 if it gave none.
  package let viewer: UInt64
  /// The status of the response; 0 if no response had begun.
  package let status: Int
  /// Bytes of head and body that were given to the kernel.
  ///
  /// 0 if the connection was lost while bytes were queued: the number that was sent is unknown.
  package var bytesSent: Int
  /// Whether the client did not get the whole response.
  package var cut: Bool
  /// When the request was taken.
  package let asked: MonotonicTime
  /// When the response began; nil if it did not.
  package let begun: MonotonicTime?
  /// When the kernel had taken the last byte, or the exchange ended otherwise.
  package var ended: MonotonicTime

  /// The record of an exchange that has ended.
  init(_ head: ExchangeHead, peer: PeerAddress, cut: Bool, ended: MonotonicTime) {
    self.init(
      request: head.request, peer: peer, kind: head.kind, viewer: head.viewer, status: head.status,
      bytesSent: head.bytesSent, cut: cut, asked: head.asked, begun: head.begun, ended: ended)
  }

  /// A record with these values.
  package init(
    request: Request, peer: PeerAddress, kind: RequestKind, viewer: UInt64 = 0, status: Int,
    bytesSent: Int, cut: Bool, asked: MonotonicTime, begun: MonotonicTime?, ended: MonotonicTime
  ) {
    self.request = request
    self.peer = peer
    self.kind = kind
    self.viewer = viewer
    self.status = status
    self.bytesSent = bytesSent
    self.cut = cut
    self.asked = asked
    self.begun = begun
    self.ended = ended
  }
}

/// Counts responses and faults of clients.
///
/// Confined to the loop's thread.
package protocol ExchangeObserver: AnyObject {
  /// An exchange has ended.
  func finished(_ record: ExchangeRecord)
  /// The server refused or ended a connection or an HTTP/2 stream because of the client.
  func faulted(_ fault: ConnectionFault)
  /// A proxy on this machine that is no trusted one has passed on a request.
  func metUnnamedProxy(_ peer: PeerAddress)
}
