// SPDX-License-Identifier: Apache-2.0

import Access
import System
import TestSupport
import Testing

@Suite("Hashes of viewer passwords")
struct PasswordHashTests {
  /// A cost at which a test waits little.
  private static let low = Scrypt.Cost(logarithm: 10, block: 8, lanes: 1)

  @Test("scrypt derives the bytes of RFC 7914")
  func vector() throws {
    let cost = try #require(Scrypt.Cost(logarithm: 10, block: 8, lanes: 16))
    let derived = try #require(
      Scrypt.derive(64, from: Array("password".utf8), salt: Array("NaCl".utf8), cost))
    #expect(
      derived.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
        + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")
  }

  @Test("a hash is read as it was printed; only its password matches")
  func text() throws {
    let costs = try #require(Self.low)
    let hash = try #require(PasswordHash(of: "Straße 7", costs))
    #expect(hash.text.hasPrefix("scrypt:10:8:1:"))
    let read = try #require(PasswordHash(hash.text))
    #expect(read == hash && read.matches("Straße 7") == true)
    for wrong in ["Strasse 7", "straße 7", "Straße 7 ", ""] {
      #expect(read.matches(wrong) == false, "\(wrong)")
    }
    #expect(try PasswordHash(of: "Straße 7", #require(Self.low)) != hash)
    #expect(!"\(hash)".contains(hash.text) && Mirror(reflecting: hash).children.isEmpty)
  }

  @Test("the usual cost is N = 2^15, r = 8, p = 1")
  func cost() throws {
    let hash = try #require(PasswordHash(of: "gate"))
    #expect(hash.text.hasPrefix("scrypt:15:8:1:") && hash.matches("gate") == true)
  }

  @Test("passwords have 1 to 256 bytes without NUL")
  func passwords() throws {
    let low = try #require(Self.low)
    for password in ["", String(repeating: "a", count: 257), "a\0b"] {
      #expect(PasswordHash(of: password, low) == nil)
    }
    #expect(PasswordHash(of: String(repeating: "a", count: 256), low) != nil)
  }

  @Test(
    "other texts, and costs above 64 MB, are no hashes",
    arguments: [
      "", "secret", "scrypt:", "scrypt:15:8:1:SALT:HASH", "scrypt:9:8:1:\(salt):\(derived)",
      "scrypt:17:8:1:\(salt):\(derived)", "scrypt:15:17:1:\(salt):\(derived)",
      "scrypt:15:8:17:\(salt):\(derived)", "scrypt:15:8:0:\(salt):\(derived)",
      "scrypt:015:8:1:\(salt):\(derived)", "scrypt:+15:8:1:\(salt):\(derived)",
      "scrypt:15:8:1:\(salt):\(derived):", "scrypt:15:8:1:c2FsdA:\(derived)",
      "scrypt:15:8:1:\(salt):\(salt)", "bcrypt:15:8:1:\(salt):\(derived)",
    ])
  func others(text: String) { #expect(PasswordHash(text) == nil) }

  @Test("other costs up to 64 MB are accepted", arguments: ["16:8:1", "15:16:1", "14:8:4"])
  func otherCosts(cost: String) {
    #expect(PasswordHash("scrypt:\(cost):\(salt):\(derived)") != nil)
  }
}

private let salt = "MDEyMzQ1Njc4OWFiY2RlZg"
private let derived = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
