// SPDX-License-Identifier: Apache-2.0

import Glibc
import Ingest
import Publishing
import Testing

/// A source that reads what has arrived.
final class RecordSource {
  let descriptor: Int32
  var reader = MediaRecordReader()

  /// Connects to a stream.
  init(_ stream: PublishedStream) throws { descriptor = try #require(stream.connectSource()) }

  deinit { close(descriptor) }

  func records() throws -> [MediaRecord] {
    var found: [MediaRecord] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = unsafe recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { return found }
      unsafe buffer.withUnsafeBufferPointer {
        unsafe reader.append(UnsafeBufferPointer(rebasing: $0[..<count]))
      }
      while let record = try reader.next() { found.append(record) }
    }
  }
}
