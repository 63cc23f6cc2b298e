// SPDX-License-Identifier: Apache-2.0

import Access
import Testing

@Suite("Hosts of /api")
struct KnownHostsTests {
  @Test(
    "only addresses and names of the server are hosts of /api",
    arguments: [
      ("192.0.2.1:8080", true), ("[2001:db8::1]:8080", true), ("[::1]", true), ("localhost", true),
      ("LocalHost:80", true), ("a.localhost", true), ("live.example", true),
      ("LIVE.example:443", true), ("", true), ("evil.example", false), ("localhost.evil", false),
      ("192.0.2.1.evil", false), ("127.0.0.1.", false), ("xlive.example", false),
      ("localhost.", true), ("live.example.:80", true), ("own.example", true),
      ("ip6-localhost", true), ("IP6-loopback:80", true), ("a.ip6-localhost", false),
      ("live.example..", false), (".", false), ("evil.example.", false),
      ("[::1].evil", false), ("[::1]x:80", false), ("[::1]:x", false), ("[::1", false),
      ("[localhost]", false), ("[::1]:", false), ("[::1]:80", true),
    ])
  func hosts(host: String, isKnown: Bool) throws {
    let hosts = KnownHosts([
      "Live.example", "own.example.", KnownHosts.name(in: "https://cdn.example:8/cam"),
    ])
    #expect(hosts.contain(field: host) == isKnown)
    #expect(hosts.contain(field: "cdn.example"))
  }
}
