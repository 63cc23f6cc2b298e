// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// Takes the pieces of the body of a response.
///
/// Confined to the loop's thread. After the client has disconnected, every call is without effect.
package protocol BodyOutput: AnyObject {
  /// Writes a piece of the body: one HTTP chunk, and one system call if nothing is queued.
  func write(_ bytes: SharedBytes)
  /// Ends the body after the pieces `rest`, which may be longer than the limit of queued bytes, as
  /// the body of a single response.
  func end(with rest: [SharedBytes])
  /// Cuts the connection (HTTP/2: the HTTP/2 stream), so that a truncated body does not look
  /// complete.
  func abort()
  /// Bytes before the end of this response, or of the bytes written so far, that the kernel has not
  /// taken.
  var queuedBytes: Int { get }
  /// Calls `resume` once when the kernel has taken the bytes written so far; for a route that lets
  /// the rest of a body wait until then.
  ///
  /// - Parameters:
  ///   - backlog: bytes of the body that wait, beyond those that existed when the response began.
  ///     Above the limit of queued bytes the client is too slow, and the connection (HTTP/2: the
  ///     HTTP/2 stream) is cut.
  ///   - resume: replaces that of an earlier call. Not called if `queuedBytes` is 0.
  func whenTaken(backlog: Int, _ resume: @escaping () -> Void)
}

extension BodyOutput {
  /// Ends the body.
  package func end() { end(with: []) }
}
