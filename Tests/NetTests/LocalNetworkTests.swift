// SPDX-License-Identifier: Apache-2.0

import Net
import Testing

@Suite("Addresses in the local network")
struct LocalNetworkTests {
  @Test("the likeliest address is first; loopback and bridges are no help")
  func order() {
    let all = [
      "127.0.0.1", "::1", "172.17.0.1", "203.0.113.7", "2001:db8::7", "10.1.2.3", "192.168.1.20",
      "169.254.3.4",
    ]
    #expect(
      LocalNetwork.addresses(all, includesIPv6: false) == [
        "192.168.1.20", "10.1.2.3", "203.0.113.7",
      ])
    #expect(
      LocalNetwork.addresses(["172.31.0.1", "172.32.0.1", "2001:db8::7"], includesIPv6: true) == [
        "172.32.0.1", "172.31.0.1", "2001:db8::7",
      ])
    #expect(LocalNetwork.addresses(["127.0.0.1", "::1", "x", "1.2.3"], includesIPv6: true) == [])
  }
}
