// SPDX-License-Identifier: Apache-2.0

import Access
import Net
import System
import TestSupport
import Testing
import Time

@Suite("Access of viewers by a password")
struct ViewerAccessTests {
  private static let secret = "0123456789abcdef0123456789abcdef"
  private static let now: Int64 = 1_795_157_996
  private let peer = PeerAddress(high: 0, low: 0xc000_0201, port: 1, isVersion6: false)

  private func hash(_ password: String = "gate") throws -> PasswordHash {
    let cost = try #require(Scrypt.Cost(logarithm: 10, block: 8, lanes: 1))
    return try #require(PasswordHash(of: password, cost))
  }

  private func key(_ name: String = "k1") throws -> TokenKey {
    try #require(TokenKey("\(name):\(Self.secret)"))
  }

  @Test("a token of a password is one of the stream, for ten minutes, until the next password")
  func tokens() throws {
    let (hash, key) = (try hash(), try key())
    let access = ViewerAccess(keys: [], password: hash, secret: key)
    let password = try #require(access.password)
    let token = try #require(password.token(for: "gate", session: "s", now: Self.now))
    #expect(token.expiry == Self.now + 600)
    func verdict(_ stream: String, _ access: ViewerAccess) -> PlaybackToken.Verdict {
      token.verdict(on: stream, by: peer, access.keys, now: Self.now)
    }
    #expect(verdict("gate", access) == .valid(nil) && verdict("yard", access) == .invalid)
    #expect(verdict("gate", ViewerAccess(keys: [], password: hash, secret: key)) == .valid(nil))
    let next = ViewerAccess(keys: [], password: try self.hash(), secret: key)
    #expect(verdict("gate", next) == .invalid)
    #expect(verdict("gate", ViewerAccess(keys: [key])) == .invalid)
  }

  @Test("a cookie is for its stream and password, and permits no playback")
  func cookies() throws {
    let (hash, key) = (try hash(), try key())
    let password = ViewerPassword(hash, sources: [key])
    let cookie = try #require(password.cookie(for: "gate", session: "s", now: Self.now))
    #expect(password.cookie(cookie.text, for: "gate", now: Self.now)?.session == "s")
    #expect(password.cookie(cookie.text, for: "yard", now: Self.now) == nil)
    #expect(password.cookie(cookie.text, for: "gate", now: cookie.expiry) == nil)
    #expect(password.cookie("x", for: "gate", now: Self.now) == nil)
    #expect(
      cookie.verdict(on: "gate", by: peer, password.keys, now: Self.now) == .invalid)
    let token = try #require(password.token(for: "gate", session: "s", now: Self.now))
    #expect(password.cookie(token.text, for: "gate", now: Self.now) == nil)
    let next = ViewerPassword(try self.hash(), sources: [key])
    #expect(next.cookie(cookie.text, for: "gate", now: Self.now) == nil)
    #expect(!ViewerPassword.isOld(cookie, now: Self.now))
    #expect(ViewerPassword.isOld(cookie, now: Self.now + 16 * 86_400))
  }

  @Test("keys of links stay valid beside a password; each of them signs for it")
  func besideKeys() throws {
    let (hash, one, two) = (try hash(), try key(), try key("k2"))
    let access = ViewerAccess(keys: [one, two], password: hash, secret: one)
    #expect(access.rule == .password && access.keys.prefix(2) == [one, two])
    let link = PlaybackToken(stream: "gate", expiry: Self.now + 9, session: "s", key: two)
    #expect(link.verdict(on: "gate", by: peer, access.keys, now: Self.now) == .valid(nil))
    // A key is replaced: earlier viewers continue.
    let former = ViewerPassword(hash, sources: [two])
    let cookie = try #require(former.cookie(for: "gate", session: "s", now: Self.now))
    #expect(access.password?.cookie(cookie.text, for: "gate", now: Self.now) != nil)
  }

  @Test("the rule in words")
  func rules() throws {
    let key = try key()
    #expect(ViewerAccess.everybody.rule == .everybody)
    #expect(ViewerAccess(keys: [key]).rule == .links)
  }

  @Test("a right password is remembered for ten minutes, for its client, stream and hash")
  func remembered() throws {
    var table = RememberedPasswords(key: [1, 2, 3])
    let hash = try hash()
    let name = table.name("gate", of: hash, for: "gate", by: peer)
    table.insert(name, at: .origin)
    func knows(
      _ password: String, _ hash: PasswordHash, _ stream: String, _ peer: PeerAddress,
      at now: MonotonicTime = .origin
    ) -> Bool {
      table.contains(table.name(password, of: hash, for: stream, by: peer), at: now)
    }
    #expect(knows("gate", hash, "gate", peer))
    #expect(!knows("gatE", hash, "gate", peer) && !knows("gate", hash, "yard", peer))
    let next = try self.hash()
    #expect(!knows("gate", next, "gate", peer))
    let other = PeerAddress(high: 0, low: 1, port: 1, isVersion6: false)
    #expect(!knows("gate", hash, "gate", other))
    #expect(!knows("gate", hash, "gate", peer, at: .origin + RememberedPasswords.span))
  }

  @Test("at most 4,096 passwords are remembered, the newest ones")
  func capacity() throws {
    var table = RememberedPasswords(key: [1])
    let hash = try hash()
    var now = MonotonicTime.origin
    func name(_ index: Int) -> [UInt8] {
      table.name("\(index)", of: hash, for: "gate", by: peer)
    }
    for index in 0...RememberedPasswords.capacity {
      now += .milliseconds(1)
      table.insert(name(index), at: now)
    }
    #expect(table.count <= RememberedPasswords.capacity && !table.contains(name(0), at: now))
    #expect(table.contains(name(RememberedPasswords.capacity), at: now))
  }
}
