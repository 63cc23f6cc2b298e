// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Isolation

@Suite("The network of the process of an input")
struct SandboxNetworkTests {
  @Test("a process of several inputs has the network of each")
  func union() {
    #expect(Sandbox.Network.none.and(.none) == .none)
    #expect(Sandbox.Network.none.and(.ports([554])) == .ports([554]))
    #expect(Sandbox.Network.ports([]).and(.none) == .ports([]))
    #expect(Sandbox.Network.ports([554]).and(.ports([1935])) == .ports([554, 1935]))
    #expect(Sandbox.Network.ports([554]).and(.all) == .all)
    #expect(Sandbox.Network.all.and(.none) == .all)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let url: String
    let port: UInt16?
    var testDescription: String { url }
  }

  static let rows = [
    Row(url: "http://proxy:3128", port: 3128),
    Row(url: "http://proxy:3128/", port: 3128),
    Row(url: "proxy:8080", port: 8080),
    Row(url: "http://user:word@proxy:3128/", port: 3128),
    Row(url: "http://proxy", port: 80),
    Row(url: "http://[2001:db8::1]:3128/", port: 3128),
    Row(url: "http://[2001:db8::1]", port: 80),
    Row(url: "http://proxy:99999", port: nil),
    Row(url: "", port: nil),
  ]

  @Test("the port of a proxy is that of its URL, or 80", arguments: rows)
  func proxy(_ row: Row) { #expect(Sandbox.port(ofProxy: row.url) == row.port) }
}
