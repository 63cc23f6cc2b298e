// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing

@testable import Capture

@Suite("Sizes of an input's frames", .blocking)
struct FrameSizeLimitTests {
  @Test("a limit is read and printed", arguments: ["8192x4320", "64x64", "16384x16384", "640x360"])
  func text(_ text: String) throws {
    #expect(try #require(FrameSizeLimit(text)).description == text)
  }

  @Test("other texts are refused", arguments: ["", "8192", "8192x", "63x64", "16385x64", "axb"])
  func refused(_ text: String) { #expect(FrameSizeLimit(text) == nil) }

  @Test("the number of pixels is limited, also for sizes that overflow")
  func pixels() {
    let limit = FrameSizeLimit()
    #expect(limit.description == "8192x4320")
    #expect(limit.permits(8192, 4320) && limit.permits(4320, 8192) && limit.permits(0, 0))
    #expect(!limit.permits(8192, 4321) && !limit.permits(16_000, 16_000))
    #expect(!limit.permits(.max, .max) && !limit.permits(.max, 2))
  }

  private static func video(_ width: Int, _ height: Int) -> InputDescription.Video {
    InputDescription.Video(
      passThroughCodec: nil, codec: "mjpeg", width: width, height: height, rate: nil,
      parameterSets: [], configuration: [])
  }

  @Test("a decoder for larger frames is refused before it allocates them")
  func decoder() throws {
    #expect(throws: FFmpegError.self) { _ = try VideoDecoder(Self.video(16_000, 16_000)) }
    #expect(throws: FFmpegError.self) { _ = try VideoDecoder(Self.video(.max, .max)) }
    _ = try VideoDecoder(Self.video(1280, 720))
  }

  @Test("the size that is encoded by default is at most 3840x2160, with the same aspect ratio")
  func encoded() {
    #expect(Self.video(1921, 1081).size == VideoSize(width: 1920, height: 1080))
    #expect(Self.video(3840, 2160).size == VideoSize(width: 3840, height: 2160))
    #expect(Self.video(7680, 4320).size == VideoSize(width: 3840, height: 2160))
    #expect(Self.video(2, 3).size == VideoSize(width: 64, height: 64))
    for (width, height) in [(16_000, 16_000), (.max, 1), (1, .max), (.max, .max), (-5, 0)] {
      let size = Self.video(width, height).size
      #expect(size.map { $0.width * $0.height <= 3840 * 2160 } == true, "\(width)x\(height)")
    }
  }
}
