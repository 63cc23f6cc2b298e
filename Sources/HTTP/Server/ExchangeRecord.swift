// SPDX-License-Identifier: Apache-2.0

package import Net

/// An exchange that is over, whatever version of HTTP carried it: for counters and the access log.
///
/// Times are monotonic nanoseconds.
package struct ExchangeRecord: Sendable {
  /// What was asked.
  package let request: Request
  /// Who asked; known even where the request could not be understood.
  package let peer: PeerAddress
  /// What the route called it.
  package let kind: RequestKind
  /// 0 if no answer had begun.
  package let status: Int
  /// Head and body as given to the kernel; 0 where the connection was lost while some of it was queued, since how much
  /// went is not known.
  package var bytesSent: Int
  /// The client did not get the whole answer.
  package var cut: Bool
  /// When the request was taken.
  package let asked: Int64
  /// When its answer began; 0 if it did not.
  package let begun: Int64
  /// When the kernel had taken the last byte, or the exchange ended otherwise.
  package var ended: Int64

  /// A record as described.
  package init(
    request: Request, peer: PeerAddress, kind: RequestKind, status: Int, bytesSent: Int, cut: Bool,
    asked: Int64, begun: Int64, ended: Int64
  ) {
    self.request = request
    self.peer = peer
    self.kind = kind
    self.status = status
    self.bytesSent = bytesSent
    self.cut = cut
    self.asked = asked
    self.begun = begun
    self.ended = ended
  }
}
