// SPDX-License-Identifier: Apache-2.0

package import Net
package import Sharing

/// Measures how the bytes of one response leave.
///
/// Confined to the loop's thread.
package protocol DeliveryObserver: AnyObject {
  /// The response begins on a connection.
  func begin(over stream: (any ByteStream)?)
  /// Bytes of the body were written; `queued` bytes up to their end are not taken by the kernel.
  func wrote(_ count: Int, queued: Int)
  /// The response has ended, or was cut; `queued` bytes up to its end are not taken by the kernel.
  func end(isCut: Bool, queued: Int)
}

extension DeliveryObserver {
  /// The whole response was written; without effect if it has no media.
  package func responded(
    _ response: PreparedResponse, over stream: (any ByteStream)?, queued: Int
  ) {
    // 200 or 206: errors are no media, and a 304 has none.
    guard response.status / 100 == 2 else { return }
    begin(over: stream)
    wrote(response.contentLength, queued: queued)
    end(isCut: stream == nil, queued: queued)
  }

  /// The response has ended after the pieces `rest`.
  package func end(with rest: [SharedBytes], queued: Int) {
    if !rest.isEmpty { wrote(rest.reduce(0) { $0 + $1.count }, queued: queued) }
    end(isCut: false, queued: queued)
  }
}
