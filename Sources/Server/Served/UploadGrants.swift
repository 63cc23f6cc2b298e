// SPDX-License-Identifier: Apache-2.0

import Access
import Net
import Publishing
import Time

/// The permissions of clients that upload files of uploaded streams: a pure state machine.
///
/// Each file is a request of its own; a client has published until it has uploaded nothing for
/// ``CreatedStreamLimit/lingerTime``.
struct UploadGrants: Sendable {
  /// A client of one stream, whatever its connections.
  struct Client: Hashable, Sendable {
    let stream: String
    let peer: PeerAddress
  }

  private var grants: [Client: (permit: PublishPermit, last: MonotonicTime)] = [:]

  /// Notes a request of a client; false if the client has no permission.
  mutating func use(_ client: Client, at now: MonotonicTime) -> Bool {
    guard grants[client] != nil else { return false }
    grants[client]?.last = now
    return true
  }

  /// Adds a permission; a second one of the same client ends silently.
  mutating func add(_ permit: PublishPermit, of client: Client, at now: MonotonicTime) {
    guard !use(client, at: now) else { return permit.discard() }
    grants[client] = (permit, now)
  }

  /// Ends the permissions for a stream that was removed.
  mutating func remove(_ stream: String) {
    grants = grants.filter { $0.key.stream != stream }
  }

  /// Ends the permissions of clients that have uploaded nothing for a time.
  ///
  /// - Parameters:
  ///   - now: the present time.
  ///   - isUploading: whether an upload to a stream is open.
  mutating func expire(_ now: MonotonicTime, isUploading: (String) -> Bool) {
    for (client, known) in grants where now - known.last >= CreatedStreamLimit.lingerTime {
      if !isUploading(client.stream) { grants[client] = nil }
    }
  }
}
