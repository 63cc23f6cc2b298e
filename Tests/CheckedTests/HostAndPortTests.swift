// SPDX-License-Identifier: Apache-2.0

import Checked
import Testing

@Suite("Texts of URLs")
struct HostAndPortTests {
  @Test(
    "host and port are divided at the last colon, or after a bracket",
    arguments: [
      ("host", "host", nil, false), ("host:80", "host", "80", false), (":80", "", "80", false),
      ("host:", "host", "", false), ("", "", nil, false), ("::1", ":", "1", true),
      ("[::1]", "::1", nil, false), ("[::1]:8554", "::1", "8554", false),
    ] as [(String, String, String?, Bool)])
  func parts(_ text: String, _ host: String, _ port: String?, _ isAmbiguous: Bool) throws {
    let found = try #require(HostAndPort(text[...]))
    #expect(found.host == host && found.port.map { String($0) } == port)
    #expect(found.isAmbiguous == isAmbiguous)
  }

  @Test("a bracket has an end, and only a port after it", arguments: ["[::1", "[::1]x", "["])
  func malformed(_ text: String) { #expect(HostAndPort(text[...]) == nil) }

  @Test("hexadecimal digits have all leading zeros")
  func digits() {
    #expect(hexadecimal([0, 0x0A, 0xFF]) == "000aff" && hexadecimal(UInt32(0xBEEF)) == "0000beef")
    #expect(hexadecimal(UInt32(0x64001F), digits: 6) == "64001f")
  }

  @Test("bytes are an even number of hexadecimal digits in any case, and nothing else")
  func bytes() {
    #expect(hexadecimalBytes("000aFf".utf8) == [0, 0x0A, 0xFF] && hexadecimalBytes([]) == [])
    for text in ["0", "0g", "000", " 00", "0x00"] { #expect(hexadecimalBytes(text.utf8) == nil) }
  }
}
