// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Net

@Suite("Names of the machine")
struct MachineNamesTests {
  private static let hosts = """
    # 127.0.0.1 comment.example live
    127.0.0.1\tlocalhost
    127.0.1.1   live.studio.example live # cam
    ::1 ip6-localhost ip6-loopback
    192.0.2.1 gate.example gate door
    """

  @Test(
    "the canonical name is the first one of the line in /etc/hosts",
    arguments: [
      ("live", "live.studio.example"), ("LIVE", "live.studio.example"), ("door", "gate.example"),
      ("gate.example", "gate.example"), ("cam", nil), ("192.0.2.1", nil), ("other", nil), ("", nil),
    ])
  func canonical(name: String, expected: String?) {
    #expect(MachineNames.canonicalName(of: name, in: Self.hosts) == expected)
    #expect(MachineNames.canonicalName(of: name, in: "") == nil)
  }

  @Test("a certificate has the names of the machine, and localhost")
  func current() {
    let names = MachineNames.current
    #expect(names.names.first == "localhost" && names.names.count == Set(names.names).count)
    #expect(names.alternatives.hasPrefix("DNS:localhost,"))
  }
}
