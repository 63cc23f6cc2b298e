// SPDX-License-Identifier: Apache-2.0

import Media
import Testing

@Suite("Video sizes")
struct VideoSizeTests {
  @Test("a size parses with x or X, and prints with x")
  func read() {
    #expect(VideoSize("1280x720") == VideoSize(width: 1280, height: 720))
    #expect(VideoSize("640X360")?.description == "640x360")
  }

  @Test(
    "a text that is not a size is refused",
    arguments: [
      "", "x", "1280", "1280x", "x720", "1280x720x3", "1281x720", "62x64", "7682x100", "-1280x720",
      "+1280x720", "1280x+720", "1280 x720", "99999999999999999999x720",
    ])
  func refused(text: String) { #expect(VideoSize(text) == nil) }
}
