// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Net
import TestSupport
import Testing
import Time

@Suite("Clients behind proxies: Forwarded, X-Forwarded-For, PROXY protocol", .blocking)
struct ForwardedTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let field: String
    let value: String
    let addresses: [String]

    init(_ field: String, _ value: String, _ addresses: [String]) {
      (self.field, self.value, self.addresses) = (field, value, addresses)
    }

    var testDescription: String { "\(field): \(value)" }
  }

  private static let xff = "X-Forwarded-For"

  @Test(
    "the addresses of a field, `-` for an element without one",
    arguments: [
      Row(xff, "192.0.2.1", ["192.0.2.1"]),
      Row(xff, "203.0.113.5, 192.0.2.1", ["203.0.113.5", "192.0.2.1"]),
      Row(xff, " 203.0.113.5 ,\t192.0.2.1,", ["203.0.113.5", "192.0.2.1"]),
      Row(
        xff, "192.0.2.1:4711, [2001:db8::1]:80, [2001:db8::2], 2001:db8::3",
        ["192.0.2.1", "2001:db8::1", "2001:db8::2", "2001:db8::3"]),
      Row(xff, "unknown, _hidden, 192.0.2.256, 192.0.2.1 192.0.2.2", ["-", "-", "-", "-"]),
      Row(
        xff, "192.0.2.1:99999, [192.0.2.1], [::1, 192.0.2.1:, \"192.0.2.1\"",
        ["-", "-", "-", "-", "-"]),
      Row(xff, "", []),
      Row("Forwarded", "for=192.0.2.60;proto=http;by=203.0.113.43", ["192.0.2.60"]),
      Row("Forwarded", "for=192.0.2.43, for=198.51.100.17", ["192.0.2.43", "198.51.100.17"]),
      Row("Forwarded", "For=\"[2001:db8:cafe::17]:4711\"", ["2001:db8:cafe::17"]),
      Row("Forwarded", "for=\"192.0.2.1:_port\"", ["192.0.2.1"]),
      Row("Forwarded", "proto=https; FOR = 192.0.2.1 ;host=\"a,b;for=1.2.3.4\"", ["192.0.2.1"]),
      Row("Forwarded", "for=unknown, for=_gazonk, by=192.0.2.1", ["-", "-", "-"]),
      Row("Forwarded", "for=192.0.2.1;for=192.0.2.2", ["-"]),
      Row("Forwarded", "for=\"192.0.2.1, for=192.0.2.2", ["-"]),
      Row("Forwarded", "for=\"192.0.2.1\\\", for=192.0.2.2\"", ["-"]),
      Row("Forwarded", "for=", ["-"]),
    ])
  func fields(row: Row) {
    let found =
      row.field == "Forwarded"
      ? ForwardedFields.forwarded(row.value) : ForwardedFields.xForwardedFor(row.value)
    #expect(found.map { $0?.description ?? "-" } == row.addresses)
  }

  /// A row of the decision: the fields of a request, and the client; nil: 400.
  struct Decision: Sendable, CustomTestStringConvertible {
    let fields: String
    let client: String?
    /// The address is that of a proxy that states no client.
    let isUnstated: Bool

    init(_ fields: String, _ client: String?, isUnstated: Bool = false) {
      (self.fields, self.client, self.isUnstated) = (fields, client, isUnstated)
    }

    var testDescription: String { fields }
  }

  private static let trusted: TrustedProxies = {
    var proxies = TrustedProxies()
    proxies.addresses = ["127.0.0.1", "10.0.0.0/8", "2001:db8:e::/48"].compactMap {
      AddressRange($0)
    }
    return proxies
  }()

  private static let decisions = [
    // A client that the proxy does not name, or a request of the proxy itself.
    Decision("", "127.0.0.1", isUnstated: true),
    Decision("X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"),
    // The client has invented the first address.
    Decision("X-Forwarded-For: 203.0.113.99, 192.0.2.1\r\n", "192.0.2.1"),
    Decision("X-Forwarded-For: 127.0.0.1, 10.0.0.1, 192.0.2.1\r\n", "192.0.2.1"),
    // A chain of trusted proxies.
    Decision("X-Forwarded-For: 203.0.113.99, 192.0.2.1, 10.0.0.7\r\n", "192.0.2.1"),
    Decision("X-Forwarded-For: 192.0.2.1, 10.0.0.7, 2001:db8:e::5\r\n", "192.0.2.1"),
    Decision("X-Forwarded-For: 10.0.0.9, 10.0.0.7\r\n", "10.0.0.9", isUnstated: true),
    Decision("X-Forwarded-For: 127.0.0.1\r\n", "127.0.0.1", isUnstated: true),
    // Several fields are one list.
    Decision("X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"),
    Decision("X-Forwarded-For: 2001:db8::77\r\n", "2001:db8::77"),
    Decision("Forwarded: for=\"[2001:db8::77]:1\", for=10.1.1.1\r\n", "2001:db8::77"),
    // An unusable element ends the list: the newest usable address counts.
    Decision("X-Forwarded-For: 192.0.2.1, nonsense\r\n", "127.0.0.1", isUnstated: true),
    // nginx with a listener on a local socket.
    Decision("X-Forwarded-For: unix:\r\n", "127.0.0.1", isUnstated: true),
    Decision("Forwarded: for=_hidden\r\n", "127.0.0.1", isUnstated: true),
    Decision("Forwarded: for=unknown\r\n", "127.0.0.1", isUnstated: true),
    Decision("Forwarded: proto=https\r\n", "127.0.0.1", isUnstated: true),
    Decision("X-Forwarded-For: 192.0.2.1, unknown, 10.0.0.7\r\n", "10.0.0.7", isUnstated: true),
    Decision("X-Forwarded-For:\r\n", "127.0.0.1", isUnstated: true),
    Decision("Forwarded: for=192.0.2.1\r\nX-Forwarded-For: 192.0.2.1:80\r\n", "192.0.2.1"),
    // One of the two was written by the client.
    Decision("Forwarded: for=203.0.113.9\r\nX-Forwarded-For: 192.0.2.1\r\n", nil),
  ]

  @Test("the client of a request of a trusted proxy", arguments: decisions)
  func client(row: Decision) throws {
    for transport in Transport.allCases {
      let server = try TestServer(HTTPLimits(), transport, proxies: Self.trusted)
      let client = try TestClient(server)
      client.get("/hello", row.fields)
      let status = try client.response().status
      #expect(status == (row.client == nil ? 400 : 200))
      #expect(server.eventually { $0.finished.count == 1 })
      let peer = server.seen.finished.first?.peer
      #expect(peer?.description == row.client ?? "127.0.0.1")
      guard row.client != nil else { continue }
      #expect(peer?.isUnstated == row.isUnstated && peer?.isLoopback == false)
    }
  }

  @Test("an unstated client has no rights of the proxy's address, and is not the proxy")
  func unstated() throws {
    for text in ["127.0.0.1", "::1", "10.0.0.7"] {
      let proxy = try #require(PeerAddress(text, port: 80))
      let client = proxy.unstatedClient
      #expect(!client.isLoopback && !Self.trusted.contains(client) && client != proxy)
      #expect(client.owner == client.owner.unstatedClient && client.owner != proxy.owner)
      #expect(client.host.isUnstated && client.description == proxy.description)
    }
  }

  @Test(
    "the scheme of a client is what a trusted proxy states last",
    arguments: [
      ("X-Forwarded-Proto: https\r\n", true), ("X-Forwarded-Proto: HTTPS\r\n", true),
      ("X-Forwarded-Proto: http\r\n", false), ("X-Forwarded-Proto: ftp\r\n", false),
      ("X-Forwarded-Proto: https, http\r\n", false), ("", false),
      ("Forwarded: for=192.0.2.1;proto=https\r\n", true),
      ("Forwarded: for=192.0.2.1;proto=http, for=10.0.0.7;Proto=\"https\"\r\n", true),
      ("Forwarded: for=192.0.2.1;proto=https, for=10.0.0.7\r\n", false),
      ("Forwarded: proto=HTTPS;for=192.0.2.1\r\nX-Forwarded-Proto: https\r\n", true),
      ("Forwarded: for=192.0.2.1\r\nX-Forwarded-Proto: http, https\r\n", true),
      ("Forwarded: proto=http, proto=https\r\nX-Forwarded-Proto: http, https\r\n", true),
    ])
  func scheme(fields: String, isSecure: Bool) throws {
    for proxies in [Self.trusted, TrustedProxies()] {
      let server = try TestServer(proxies: proxies)
      let client = try TestClient(server)
      client.get("/hello", fields)
      #expect(try client.response().status == 200)
      #expect(server.eventually { $0.finished.count == 1 })
      let isBelieved = !proxies.addresses.isEmpty
      #expect(server.seen.finished.first?.request.isSecure == (isSecure && isBelieved))
    }
  }

  @Test(
    "two schemes of a trusted proxy that differ: one of them was written by the client",
    arguments: [
      "Forwarded: proto=http;for=192.0.2.1\r\nX-Forwarded-Proto: https\r\n",
      "Forwarded: proto=https\r\nX-Forwarded-Proto: http\r\n",
      "Forwarded: proto=https, proto=http\r\nX-Forwarded-Proto: https\r\n",
      "Forwarded: proto=https\r\nX-Forwarded-Proto: https, ftp\r\n",
    ])
  func conflictingSchemes(fields: String) throws {
    for transport in Transport.allCases {
      for (proxies, status) in [(Self.trusted, 400), (TrustedProxies(), 200)] {
        let server = try TestServer(HTTPLimits(), transport, proxies: proxies)
        let client = try TestClient(server)
        client.get("/hello", fields)
        #expect(try client.response().status == status)
      }
    }
  }

  @Test(
    "a request from this machine with a field of a proxy that is not trusted has no local client",
    arguments: [
      "X-Forwarded-For: 127.0.0.1\r\n", "Forwarded: for=192.0.2.1\r\n", "Via: 1.1 cache\r\n",
      "X-Real-IP: 192.0.2.1\r\n", "x-forwarded-for:\r\n",
    ])
  func unnamedProxy(field: String) throws {
    var others = TrustedProxies()
    others.addresses = [try #require(AddressRange("10.0.0.0/8"))]
    for transport in Transport.allCases {
      let server = try TestServer(HTTPLimits(), transport, proxies: others)
      let client = try TestClient(server)
      client.get("/hello", "X-Forwarded-Host: x\r\n")
      #expect(try client.response().status == 200)
      client.get("/hello", field)
      #expect(try client.response().status == 200)
      #expect(server.eventually { $0.finished.count == 2 })
      #expect(server.seen.finished.map(\.peer.isLoopback) == [true, false])
      #expect(server.seen.finished.map(\.peer.description) == ["127.0.0.1", "127.0.0.1"])
      #expect(server.seen.unnamedProxies == 1)
    }
  }

  @Test("a loopback address that a proxy states is that of the proxy's machine")
  func statedLoopback() throws {
    var proxies = TrustedProxies()
    proxies.addresses = [try #require(AddressRange("127.0.0.1"))]
    for field in ["X-Forwarded-For: 127.0.0.9", "X-Forwarded-For: ::1", "Forwarded: for=127.0.0.9"]
    {
      let server = try TestServer(proxies: proxies)
      let client = try TestClient(server)
      client.get("/hello", field + "\r\n")
      #expect(try client.response().status == 200)
      #expect(server.eventually { $0.finished.count == 1 })
      let peer = server.seen.finished.first?.peer
      #expect(peer?.isUnstated == true && peer?.isLoopback == false, "\(field)")
      #expect(peer?.description != "127.0.0.1" && server.seen.unnamedProxies == 0)
    }
  }

  @Test("an untrusted peer is believed nothing")
  func spoofed() throws {
    var others = TrustedProxies()
    others.addresses = [try #require(AddressRange("10.0.0.0/8"))]
    for proxies in [TrustedProxies(), others] {
      let server = try TestServer(proxies: proxies)
      for fields in ["X-Forwarded-For: 192.0.2.1\r\n", "Forwarded: for=192.0.2.1\r\n"] {
        let client = try TestClient(server)
        client.get("/hello", fields)
        #expect(try client.response().status == 200)
      }
      // The address is that of the connection, without its rights.
      #expect(
        server.seen.finished.allSatisfy {
          $0.peer.description == "127.0.0.1" && !$0.peer.isLoopback
        })
    }
    // Its PROXY header is no request.
    let server = try TestServer(.sockets)
    let client = try TestClient(server)
    client.send(Self.proxyHeader)
    client.get("/hello")
    #expect(try client.response().status == 400)
  }

  @Test("only connections of checking proxies have requests that were checked")
  func checked() throws {
    var (checking, others) = (Self.trusted, Self.trusted)
    checking.checking = [try #require(AddressRange("127.0.0.1"))]
    others.checking = [try #require(AddressRange("192.0.2.0/24"))]
    for (proxies, isChecked) in [(checking, true), (others, false), (Self.trusted, false)] {
      for transport in Transport.allCases {
        let server = try TestServer(HTTPLimits(), transport, proxies: proxies)
        let client = try TestClient(server)
        // The address of the client is no proof.
        client.get("/hello", "X-Forwarded-For: 192.0.2.1\r\n")
        #expect(try client.response().status == 200)
        #expect(server.eventually { $0.finished.count == 1 })
        #expect(server.seen.finished.first?.request.isChecked == isChecked)
      }
    }
  }

  private static let proxyHeader =
    ProxyHeader.signature + [0x21, 0x11, 0, 12, 192, 0, 2, 7, 198, 51, 100, 1, 1, 2, 3, 4]

  @Test("a PROXY header of a trusted peer names the client, in pieces of any size")
  func proxyProtocol() throws {
    let server = try TestServer(HTTPLimits(), .sockets, proxies: Self.trusted)
    for cut in [0, 1, 12, 15, 20, Self.proxyHeader.count] {
      let client = try TestClient(server)
      client.send(Array(Self.proxyHeader[..<cut]))
      server.onLoop { _ in }
      client.send(Array(Self.proxyHeader[cut...]))
      // The client is no proxy: its field is not believed.
      client.get("/hello", "X-Forwarded-For: 203.0.113.9\r\n")
      #expect(try client.response().text == "hello")
    }
    #expect(server.eventually { $0.finished.count == 6 })
    #expect(server.seen.finished.allSatisfy { $0.peer.description == "192.0.2.7" })
    // A trusted peer may also send no header.
    let plain = try TestClient(server)
    plain.get("/hello", "X-Forwarded-For: 203.0.113.9\r\n")
    #expect(try plain.response().text == "hello")
    #expect(server.eventually { $0.finished.last?.peer.description == "203.0.113.9" })
  }

  @Test("a malformed PROXY header, and an incomplete one, end the connection without a response")
  func malformedHeaders() throws {
    let server = try TestServer(HTTPLimits(), .sockets, proxies: Self.trusted)
    var malformed = Self.proxyHeader
    malformed[12] = 0x31
    let client = try TestClient(server)
    client.send(malformed)
    #expect(client.receive() <= 0)
    let short = try TestClient(server)
    short.send(Array(Self.proxyHeader[..<20]))
    short.finish()
    #expect(short.receive() <= 0)
    let idle = try TestClient(server)
    idle.send(Array(Self.proxyHeader[..<20]))
    server.onLoop { _ in }
    server.pass(.seconds(62))
    #expect(idle.receive() <= 0)
    #expect(server.seen.paths.isEmpty)
  }

  @Test("the limit per address counts the clients of a proxy, and not the proxy")
  func limits() throws {
    var limits = HTTPLimits()
    limits.connectionsPerAddress = 2
    limits.exemptsLoopback = false
    let server = try TestServer(limits, proxies: Self.trusted)
    var held: [TestClient] = []
    func ask(_ path: String, _ address: String) throws -> TestClient {
      let client = try TestClient(server)
      client.get(path, "X-Forwarded-For: \(address)\r\n")
      return client
    }
    for address in ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2"] {
      held.append(try ask("/hold", address))
    }
    #expect(try ask("/hello", "192.0.2.1").response().status == 429)
    #expect(try ask("/hello", "192.0.2.3").response().status == 200)
    #expect(server.seen.faults == [.addressConnections])
    // A request that has ended no longer counts.
    held.removeFirst()
    server.settle()
    #expect(try ask("/hello", "192.0.2.1").response().status == 200)
    #expect(server.seen.paths.filter { $0 == "/hold" }.count == 4)
    // The clients that a proxy does not state are counted together.
    held += [try ask("/hold", "unknown"), try ask("/hold", "_hidden")]
    #expect(try ask("/hello", "unknown").response().status == 429)
  }
}
