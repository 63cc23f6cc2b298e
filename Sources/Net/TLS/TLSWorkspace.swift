// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Glibc

/// The buffers that the TLS connections of one loop share, one connection at a time.
///
/// Confined to the loop's thread.
@safe
package final class TLSWorkspace {
  /// The maximum number of plain bytes of one record (RFC 8446 §5.1).
  static let recordSize = 16 * 1024
  /// Encrypted bytes of one system call; the connection keeps the bytes that the kernel does not
  /// take, and later bytes stay shared and plain.
  static let batchSize = 64 * 1024

  /// The method by which OpenSSL reads and writes these buffers.
  nonisolated(unsafe) static let method = unsafe copenssl_exchange_method()

  /// The buffers of OpenSSL.
  let exchange: UnsafeMutablePointer<copenssl_exchange>
  /// The decrypted bytes of one record.
  let plain: UnsafeMutablePointer<UInt8>
  /// Slices that are collected for one record.
  let gathered: UnsafeMutablePointer<UInt8>
  /// Lends the encrypted bytes to a socket.
  let batch = WriteBatch()

  /// Empty buffers.
  package init() {
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

  /// The number of encrypted bytes that wait to be sent.
  var outputCount: Int { unsafe exchange.pointee.output_count }

  /// The encrypted bytes that wait to be sent.
  package var output: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: exchange.pointee.output, count: outputCount)
  }

  /// Removes the encrypted bytes.
  package func removeOutput() { unsafe exchange.pointee.output_count = 0 }
}
