// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Streams
import Testing
import Time

@Suite("The status in a feed")
struct FeedStatusTests {
  @Test("is read as it is written, and a clock error has a limit", arguments: [-1, 0, 1])
  func limits(sign: Int64) throws {
    let most = Interval.seconds(sign * (1 << 30))
    var writer = FieldWriter()
    writer.add(true)
    writer.add(sign * (1 << 61))
    let status = try FeedStatus(fields: writer.bytes)
    #expect(status == FeedStatus(isSourceOnline: true, clockError: most))
    #expect(try FeedStatus(fields: status.fields) == status)
  }
}
