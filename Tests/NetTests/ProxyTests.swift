// SPDX-License-Identifier: Apache-2.0

import Net
import TestSupport
import Testing

@Suite("Ranges of addresses, and headers of the PROXY protocol")
struct ProxyTests {
  private func peer(_ text: String) throws -> PeerAddress { try #require(PeerAddress(text)) }

  @Test("addresses are read and printed, RFC 5952 §4")
  func addresses() throws {
    for text in ["192.0.2.1", "::", "::1", "2001:db8::1", "2001:db8:0:1:1:1:1:1"] {
      #expect(try peer(text).description == text)
    }
    #expect(try peer("2001:DB8:0:0:0:0:0:1").description == "2001:db8::1")
    #expect(try peer("::ffff:192.0.2.1").description == "192.0.2.1")
    for text in ["", "192.0.2", "192.0.2.256", "192.0.2.1 ", "0x7f.1", "::1%lo", "localhost", ":"] {
      #expect(PeerAddress(text) == nil, "\(text)")
    }
  }

  @Test(
    "a range contains the addresses with its prefix",
    arguments: [
      ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
      ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
      ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false),
      ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.130/25", "192.0.2.129", true),
      ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false),
      ("2001:db8::/64", "2001:db8::ffff:0:0:1", true), ("2001:db8::/64", "2001:db8:0:1::1", false),
      ("2001:db8::8/125", "2001:db8::f", true), ("2001:db8::8/125", "2001:db8::7", false),
      ("::1", "::1", true), ("::1", "::2", false), ("::/0", "2001:db8::1", true),
      ("::/0", "192.0.2.1", false), ("192.0.2.0/24", "::ffff:192.0.2.9", true),
    ])
  func ranges(range: String, address: String, isInside: Bool) throws {
    #expect(try #require(AddressRange(range)).contains(try peer(address)) == isInside)
  }

  @Test(
    "other texts are no ranges",
    arguments: [
      "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129",
      "10.0.0.0/+8", "example.org",
    ])
  func noRange(text: String) {
    #expect(AddressRange(text) == nil)
  }

  // MARK: PROXY protocol

  private func header(
    version: UInt8 = 2, command: UInt8 = 1, family: UInt8, _ content: [UInt8], length: Int? = nil
  ) -> [UInt8] {
    let length = length ?? content.count
    return ProxyHeader.signature + [version << 4 | command, family]
      + [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)] + content
  }

  private let version4: [UInt8] = [192, 0, 2, 7, 198, 51, 100, 1, 0x1F, 0x90, 0x01, 0xBB]
  private var version6: [UInt8] {
    [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [9]
      + [UInt8](repeating: 0, count: 16) + [0x1F, 0x90, 0x01, 0xBB]
  }

  @Test("headers of TCP over IPv4 and IPv6, with and without additional values")
  func known() throws {
    let rows: [(bytes: [UInt8], client: String?)] = [
      (header(family: 0x11, version4), "192.0.2.7"),
      (header(family: 0x11, version4 + [4, 0, 1, 0]), "192.0.2.7"),
      (header(family: 0x21, version6), "2001:db8::9"),
      (
        header(
          family: 0x21,
          [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 8]
            + [UInt8](repeating: 0, count: 20)), "192.0.2.8"
      ),
      (header(command: 0, family: 0x00, []), nil),
      (header(command: 0, family: 0x11, version4), nil),
      (header(family: 0x00, []), nil),
      (header(family: 0x31, [UInt8](repeating: 47, count: 216)), nil),
    ]
    for (bytes, client) in rows {
      let next = bytes + Array("GET / HTTP/1.1\r\n".utf8)
      guard case .header(let size, let found) = ProxyHeader.read(next[...]) else {
        Issue.record("\(bytes)")
        continue
      }
      #expect(size == bytes.count && found?.description == client)
      for count in 0..<bytes.count {
        #expect(ProxyHeader.read(bytes[..<count]) == .incomplete)
      }
    }
    guard case .header(_, let client?) = ProxyHeader.read(rows[0].bytes[...]) else { return }
    #expect(client.port == 8080)
  }

  @Test("invalid headers, and bytes that are none")
  func invalid() {
    let malformed = [
      header(version: 1, family: 0x11, version4), header(command: 2, family: 0x11, version4),
      header(family: 0x11, Array(version4.dropLast())), header(family: 0x21, version4),
      header(family: 0x12, version4), header(family: 0x41, version6),
      header(family: 0x11, version4, length: 2049),
    ]
    for bytes in malformed { #expect(ProxyHeader.read(bytes[...]) == .malformed, "\(bytes)") }
    let others = [
      "GET / HTTP/1.1\r\n", "\r\nGET /", "PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n", "\u{16}",
    ]
    for text in others {
      #expect(ProxyHeader.read(Array(text.utf8)[...]) == .none)
    }
  }

  @Test("every header of random bytes has a meaning, and ends within its bytes")
  func random() {
    var generator = SplitMix64(seed: 5)
    for _ in 0..<5000 {
      let count = Int(generator.next() % 80)
      let rest = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      let bytes = ProxyHeader.signature + [0x21, 0x11, 0] + rest
      if case .header(let size, _) = ProxyHeader.read(bytes[...]) { #expect(size <= bytes.count) }
    }
  }
}
