// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Sharing
package import Time

/// The keys of session tickets: a new key every twelve hours; two older keys still open tickets.
///
/// In memory only: a restart ends all TLS sessions. For any thread.
/// - Source: RFC 5077 §4, §5.5
@safe
package final class TicketKeys: Sendable {
  /// The time for which a key seals new tickets.
  // bounded: constants
  package static let rotation = Interval.seconds(12 * 3600)
  /// The lifetime of a ticket in seconds; a key outlives its tickets.
  package static let lifetime = 24 * 3600
  private static let kept = 3

  /// One key: its name in tickets, and its two secrets.
  package struct Key: Sendable {
    /// 16 bytes.
    package let name: [UInt8]
    /// 32 bytes.
    package let cipher: [UInt8]
    /// 32 bytes.
    package let mac: [UInt8]
    /// When it began to seal tickets.
    package let since: MonotonicTime

    fileprivate init(now: MonotonicTime) {
      name = Self.random(16)
      cipher = Self.random(32)
      mac = Self.random(32)
      since = now
    }

    private static func random(_ count: Int) -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      let code = unsafe RAND_bytes(&bytes, Int32(count))
      precondition(code == 1, "no random numbers")
      return bytes
    }
  }

  private let keys = Locked<[Key]>([])

  /// Without a key; the first ticket makes one.
  package init() {}

  /// The key for new tickets at the monotonic time `now`.
  package func sealing(now: MonotonicTime) -> Key {
    keys.withLock { keys in
      if let newest = keys.first, now - newest.since < Self.rotation { return newest }
      let key = Key(now: now)
      keys.insert(key, at: 0)
      keys = Array(keys.prefix(Self.kept))
      return key
    }
  }

  /// The key called `name`, and whether it seals new tickets; nil if it is unknown.
  package func opening(_ name: [UInt8], now: MonotonicTime) -> (key: Key, isNewest: Bool)? {
    keys.withLock { keys in
      guard let index = keys.firstIndex(where: { $0.name == name }) else { return nil }
      return (keys[index], index == 0 && now - keys[index].since < Self.rotation)
    }
  }

  /// Makes `context` seal and open tickets with these keys, which must outlive it.
  @unsafe func serve(_ context: OpaquePointer) {
    unsafe SSL_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(self).toOpaque())
    unsafe SSL_CTX_set_timeout(context, Self.lifetime)
    unsafe SSL_CTX_set_tlsext_ticket_key_evp_cb(context) {
      session, name, vector, cipher, mac, seals in
      guard let context = unsafe SSL_get_SSL_CTX(session),
        let pointer = unsafe SSL_CTX_get_ex_data(context, 0), let name = unsafe name,
        let vector = unsafe vector
      else { return -1 }
      let keys = unsafe Unmanaged<TicketKeys>.fromOpaque(pointer).takeUnretainedValue()
      return unsafe keys.prepare(name, vector, cipher, mac, seals: seals == 1)
    }
  }

  /// Sets up both contexts.
  ///
  /// - Returns: the code for OpenSSL: -1 for an error, 0 for an unknown key, 1 for success, 2 for
  ///   success with a new ticket due.
  @unsafe private func prepare(
    _ name: UnsafeMutablePointer<UInt8>, _ vector: UnsafeMutablePointer<UInt8>,
    _ cipher: OpaquePointer?, _ mac: OpaquePointer?, seals: Bool
  ) -> Int32 {
    let now = SystemClock.monotonicTime
    let key: Key
    var isNewest = true
    if seals {
      key = sealing(now: now)
      unsafe name.update(from: key.name, count: 16)
      guard unsafe RAND_bytes(vector, 16) == 1 else { return -1 }
    } else {
      let wanted = unsafe Array(UnsafeBufferPointer(start: name, count: 16))
      guard let found = opening(wanted, now: now) else { return 0 }
      (key, isNewest) = found
    }
    let algorithm = unsafe EVP_aes_256_cbc()
    let code =
      seals
      ? unsafe EVP_EncryptInit_ex(cipher, algorithm, nil, key.cipher, vector)
      : unsafe EVP_DecryptInit_ex(cipher, algorithm, nil, key.cipher, vector)
    var secret = key.mac
    guard code == 1, unsafe copenssl_key_mac(mac, &secret, secret.count) == 1 else { return -1 }
    return isNewest ? 1 : 2
  }
}
