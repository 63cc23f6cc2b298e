// SPDX-License-Identifier: Apache-2.0

package import Access
package import Time

/// The connection of a client that publishes: it only supplies bytes and takes answers.
///
/// All calls are made on the thread of the connection.
package protocol PublicationTransport: AnyObject {
  /// The present time of the thread.
  var now: MonotonicTime { get }
  /// Leads to the thread of the connection.
  var execute: ThreadExecutor { get }
  /// The transport and the client for the log, such as `RTMP from 192.0.2.x`.
  var client: String { get }
  /// The client may send media.
  func begin()
  /// The client may not publish.
  func refused(_ refusal: AccessRefusal)
  /// The media of the client cannot be used.
  func unusable(_ reason: String)
  /// Another publisher has replaced this one, or the stream was removed.
  func replaced()
  /// The source may take media again.
  func retry()
}
