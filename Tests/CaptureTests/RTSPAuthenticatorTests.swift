// SPDX-License-Identifier: Apache-2.0

import Capture
import Testing

@Suite("Answers to challenges over RTSP, RFC 7616")
struct RTSPAuthenticatorTests {
  private let mufasa = RTSPCredentials(userInfo: "Mufasa:Circle%20of%20Life")
  private let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
  private let opaque = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"

  private func authenticator(
    _ credentials: RTSPCredentials?, _ clientNonce: String = "abc"
  ) -> RTSPAuthenticator {
    RTSPAuthenticator(credentials) { clientNonce }
  }

  /// The answer to the example of RFC 7616 §3.9.1.
  private func example(_ parameters: String) -> String? {
    var tested = authenticator(mufasa, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    let field = #"Digest realm="http-auth@example.org", nonce="\#(nonce)", \#(parameters)"#
    guard tested.take([field], wasAnswered: false) == .answered else { return nil }
    return tested.answer(method: "GET", uri: "/dir/index.html", body: [])
  }

  // Computed with Python's hashlib by the formulas of §3.4.
  @Test(
    "the responses of the example",
    arguments: [
      (#"qop="auth, auth-int", algorithm=MD5"#, "8ca523f5e9506fed4657c9700eebdbec"),
      (
        #"qop="auth, auth-int", algorithm=SHA-256"#,
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
      ),
      (#"qop=auth, algorithm="MD5-sess""#, "e783283f46242139c486a698fec7211d"),
      (
        #"qop="auth", algorithm=sha-256-SESS"#,
        "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7"
      ),
      (#"qop="auth-int""#, "8804a53d3640a40a4f73cea12c5ba451"),
      (#"stale="FALSE""#, "7b2cc3b30e75b4777ea31027084363fd"),
      (
        "algorithm=SHA-256",
        "a1306b0595a6c7fe96c448631fb5cfbd5107bd1fe1da729d978dd7446b812363"
      ),
    ])
  func vectors(parameters: String, response: String) throws {
    let answer = try #require(example(parameters))
    #expect(answer.contains(#"response="\#(response)""#), "\(answer)")
    #expect(answer.hasPrefix(#"Digest username="Mufasa", realm="http-auth@example.org", nonce=""#))
    #expect(answer.contains(#"uri="/dir/index.html""#))
    #expect(answer.contains("nc=00000001") == parameters.contains("qop"))
    #expect(answer.contains("algorithm=") == parameters.contains("algorithm"))
  }

  @Test("the user name is hashed on request; bytes beyond ASCII are kept")
  func userHash() throws {
    var tested = authenticator(
      RTSPCredentials(userInfo: "J%C3%A4s%C3%B8n%20Doe:Secret,%20or%20not?"),
      "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm")
    let field =
      #"Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, userhash=true, "#
      + #"nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", charset=UTF-8"#
    #expect(tested.take([field], wasAnswered: false) == .answered)
    let found = tested.answer(method: "GET", uri: "/doe.json", body: [])
    let answer = try #require(found)
    #expect(
      answer.contains(
        #"username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b""#))
    #expect(
      answer.contains(
        #"response="7a4e1192babbba02e91182d2895bfdbf7adafc6e48d4e517ca301974843d840c""#))
    #expect(answer.contains("userhash=true"))
  }

  private let md5 = #"Digest realm="cam", nonce="1""#
  private let sha = #"Digest realm="cam", nonce="2", algorithm="SHA-256", stale="FALSE""#
  private let basic = #"Basic realm="cam""#

  @Test("the strongest challenge is answered, in any order, in one field or in several")
  func strongest() throws {
    for fields in [[md5, sha], [sha, md5], [basic, sha, md5], ["\(basic), \(md5), \(sha)"]] {
      var tested = authenticator(mufasa)
      #expect(tested.take(fields, wasAnswered: false) == .answered)
      let found = tested.answer(method: "DESCRIBE", uri: "rtsp://c/x", body: [])
      let answer = try #require(found)
      #expect(answer.contains("algorithm=SHA-256") && answer.contains(#"nonce="2""#))
    }
    var tested = authenticator(RTSPCredentials(userInfo: "admin:p%40ss:w%zz"))
    #expect(tested.take([basic], wasAnswered: false) == .answered)
    // admin:p@ss:w%zz
    #expect(
      tested.answer(method: "DESCRIBE", uri: "rtsp://c/x", body: []) == "Basic YWRtaW46cEBzczp3JXp6"
    )
  }

  @Test("after a refusal the weaker Digest is tried once, and never Basic")
  func refusal() {
    var tested = authenticator(mufasa)
    let fields = [sha, md5, basic]
    #expect(tested.take(fields, wasAnswered: false) == .answered)
    #expect(tested.take(fields, wasAnswered: true) == .answered)
    #expect(tested.answer(method: "PLAY", uri: "x", body: [])?.contains(#"nonce="1""#) == true)
    #expect(tested.take(fields, wasAnswered: true) == .refused(scheme: "Digest MD5"))
    var plain = authenticator(mufasa)
    #expect(plain.take([basic], wasAnswered: false) == .answered)
    #expect(plain.take([basic], wasAnswered: true) == .refused(scheme: "Basic"))
  }

  @Test("a nonce that is stale, or expired after a success, is replaced")
  func stale() {
    for second in [
      #"Digest realm="cam", nonce="9", stale=true"#, #"Digest realm="cam", nonce="9""#,
    ] {
      var tested = authenticator(mufasa)
      #expect(tested.take([md5], wasAnswered: false) == .answered)
      if !second.contains("stale") { tested.accepted(information: nil) }
      #expect(tested.take([second], wasAnswered: true) == .answered)
      #expect(tested.answer(method: "PLAY", uri: "x", body: [])?.contains(#"nonce="9""#) == true)
    }
  }

  @Test("the count of a nonce rises, and the server's next nonce begins at 1")
  func counts() throws {
    var tested = authenticator(mufasa)
    #expect(tested.take([md5 + #", qop="auth""#], wasAnswered: false) == .answered)
    #expect(tested.answer(method: "OPTIONS", uri: "x", body: [])?.contains("nc=00000001") == true)
    #expect(tested.answer(method: "OPTIONS", uri: "x", body: [])?.contains("nc=00000002") == true)
    tested.accepted(information: #"qop=auth, nextnonce="77", rspauth="1""#)
    let found = tested.answer(method: "OPTIONS", uri: "x", body: [])
    let answer = try #require(found)
    #expect(answer.contains(#"nonce="77""#) && answer.contains("nc=00000001"))
  }

  @Test("quotes in names are escaped as the server's are read, and opaque returns")
  func quotes() throws {
    var tested = authenticator(RTSPCredentials(userInfo: #"a"b:c"#))
    #expect(
      tested.take(
        [#"Digest realm="Cam \"Gate\", 1", nonce=abc, opaque="\#(opaque)""#], wasAnswered: false)
        == .answered)
    let found = tested.answer(method: "PLAY", uri: "x", body: [])
    let answer = try #require(found)
    #expect(answer.contains(#"username="a\"b", realm="Cam \"Gate\", 1", nonce="abc""#))
    #expect(answer.contains(#"opaque="\#(opaque)""#))
  }

  @Test("schemes without an answer are named")
  func unsupported() {
    var tested = authenticator(mufasa)
    #expect(
      tested.take(["NTLM TlRMTVNTUA==", "Digest algorithm=MD6, nonce=1"], wasAnswered: false)
        == .unsupported(offered: "NTLM, Digest MD6"))
    #expect(tested.take([], wasAnswered: false) == .unsupported(offered: "no scheme"))
    var open = authenticator(nil)
    #expect(
      open.take([md5 + ", " + basic], wasAnswered: false)
        == .lacksCredentials(offered: "Digest MD5, Basic"))
  }
}

@Suite("Challenges as texts, RFC 9110 §11")
struct AuthenticationChallengeTests {
  private func parsed(_ field: String) -> [String] {
    AuthenticationChallenge.all(in: [field]).map { challenge in
      let parameters = challenge.parameters.sorted { $0.key < $1.key }
      return ([challenge.scheme] + parameters.map { "\($0.key)=\($0.value)" })
        .joined(separator: "|")
    }
  }

  @Test(
    "quoted, unquoted and joined challenges",
    arguments: [
      (
        #"Digest realm="a, b=c", Nonce=x , qop="auth,auth-int""#,
        ["Digest|nonce=x|qop=auth,auth-int|realm=a, b=c"]
      ),
      (
        #"Basic realm=IP Camera(C1234), Digest realm="a",nonce="b""#,
        ["Basic|realm=IP Camera(C1234)", "Digest|nonce=b|realm=a"]
      ),
      (#"Digest realm="a" nonce="b" algorithm=MD5"#, ["Digest|algorithm=MD5|nonce=b|realm=a"]),
      (#"Digest realm=a nonce=b"#, ["Digest|nonce=b|realm=a"]),
      ("NTLM TlRMTVNTUA==, Basic realm=\"x\"", ["NTLM|tlrmtvntua==", "Basic|realm=x"]),
      ("Negotiate abc, NTLM", ["Negotiate", "NTLM"]),
      (#"Digest realm = "\"q\\" , nonce="""#, [#"Digest|nonce=|realm="q\"#]),
      (#"Digest realm="open"#, ["Digest|realm=open"]),
      ("", []), (" , ,", []), ("=,=\"", []),
    ])
  func fields(field: String, expected: [String]) {
    #expect(parsed(field) == expected)
  }

  @Test("a flood of challenges is bounded")
  func flood() {
    let fields = Array(repeating: "Digest nonce=1", count: 1000)
    #expect(AuthenticationChallenge.all(in: fields).count == AuthenticationChallenge.most)
  }
}
