// SPDX-License-Identifier: Apache-2.0

import Net
import Testing

@Suite("Addresses that the start prints")
struct PrintedAddressTests {
  private func address(
    _ scheme: String, _ bound: String, network: [String] = [], asked: Bool? = nil
  ) -> PrintedAddress {
    PrintedAddress(scheme, bound: bound, port: 8080) { includesIPv6 in
      if let asked { #expect(includesIPv6 == asked) }
      return network
    }
  }

  @Test(
    "the line names the socket, and for all addresses those of this machine",
    arguments: [
      ("http", "127.0.0.1", [], "listening http://127.0.0.1:8080/"),
      ("rtmp", "::1", [], "listening rtmp://[::1]:8080/"),
      ("http", "192.168.1.4", ["10.0.0.1"], "listening http://192.168.1.4:8080/"),
      ("http", "0.0.0.0", [], "listening http://0.0.0.0:8080/, here http://localhost:8080/"),
      (
        "https", "::", ["192.168.1.4", "2001:db8::7"],
        "listening https://[::]:8080/, here https://localhost:8080/, in the network "
          + "https://192.168.1.4:8080/ https://[2001:db8::7]:8080/"
      ),
    ] as [(String, String, [String], String)])
  func line(_ scheme: String, _ bound: String, _ network: [String], _ expected: String) {
    #expect(address(scheme, bound, network: network).line == expected)
  }

  @Test("IPv6 addresses of the machine count only for a socket that accepts them")
  func families() {
    _ = address("http", "0.0.0.0", asked: false)
    _ = address("http", "::", asked: true)
  }

  @Test(
    "other devices reach the likeliest address, and none of loopback",
    arguments: [
      ("0.0.0.0", ["192.168.1.4", "10.0.0.1"], "http://192.168.1.4:8080/"),
      ("::", ["2001:db8::7"], "http://[2001:db8::7]:8080/"),
      ("203.0.113.7", ["10.0.0.1"], "http://203.0.113.7:8080/"),
      ("0.0.0.0", [], nil), ("127.0.0.1", ["10.0.0.1"], nil), ("::1", ["10.0.0.1"], nil),
    ] as [(String, [String], String?)])
  func reachable(_ bound: String, _ network: [String], _ expected: String?) {
    #expect(address("http", bound, network: network).reachable == expected)
  }

  @Test("a phone gets the address without TLS if there is one")
  func phones() {
    let secure = address("https", "0.0.0.0", network: ["10.0.0.1"])
    let plain = address("http", "0.0.0.0", network: ["10.0.0.1"])
    #expect(PrintedAddress.forPhones([secure, plain]) == "http://10.0.0.1:8080/")
    #expect(PrintedAddress.forPhones([secure]) == "https://10.0.0.1:8080/")
    #expect(PrintedAddress.forPhones([]) == nil)
    let local = address("http", "127.0.0.1")
    #expect(PrintedAddress.forPhones([secure, local]) == nil, "the plain one is for this machine")
  }
}
