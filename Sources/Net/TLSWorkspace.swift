// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Glibc

/// The buffers through which the TLS connections of one loop pass their bytes, one at a time.
///
/// Confined to the loop's thread.
@safe
final class TLSWorkspace {
  /// The most plain bytes that one record holds (RFC 8446 §5.1).
  static let recordSize = 16 * 1024
  /// Encrypted bytes that are sent by one call; what the kernel does not take of them is kept for
  /// the connection, everything behind them stays shared and plain.
  static let batchSize = 64 * 1024

  /// Has OpenSSL read and write these buffers.
  nonisolated(unsafe) static let method = unsafe copenssl_exchange_method()

  /// What OpenSSL sees.
  let exchange: UnsafeMutablePointer<copenssl_exchange>
  /// Where a record is decrypted to.
  let plain: UnsafeMutablePointer<UInt8>
  /// Where small pieces are gathered into one record.
  let gathered: UnsafeMutablePointer<UInt8>

  init() {
    unsafe exchange = .allocate(capacity: 1)
    unsafe exchange.initialize(to: copenssl_exchange())
    unsafe plain = .allocate(capacity: Self.recordSize)
    unsafe gathered = .allocate(capacity: Self.recordSize)
  }

  deinit {
    unsafe free(exchange.pointee.output)
    unsafe exchange.deallocate()
    unsafe plain.deallocate()
    unsafe gathered.deallocate()
  }

  /// Encrypted bytes that wait to be sent.
  var outputCount: Int { unsafe exchange.pointee.output_count }

  /// Gives the encrypted bytes away; none wait afterwards.
  func takeOutput(_ send: (UnsafeRawBufferPointer) -> Void) {
    let count = outputCount
    guard count > 0 else { return }
    unsafe send(UnsafeRawBufferPointer(start: exchange.pointee.output, count: count))
    unsafe exchange.pointee.output_count = 0
  }
}
