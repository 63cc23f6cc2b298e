// SPDX-License-Identifier: Apache-2.0

/// The user of a WebSocket.
///
/// Confined to the loop's thread; never called from inside a call on the connection.
package protocol WebSocketHandler: AnyObject {
  /// A message of text.
  func received(_ text: String)
  /// A binary message.
  func received(_ bytes: [UInt8])
  /// The memory of frames that must be sent, and that wait here; 0 by default.
  var waitingBytes: Int { get }
  /// The kernel has taken all queued bytes.
  func drained()
  /// The connection has ended. Called once, at last.
  func closed()
}

extension WebSocketHandler {
  /// By default no frame waits.
  package var waitingBytes: Int { 0 }
}
