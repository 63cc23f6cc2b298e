// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Net
import Testing

@Suite("TLS 1.2 and 1.3 with a client in memory: RFC 9325, RFC 9113 §9.2")
struct TLSSessionTests {
  /// A certificate of its own for each call.
  private func context() throws -> TLSContext {
    try TLSContext(.text(try SelfSignedCertificate(folder: nil).text))
  }

  struct Offer: Sendable, CustomTestStringConvertible {
    let protocols: [String]
    /// Nil if the handshake fails.
    let chosen: String?
    var testDescription: String { "\(protocols): \(chosen ?? "refused")" }
  }

  static let offers = [
    Offer(protocols: ["h2", "http/1.1"], chosen: "h2"),
    Offer(protocols: ["http/1.1", "h2"], chosen: "h2"),
    Offer(protocols: ["http/1.1"], chosen: "http/1.1"),
    Offer(protocols: ["http/1.0"], chosen: "http/1.0"),
    Offer(protocols: ["spdy/3", "http/1.1"], chosen: "http/1.1"),
    Offer(protocols: [], chosen: ""), Offer(protocols: ["spdy/3"], chosen: nil),
    Offer(protocols: ["h2c"], chosen: nil),
  ]

  @Test("ALPN chooses h2 before http/1.1 and http/1.0, RFC 7301", arguments: offers)
  func protocols(_ offer: Offer) throws {
    for version in [TLS1_2_VERSION, TLS1_3_VERSION] {
      let client = MemoryClient(protocols: offer.protocols, version: version)
      let server = try client.connects(to: try context())
      #expect((server == nil) == (offer.chosen == nil))
      guard let server, let chosen = offer.chosen else { continue }
      #expect(client.chosenProtocol == chosen)
      #expect(server.isHTTP2 == (chosen == "h2"))
    }
  }

  struct Version: Sendable, CustomTestStringConvertible {
    let number: Int32
    var suites: String?
    /// Nil if the handshake fails.
    let spoken: String?
    var testDescription: String { "\(number) \(suites ?? "") \(spoken ?? "refused")" }
  }

  static let versions = [
    Version(number: 0, spoken: "TLSv1.3"), Version(number: TLS1_3_VERSION, spoken: "TLSv1.3"),
    Version(number: TLS1_2_VERSION, spoken: "TLSv1.2"),
    Version(
      number: TLS1_2_VERSION, suites: "ECDHE-ECDSA-AES128-GCM-SHA256", spoken: "TLSv1.2"),
    Version(number: TLS1_1_VERSION, spoken: nil),
    Version(number: TLS1_2_VERSION, suites: "ECDHE-ECDSA-AES128-SHA", spoken: nil),
    Version(number: TLS1_2_VERSION, suites: "ECDHE-ECDSA-AES256-SHA384", spoken: nil),
    Version(number: TLS1_2_VERSION, suites: "AES128-GCM-SHA256", spoken: nil),
  ]

  @Test("1.1 is not spoken, nor 1.2 without forward secrecy or AEAD", arguments: versions)
  func spoken(_ row: Version) throws {
    let client = MemoryClient(version: row.number, suites: row.suites)
    let server = try client.connects(to: try context())
    #expect((server == nil ? nil : client.version) == row.spoken)
  }

  @Test(
    "a session is resumed by its ticket, also after a reload; another server refuses it",
    arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
  func tickets(version: Int32) throws {
    let (own, other) = (try context(), try context())
    let first = MemoryClient(version: version)
    _ = try #require(try first.connects(to: own))
    #expect(!first.isResumed)
    let session = try #require(first.savedSession())
    try own.reload()
    let second = MemoryClient(version: version, resuming: session)
    _ = try #require(try second.connects(to: own))
    #expect(second.isResumed)
    let third = MemoryClient(version: version, resuming: session)
    _ = try #require(try third.connects(to: other))
    #expect(!third.isResumed)
  }

  @Test("plain HTTP is no TLS, and says so")
  func plain() throws {
    let server = try TLSSession(try context(), TLSWorkspace())
    let request = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    let result = unsafe request.withUnsafeBufferPointer { bytes in
      unsafe server.lend(bytes)
      return server.shakeHands()
    }
    guard case .failed(let reason, let verification) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(reason == "plain HTTP" && verification == nil)
  }
}
