// SPDX-License-Identifier: Apache-2.0

import Capture
import Testing

@Suite("Challenges over RTSP, RFC 7616")
struct RTSPChallengesTests {
  private func obstacle(_ challenges: String...) -> String? {
    RTSPChallenges(["RTSP/1.0 401 Unauthorized"] + challenges.map { "WWW-Authenticate: \($0)" })
      .obstacle
  }

  private let md5 = #"Digest realm="cam", nonce="1""#
  private let sha = #"Digest realm="cam", nonce="2", algorithm="SHA-256", stale="FALSE""#

  @Test("the credentials are the reason if the challenge can be answered")
  func answerable() {
    #expect(obstacle() == nil && obstacle(md5) == nil && obstacle(sha, md5) == nil)
    #expect(obstacle(#"Basic realm="SHA-256""#) == nil)
    #expect(obstacle(md5 + ", algorithm=MD5") == nil)
    #expect(RTSPChallenges(["www-authenticate:Basic realm=x"]).hasBasic)
  }

  @Test("an algorithm that is not supported is named, with what to change")
  func unsupported() throws {
    #expect(try #require(obstacle(sha)).contains("requires Digest SHA-256"))
    #expect(try #require(obstacle(md5, sha)).contains("Digest MD5, Digest SHA-256"))
    #expect(try #require(obstacle("Digest algorithm=MD5-sess, nonce=1")).contains("MD5-SESS"))
  }
}
