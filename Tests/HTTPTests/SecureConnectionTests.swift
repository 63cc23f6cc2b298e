// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Foundation
import HTTP
import HTTPTestSupport
import Net
import Sharing
import Testing
import Time

@Suite("HTTPS: TLS 1.2 and 1.3, RFC 9325, RFC 9113 §9.2")
struct SecureConnectionTests {
  /// A certificate of its own for each call.
  private func context() throws -> TLSContext {
    try TLSContext(.text(try SelfSignedCertificate(folder: nil).text))
  }

  private static let get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test("a client without ALPN, RFC 7301, is served HTTP/1.1; one of a refused version is not")
  func protocols() throws {
    let server = try TestServer(tls: try context())
    let client = try SecureClient(port: server.port)
    for _ in 0..<3 {
      client.send(Self.get)
      #expect(try client.response().body == Array("hello".utf8))
    }
    #expect(throws: SecureClient.Failed.self) {
      try SecureClient(port: server.port, protocols: ["spdy/3"])
    }
    #expect(throws: SecureClient.Failed.self) {
      try SecureClient(port: server.port, version: TLS1_1_VERSION)
    }
    let next = try SecureClient(port: server.port)
    next.send(Self.get)
    #expect(try next.response().body == Array("hello".utf8))
  }

  @Test("every byte of many pieces arrives in order, however slowly it is read")
  func pieces() throws {
    let server = try TestServer(tls: try context())
    let whole = TestServer.pieces.flatMap(\.array)
    let slow = try SecureClient(port: server.port, receiveBuffer: 4096)
    slow.send("GET /pieces HTTP/1.1\r\nHost: a\r\n\r\n")
    slow.send("GET /pieces HTTP/1.1\r\nHost: a\r\nRange: bytes=12345-\r\n\r\n")
    #expect(server.eventually { $0.paths.count >= 1 })
    #expect(try slow.response().body == whole)
    #expect(try slow.response().body == Array(whole[12345...]))
    #expect(server.eventually { $0.finished.count == 2 })
    #expect(server.seen.finished.allSatisfy { !$0.cut })
  }

  @Test(
    "a client that takes small records only gets everything, RFC 6066 §4",
    arguments: [TLSEXT_max_fragment_length_512, TLSEXT_max_fragment_length_4096])
  func fragments(code: Int32) throws {
    let server = try TestServer(tls: try context())
    let client = try SecureClient(port: server.port, fragments: code)
    for path in ["/hello", "/pieces", "/hello"] {
      client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
    }
    #expect(try client.response().body == Array("hello".utf8))
    #expect(try client.response().body == TestServer.pieces.flatMap(\.array))
    #expect(try client.response().body == Array("hello".utf8))
  }

  @Test("many pipelined requests are answered in turn, though reading pauses between them")
  func pipelined() throws {
    let server = try TestServer(tls: try context())
    let client = try SecureClient(port: server.port)
    client.send(String(repeating: "GET /pieces HTTP/1.1\r\nHost: a\r\n\r\n", count: 3))
    client.send(String(repeating: Self.get, count: 500))
    let size = TestServer.pieces.reduce(0) { $0 + $1.count }
    for _ in 0..<3 { #expect(try client.response().body.count == size) }
    for _ in 0..<500 { #expect(try client.response().body == Array("hello".utf8)) }
  }

  @Test("a clean end sends close_notify; a cut does not")
  func ends() throws {
    let server = try TestServer(tls: try context())
    let client = try SecureClient(port: server.port)
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    #expect(try client.response().body == Array("hello".utf8))
    #expect(client.endsWithNotice())
    let cut = try SecureClient(port: server.port)
    cut.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(server.eventually { $0.paths.contains("/stream") })
    server.onLoop { routes in
      routes.held("/stream")?.begin(PreparedResponse(status: 200, fields: []))
      routes.held("/stream")?.abort()
    }
    #expect(!cut.endsWithNotice())
  }

  @Test("a client that disconnects frees its held request")
  func gone() throws {
    let server = try TestServer(tls: try context())
    var client: SecureClient? = try SecureClient(port: server.port)
    client?.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(server.eventually { $0.paths == ["/hold"] })
    client = nil
    #expect(server.eventually { $0.gone == ["/hold"] })
  }

  @Test("plain HTTP is recognised and closed cleanly; invalid bytes and silence are closed in time")
  func noTLS() throws {
    var limits = HTTPLimits()
    limits.handshakeTime = .milliseconds(300)
    limits.lingerTime = .milliseconds(100)
    limits.checkInterval = .milliseconds(50)
    let server = try TestServer(limits, tls: try context())
    let plain = try TestClient(server)
    plain.get("/hello")
    #expect(plain.endsCleanly())
    plain.finish()
    let nonsense = try TestClient(server)
    nonsense.send("\u{16}\u{3}\u{1}\u{0}\u{5}xxxxx")
    #expect(nonsense.endsCleanly())
    server.pass(.milliseconds(100))
    #expect(server.eventually { $0.faults.count == 2 })
    let silent = try TestClient(server)
    let half = try TestClient(server)
    half.send([0x16, 3, 1, 2, 0, 1, 0])
    server.pass(.milliseconds(500))
    #expect(silent.endsCleanly())
    #expect(half.endsCleanly())
    #expect(
      server.eventually { $0.faults == [.handshake, .handshake, .handshakeTime, .handshakeTime] })
    let good = try SecureClient(port: server.port)
    good.send(Self.get)
    #expect(try good.response().body == Array("hello".utf8))
  }

  @Test("connections above the limit get 503 over TLS too")
  func tooMany() throws {
    var limits = HTTPLimits()
    limits.connections = 1
    let server = try TestServer(limits, tls: try context())
    let first = try SecureClient(port: server.port)
    first.send(Self.get)
    #expect(try first.response().head.hasPrefix("HTTP/1.1 200"))
    let second = try SecureClient(port: server.port)
    second.send(Self.get)
    let refused = try second.response().head
    #expect(refused.hasPrefix("HTTP/1.1 503") && refused.contains("Retry-After: 1"))
  }
}

@Suite("Certificates that are loaded again")
struct ReloadedCertificateTests {
  private func folder() throws -> String {
    let path =
      NSTemporaryDirectory() + "streamer-tls-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  private func write(_ folder: String, _ name: String, _ bytes: [UInt8]) throws -> String {
    let path = folder + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test("a reload changes new connections only; a bad file changes nothing and is reported")
  func reload() throws {
    let folder = try folder()
    let first = try SelfSignedCertificate(folder: nil).text
    let certificate = try write(folder, "cert.pem", first)
    let key = try write(folder, "key.pem", first)
    let tls = try TLSContext(.files(certificate: certificate, key: key, chain: certificate))
    let server = try TestServer(tls: tls)
    let old = try SecureClient(port: server.port)
    let fingerprint = tls.fingerprint

    _ = try write(folder, "cert.pem", try SelfSignedCertificate(folder: nil).text)
    #expect(throws: TLSError.keyMismatch(certificate: certificate, key: key)) { try tls.reload() }
    #expect(tls.fingerprint == fingerprint)
    #expect(try SecureClient(port: server.port).serial == old.serial)

    let second = try SelfSignedCertificate(folder: nil).text
    _ = try write(folder, "cert.pem", second)
    _ = try write(folder, "key.pem", second)
    try tls.reload()
    #expect(tls.fingerprint != fingerprint)
    #expect(try SecureClient(port: server.port).serial != old.serial)
    old.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try old.response().body == Array("hello".utf8))
  }
}
