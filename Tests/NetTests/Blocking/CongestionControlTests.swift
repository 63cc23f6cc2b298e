// SPDX-License-Identifier: Apache-2.0

import CLinux
import CTestSockets
import TestSupport
import Testing

@testable import Net

@Suite("Congestion control, tcp(7)", .blocking)
struct CongestionControlTests {
  @Test("accepted connections have that of the listening socket, also of an adopted one")
  func inherited() throws {
    let socket = try ListeningSocket(host: "127.0.0.1", port: 0)
    #expect(CongestionControl.set("reno", on: socket) == nil)
    #expect(try acceptedName(socket) == "reno")
    let copy = dup(socket.descriptor)
    try #require(copy >= 0)
    let adopted = try ListeningSocket(adopting: copy)
    #expect(CongestionControl.set(CongestionControl.system, on: adopted) == nil)
    #expect(try acceptedName(adopted) == CongestionControl.systemName)
  }

  private func acceptedName(_ socket: ListeningSocket) throws -> String? {
    let client = ctest_connect_loopback(socket.boundPort, 0, 5)
    try #require(client >= 0)
    defer { close(client) }
    var peer = clinux_address()
    let accepted = unsafe clinux_accept(socket.descriptor, 65536, &peer)
    try #require(accepted >= 0)
    defer { close(accepted) }
    return CongestionControl.name(on: accepted)
  }

  @Test("a name that the kernel does not know is refused, and the socket keeps its own")
  func unknown() throws {
    #expect(CongestionControl.refusal(of: "nosuch") == .unknown)
    #expect(CongestionControl.refusal(of: CongestionControl.systemName) == nil)
    #expect(CongestionControl.refusal(of: CongestionControl.system) == nil)
    let socket = try ListeningSocket(host: "127.0.0.1", port: 0)
    #expect(CongestionControl.set("nosuch", on: socket) == .unknown)
    #expect(CongestionControl.name(on: socket.descriptor) == CongestionControl.systemName)
  }

  @Test("error numbers are refusals; 0 is none")
  func codes() {
    #expect(CongestionControl.Refusal(code: 0) == nil)
    #expect(CongestionControl.Refusal(code: -ENOENT) == .unknown)
    #expect(CongestionControl.Refusal(code: -EPERM) == .notPermitted)
    #expect(CongestionControl.Refusal(code: -ENOPROTOOPT) == .other(ENOPROTOOPT))
  }

  @Test("the note names the command that mends it")
  func notes() {
    #expect(CongestionControl.note(on: .unknown).contains("`modprobe tcp_bbr`"))
    let permitted = CongestionControl.note(on: .notPermitted)
    #expect(permitted.contains("sysctl -w net.ipv4.tcp_allowed_congestion_control=\""))
    #expect(permitted.contains("bbr\"`"))
    #expect(CongestionControl.note(on: .other(EINVAL)).contains("Invalid argument"))
  }
}
