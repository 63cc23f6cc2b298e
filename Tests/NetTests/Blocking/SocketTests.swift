// SPDX-License-Identifier: Apache-2.0

import CLinux
import Net
import TestSupport
import Testing

struct HandOver: Sendable, CustomStringConvertible {
  let description: String
  let environment: [String: String]
  let descriptors: Range<Int32>?
}

@Suite("Sockets of a supervisor, sd_listen_fds(3)", .blocking)
struct InheritedSocketTests {
  static let rows = [
    HandOver(description: "nothing", environment: [:], descriptors: 3..<3),
    HandOver(
      description: "two for us", environment: ["LISTEN_PID": "42", "LISTEN_FDS": "2"],
      descriptors: 3..<5),
    HandOver(
      description: "for another process", environment: ["LISTEN_PID": "43", "LISTEN_FDS": "2"],
      descriptors: 3..<3),
    HandOver(description: "no process", environment: ["LISTEN_FDS": "2"], descriptors: 3..<3),
    HandOver(
      description: "no process ID", environment: ["LISTEN_PID": "x", "LISTEN_FDS": "2"],
      descriptors: 3..<3),
    HandOver(description: "no count", environment: ["LISTEN_PID": "42"], descriptors: 3..<3),
    HandOver(
      description: "none", environment: ["LISTEN_PID": "42", "LISTEN_FDS": "0"],
      descriptors: 3..<3),
    HandOver(
      description: "a count that is no number",
      environment: ["LISTEN_PID": "42", "LISTEN_FDS": "two"], descriptors: nil),
    HandOver(
      description: "a negative count", environment: ["LISTEN_PID": "42", "LISTEN_FDS": "-1"],
      descriptors: nil),
    HandOver(
      description: "an absurd count",
      environment: ["LISTEN_PID": "42", "LISTEN_FDS": "2147483647"], descriptors: nil),
  ]

  @Test("the variables hand over these descriptors", arguments: rows)
  func table(_ row: HandOver) {
    let result = try? PassedSockets.descriptors(environment: row.environment, processID: 42)
    #expect(result == row.descriptors)
  }

  @Test("a listening socket is adopted with its port; another descriptor is an error")
  func adopting() throws {
    let original = try ListeningSocket(host: "127.0.0.1", port: 0)
    let copy = dup(listeningDescriptor(port: original.boundPort))
    try #require(copy >= 0)
    let adopted = try ListeningSocket(adopting: copy)
    #expect(adopted.boundPort == original.boundPort)
    #expect(adopted.isAdopted && !original.isAdopted)

    let plain = dup(0)
    defer { close(plain) }
    #expect(throws: NetError.notAListeningSocket(descriptor: plain)) {
      try ListeningSocket(adopting: plain)
    }
  }

  /// Finds the descriptor of a listening socket by its port.
  private func listeningDescriptor(port: UInt16) -> Int32 {
    for descriptor: Int32 in 0..<1024 where clinux_is_listening_tcp(descriptor) == 1 {
      var own = clinux_address()
      if unsafe clinux_local_address(descriptor, &own) == 0, own.port == port { return descriptor }
    }
    return -1
  }
}

@Suite("Listening", .blocking)
struct ListeningSocketTests {
  @Test("a busy port is an error that names address, port and reason")
  func busy() throws {
    let first = try ListeningSocket(host: "127.0.0.1", port: 0)
    do {
      _ = try ListeningSocket(host: "127.0.0.1", port: first.boundPort)
      Issue.record("bound twice")
    } catch {
      #expect(
        error.description
          == "cannot listen on 127.0.0.1:\(first.boundPort): Address already in use")
    }
  }

  @Test("an unknown host is an error that names it")
  func unknown() {
    do {
      _ = try ListeningSocket(host: "no host", port: 0)
      Issue.record("bound")
    } catch {
      #expect(error.description.hasPrefix("cannot listen on no host: "))
    }
  }

  @Test("a name and IPv6 can be bound")
  func names() throws {
    #expect(try ListeningSocket(host: "localhost", port: 0).boundPort > 0)
    let six = try? ListeningSocket(host: "::1", port: 0)
    if let six { #expect(six.boundAddress.description == "::1") }
  }
}

@Suite("Addresses of peers", .blocking)
struct PeerAddressTests {
  private func address(_ high: UInt64, _ low: UInt64, _ isVersion6: Bool) -> PeerAddress {
    PeerAddress(high: high, low: low, port: 9, isVersion6: isVersion6)
  }

  @Test("are written as RFC 5952 says, and masked by an octet or 80 bits")
  func text() {
    let four = address(0, 0xC0A8_0117, false)
    #expect(four.description == "192.168.1.23")
    #expect(four.masked.description == "192.168.1.0")
    #expect(four.masked.port == 0)
    let six = address(0x2001_0DB8_0001_0002, 0x0003_0000_0000_0001, true)
    #expect(six.description == "2001:db8:1:2:3::1")
    #expect(six.masked.description == "2001:db8:1::")
    #expect(address(0, 0, true).description == "::")
    #expect(address(0, 1, true).description == "::1")
    #expect(
      address(0x2001_0DB8_0000_0001, 0x0001_0001_0001_0001, true).description
        == "2001:db8:0:1:1:1:1:1")
    #expect(
      address(0x2001_0000_0000_0001, 0x0000_0000_0000_0001, true).description
        == "2001:0:0:1::1")
    #expect(address(0, 0x7F00_0005, false).isLoopback && address(0, 1, true).isLoopback)
    #expect(!four.isLoopback && !six.isLoopback)
  }
}
