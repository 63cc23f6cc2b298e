// SPDX-License-Identifier: Apache-2.0

package import Net
import System
package import Time

/// The passwords that programs sent lately and that were right: a pure state machine.
///
/// A program sends its password with each request. Kept is an HMAC under a key of the process, of
/// the address too: knowledge of one client helps no other one to guess.
package struct RememberedPasswords: Sendable {
  /// How long a password is not verified again.
  package static let span = Interval.seconds(600)
  /// The most remembered passwords.
  package static let capacity = 4096
  /// How many are forgotten at once, since the search for them takes the time of all.
  private static let forgottenAtOnce = 256

  private let key: [UInt8]
  private var ends: [[UInt8]: MonotonicTime] = [:]

  /// None yet; `key` has 32 random bytes, and without any nothing is remembered.
  package init(key: [UInt8]) { self.key = key }

  /// The number of passwords.
  package var count: Int { ends.count }

  /// The name of a password in the table; empty without a key.
  package func name(
    _ password: String, of hash: PasswordHash, for stream: String, by peer: PeerAddress
  ) -> [UInt8] {
    guard !key.isEmpty else { return [] }
    let text = "\(stream)|\(peer.owner)|\(hash.text)|\(password)"
    return Digest.hmacSHA256(Array(text.utf8), key: key)
  }

  /// Whether a password was right within ``span``.
  package func contains(_ name: [UInt8], at now: MonotonicTime) -> Bool {
    ends[name].map { now < $0 } ?? false
  }

  /// Remembers a right password.
  package mutating func insert(_ name: [UInt8], at now: MonotonicTime) {
    guard !name.isEmpty else { return }
    if ends[name] == nil, ends.count >= Self.capacity { forget(at: now) }
    ends[name] = now + Self.span
  }

  private mutating func forget(at now: MonotonicTime) {
    ends = ends.filter { now < $0.value }
    guard ends.count >= Self.capacity else { return }
    for (name, _) in ends.sorted(by: { $0.value < $1.value }).prefix(Self.forgottenAtOnce) {
      ends[name] = nil
    }
  }
}
