// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Sharing
import TestSupport
import Testing

@testable import Capture

@Suite("A library that gets no memory", .blocking)
struct OutOfMemoryTests {
  @Test("only the report of a process without memory is noted")
  func noted() {
    let count = Locked(0)
    OutOfMemory.whenNoted { count.withLock { $0 += 1 } }
    // Encoders of hardware report so if their sessions are in use, and demuxers for a damaged size.
    OutOfMemory.check(CFF_ENOMEM)
    _ = FFmpegError("avcodec_open2", CFF_ENOMEM)
    _ = FFmpegError(noMemory: "av_malloc")
    OutOfMemory.check(CFF_EIO, bytes: 1 << 60)
    #expect(count.withLock { $0 } == 0)
    OutOfMemory.check(CFF_ENOMEM, bytes: 1 << 60)
    #expect(count.withLock { $0 } == 1)
  }
}
