// SPDX-License-Identifier: Apache-2.0

package import Net

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
