// SPDX-License-Identifier: Apache-2.0

import Capture
import Testing

@Suite("Messages between libavformat and an RTSP server, RFC 2326")
struct RTSPExchangeTests {
  private let base = "rtsp://127.0.0.1:9/secret"

  private func exchange(
    _ url: String = "rtsp://admin:pw@192.0.2.7/live?tcp&x=1", otherHosts: Bool = false
  ) throws -> RTSPExchange {
    var tested = RTSPExchange(
      try #require(RTSPAddress(url)), localBase: base, reachesOtherHosts: otherHosts
    ) { "cn" }
    tested.connected(to: "192.0.2.7")
    return tested
  }

  private func request(_ method: String, _ number: Int, _ fields: String...) -> RTSPMessage {
    RTSPMessage("\(method) \(base) RTSP/1.0", ["CSeq: \(number)"] + fields)
  }

  private func answer(_ status: String, _ number: Int, _ fields: String...) -> RTSPMessage {
    RTSPMessage("RTSP/1.0 \(status)", ["CSeq: \(number)"] + fields)
  }

  /// The text of the only action, with its kind.
  private func text(_ actions: [RTSPExchange.Action]) -> String {
    actions.map { action in
      switch action {
      case .send(let bytes): "send " + String(decoding: bytes, as: UTF8.self)
      case .deliver(let bytes): "deliver " + String(decoding: bytes, as: UTF8.self)
      case .report(let port, let end):
        "report \(port) to \(end.map { "\($0.host):\($0.port),\($0.reportPort)" } ?? "none")"
      case .connect(let address, let bytes):
        "connect \(address.place) " + String(decoding: bytes, as: UTF8.self)
      case .end: "end"
      }
    }.joined(separator: "; ")
  }

  @Test("a request has the server's URL, and the response the number of its request")
  func passed() throws {
    var tested = try exchange()
    let sent = text(tested.take(request: request("OPTIONS", 41, "Require: x")))
    #expect(
      sent
        == "send OPTIONS rtsp://192.0.2.7:554/live?x=1 RTSP/1.0\r\nCSeq: 1\r\nRequire: x\r\n\r\n")
    #expect(
      text(tested.take(server: answer("200 OK", 1, "Public: PLAY")))
        == "deliver RTSP/1.0 200 OK\r\nCSeq: 41\r\nPublic: PLAY\r\n\r\n")
    #expect(tested.awaited == nil && tested.fault == nil)
  }

  @Test("a refused request is sent again with an answer, and later ones have it at once")
  func authenticated() throws {
    var tested = try exchange()
    _ = tested.take(request: request("DESCRIBE", 2))
    let challenge = "WWW-Authenticate: Digest realm=\"c\", nonce=\"n\", qop=\"auth\""
    let again = text(tested.take(server: answer("401 Unauthorized", 1, challenge)))
    #expect(again.hasPrefix("send DESCRIBE rtsp://192.0.2.7:554/live?x=1 RTSP/1.0\r\nCSeq: 2\r\n"))
    #expect(
      again.contains("Authorization: Digest username=\"admin\"") && again.contains("nc=00000001"))
    let found = text(tested.take(server: answer("200 OK", 2)))
    #expect(found.hasPrefix("deliver RTSP/1.0 200 OK\r\nCSeq: 2\r\n"))
    #expect(found.contains("Content-Base: rtsp://192.0.2.7:554/live?x=1"))
    #expect(text(tested.take(request: request("SETUP", 3))).contains("nc=00000002"))
  }

  @Test("line ends in a user name begin no field")
  func lineEnds() throws {
    var tested = try exchange("rtsp://a%0D%0AX-Other:%20b@192.0.2.7/live")
    _ = tested.take(request: request("DESCRIBE", 1))
    let challenge = #"WWW-Authenticate: Digest realm="r", nonce="n""#
    let again = text(tested.take(server: answer("401 Unauthorized", 1, challenge)))
    #expect(again.contains(#"username="aX-Other""#) && !again.contains("\nX-Other"))
  }

  @Test("a wrong password is named, and libavformat gets no challenge")
  func wrong() throws {
    var tested = try exchange()
    _ = tested.take(request: request("DESCRIBE", 2))
    let challenge = "WWW-Authenticate: Digest realm=\"c\", nonce=\"n\", algorithm=SHA-256"
    _ = tested.take(server: answer("401 Unauthorized", 1, challenge))
    let last = text(tested.take(server: answer("401 Unauthorized", 2, challenge)))
    #expect(last == "deliver RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\n\r\n")
    let fault = try #require(tested.fault)
    #expect(fault.isDenied)
    #expect(
      fault.description
        == "the camera refuses the user name or the password (401 Unauthorized, Digest SHA-256)")
  }

  @Test("a server that never accepts an answer is not asked for ever")
  func endless() throws {
    var tested = try exchange()
    _ = tested.take(request: request("DESCRIBE", 1))
    var number = 1
    while number < 100 {
      let stale = "WWW-Authenticate: Digest realm=\"c\", nonce=\"\(number)\", stale=true"
      guard text(tested.take(server: answer("401 No", number, stale))).hasPrefix("send") else {
        break
      }
      number += 1
    }
    #expect(number == 5 && tested.fault?.isDenied == true)
  }

  @Test("challenges that close the connection are answered over another one")
  func closing() throws {
    var tested = try exchange()
    _ = tested.take(request: request("OPTIONS", 1))
    _ = tested.take(
      server: answer("401 Unauthorized", 1, "WWW-Authenticate: Basic realm=\"c\""))
    let again = text(tested.serverClosed())
    #expect(again.hasPrefix("connect 192.0.2.7:554 OPTIONS rtsp://192.0.2.7:554/live?x=1"))
    #expect(again.contains("Authorization: Basic YWRtaW46cHc="))
  }

  @Test("an end before an answer is named")
  func closed() throws {
    var tested = try exchange()
    _ = tested.take(request: request("DESCRIBE", 1))
    #expect(text(tested.serverClosed()) == "end")
    #expect(
      tested.fault?.description
        == "the camera closed the connection before it answered DESCRIBE")
  }

  @Test(
    "redirects to the same host or its address are followed, with the credentials",
    arguments: [
      ("rtsp://192.0.2.7:8554/b", "192.0.2.7:8554"), ("/b", "192.0.2.7:554"),
      ("rtsps://192.0.2.7/b", "192.0.2.7:322"),
    ])
  func redirected(location: String, place: String) throws {
    var tested = try exchange()
    _ = tested.take(request: request("DESCRIBE", 1))
    _ = tested.take(server: answer("401 No", 1, "WWW-Authenticate: Basic realm=\"c\""))
    let moved = text(tested.take(server: answer("302 Found", 2, "Location: \(location)")))
    #expect(moved.hasPrefix("connect \(place) DESCRIBE rtsp"), "\(moved)")
    // The answer of one server is not for another one.
    #expect(!moved.contains("Authorization"))
    let asked = answer("401 No", 3, "WWW-Authenticate: Basic realm=\"c\"")
    #expect(text(tested.take(server: asked)).contains("Authorization: Basic YWRtaW46cHc="))
  }

  @Test("another host needs the permission, and gets no password")
  func elsewhere() throws {
    let moved = answer("301 Moved", 1, "Location: rtsp://198.51.100.9/x")
    var tested = try exchange()
    _ = tested.take(request: request("DESCRIBE", 1))
    #expect(text(tested.take(server: moved)) == "end")
    #expect(tested.fault?.description.contains("198.51.100.9:554 (301 Moved)") == true)
    #expect(tested.fault?.description.contains("--other-hosts") == true)
    var permitted = try exchange(otherHosts: true)
    _ = permitted.take(request: request("DESCRIBE", 1))
    #expect(text(permitted.take(server: moved)).hasPrefix("connect 198.51.100.9:554 DESCRIBE"))
    _ = permitted.take(server: answer("401 No", 2, "WWW-Authenticate: Basic realm=\"c\""))
    #expect(permitted.fault?.description.contains("requires a user name") == true)
  }

  @Test("a circle of redirects ends")
  func circle() throws {
    var tested = try exchange()
    _ = tested.take(request: request("DESCRIBE", 1))
    var number = 1
    while number < 100 {
      let moved = answer("302 Found", number, "Location: rtsp://192.0.2.7/b")
      guard text(tested.take(server: moved)).hasPrefix("connect") else { break }
      number += 1
    }
    #expect(number == 6 && tested.fault?.description.contains("again and again") == true)
  }

  @Test(
    "statuses are named with a remedy",
    arguments: [
      ("404 Not Found", "the camera answers 404 Not Found to DESCRIBE: check the path"),
      ("453 Not Enough Bandwidth", "453 Not Enough Bandwidth to DESCRIBE: it has too many clients"),
      ("403 Forbidden", "403 Forbidden"), ("500 Oops", "500 Oops to DESCRIBE"),
      ("461 Unsupported Transport", "(expected RTP over TCP or UDP)"),
    ])
  func statuses(status: String, words: String) throws {
    var tested = try exchange()
    _ = tested.take(request: request("DESCRIBE", 7))
    #expect(
      text(tested.take(server: answer(status, 1)))
        == "deliver RTSP/1.0 \(status)\r\nCSeq: 7\r\n\r\n")
    let fault = try #require(tested.fault)
    #expect(fault.description.contains(words) && fault.isDenied == status.hasPrefix("403"))
  }

  @Test("a refused transport is noted, and forgotten as a fault once another one works")
  func transport() throws {
    var tested = try exchange()
    _ = tested.take(request: request("SETUP", 1, "Transport: RTP/AVP/TCP;interleaved=0-1"))
    _ = tested.take(server: answer("461 Unsupported Transport", 1))
    #expect(
      tested.notices
        == ["the camera refuses media over TCP (461 Unsupported Transport): trying UDP"])
    _ = tested.take(request: request("SETUP", 2, "Transport: RTP/AVP;client_port=4-5"))
    let done = text(
      tested.take(
        server: answer("200 OK", 2, "Transport: RTP/AVP;client_port=4-5;server_port=6-7")))
    #expect(done.contains("server_port=6-7;source=192.0.2.7") && tested.fault == nil)
  }

  @Test(
    "datagrams get the server's address, unless it states one",
    arguments: [
      ("RTP/AVP;server_port=6-7;source=0.0.0.0", "RTP/AVP;server_port=6-7;source=192.0.2.7"),
      ("RTP/AVP;source=192.0.2.9;server_port=6", "RTP/AVP;source=192.0.2.9;server_port=6"),
      ("RTP/AVP/TCP;interleaved=0-1", "RTP/AVP/TCP;interleaved=0-1"),
      ("RTP/AVP;multicast;server_port=6-7", "RTP/AVP;multicast;server_port=6-7"),
    ])
  func source(stated: String, expected: String) throws {
    var tested = try exchange()
    _ = tested.take(request: request("SETUP", 1))
    let done = text(tested.take(server: answer("200 OK", 1, "Transport: \(stated)")))
    #expect(done == "deliver RTSP/1.0 200 OK\r\nCSeq: 1\r\nTransport: \(expected)\r\n\r\n")
  }

  @Test(
    "the base of a description is absolute and has no credentials",
    arguments: [
      ("Content-Base: rtsp://10.0.0.1/s/", "rtsp://10.0.0.1/s/"),
      ("Content-Base: /s/", "rtsp://192.0.2.7:554/s/"),
      ("Content-Base: ", "rtsp://192.0.2.7:554/live?x=1"),
      ("Content-Location: rtsp://192.0.2.7/t", "rtsp://192.0.2.7/t"),
      ("Content-Base: rtsp://a:b@192.0.2.7/s", "rtsp://192.0.2.7:554/s"),
      ("X: 1", "rtsp://192.0.2.7:554/live?x=1"),
    ])
  func contentBase(field: String, expected: String) throws {
    var tested = try exchange()
    _ = tested.take(request: request("DESCRIBE", 1))
    let found = text(tested.take(server: answer("200 OK", 1, field)))
    #expect(found.contains("Content-Base: \(expected)\r\n"), "\(found)")
  }

  @Test("keep-alives that are refused are sent in another form; a lost session ends")
  func keepAlive() throws {
    var tested = try exchange()
    _ = tested.take(request: request("PLAY", 1))
    _ = tested.take(server: answer("200 OK", 1))
    #expect(text(tested.take(request: request("GET_PARAMETER", 2))).hasPrefix("send GET_PARAMETER"))
    let refused = text(tested.take(server: answer("501 Not Implemented", 2)))
    #expect(refused.hasPrefix("deliver RTSP/1.0 200 OK"))
    #expect(text(tested.take(request: request("GET_PARAMETER", 3))).hasPrefix("send OPTIONS"))
    #expect(text(tested.take(server: answer("454 Session Not Found", 3))) == "end")
    #expect(tested.fault?.description.contains("454 Session Not Found") == true)
  }

  @Test("a server without OPTIONS is used")
  func options() throws {
    var tested = try exchange()
    _ = tested.take(request: request("OPTIONS", 1))
    let answered = text(tested.take(server: answer("405 Method Not Allowed", 1)))
    #expect(answered.hasPrefix("deliver RTSP/1.0 200 OK") && answered.contains("Public: OPTIONS"))
    #expect(tested.fault == nil)
  }

  @Test("requests of the server are answered; REDIRECT leads elsewhere")
  func serverRequests() throws {
    var tested = try exchange()
    let ask = RTSPMessage("GET_PARAMETER * RTSP/1.0", ["CSeq: 8", "Session: 5"])
    #expect(
      text(tested.take(server: ask))
        == "send RTSP/1.0 200 OK\r\nCSeq: 8\r\nSession: 5\r\n\r\n")
    let record = RTSPMessage("RECORD * RTSP/1.0", ["CSeq: 9"])
    #expect(text(tested.take(server: record)).hasPrefix("send RTSP/1.0 501"))
    let move = RTSPMessage(
      "REDIRECT * RTSP/1.0", ["CSeq: 10", "Location: rtsp://192.0.2.7:8554/y"])
    #expect(text(tested.take(server: move)) == "send RTSP/1.0 200 OK\r\nCSeq: 10\r\n\r\n; end")
    #expect(tested.movedTo?.place == "192.0.2.7:8554")
    var other = try exchange()
    let away = RTSPMessage("REDIRECT * RTSP/1.0", ["Location: rtsp://198.51.100.1/y"])
    #expect(text(other.take(server: away)).hasSuffix("end") && other.movedTo == nil)
  }

  @Test("responses without a request, or with a wrong number, do no harm")
  func unexpected() throws {
    var tested = try exchange()
    #expect(tested.take(server: answer("200 OK", 5)).isEmpty)
    _ = tested.take(request: request("OPTIONS", 3))
    #expect(tested.take(server: answer("100 Continue", 1)).isEmpty)
    #expect(
      text(tested.take(server: answer("200 OK", 99)))
        == "deliver RTSP/1.0 200 OK\r\nCSeq: 3\r\n\r\n")
  }

  @Test("datagrams pass this process: the server and libavformat get its ports")
  func datagrams() throws {
    let rows: [(answer: String, report: String, delivered: String)] = [
      (
        "RTP/AVP;unicast;client_port=5000-5001;server_port=7000-7003;ssrc=1",
        "report 5000 to 192.0.2.7:7000,7003",
        "RTP/AVP;unicast;client_port=6000-6001;server_port=5000-5001;ssrc=1;source=127.0.0.1"
      ),
      (
        "RTP/AVP;unicast;source=192.0.2.9;server_port=7000",
        "report 5000 to 192.0.2.9:7000,7001",
        "RTP/AVP;unicast;source=127.0.0.1;server_port=5000-5001;client_port=6000-6001"
      ),
      (
        "RTP/AVP;unicast;client_port=5000-5001", "report 5000 to none",
        "RTP/AVP;unicast;client_port=6000-6001;server_port=5000-5001;source=127.0.0.1"
      ),
      (
        "RTP/AVP;multicast;destination=239.0.0.1;port=8000-8001", "",
        "RTP/AVP;multicast;destination=239.0.0.1;port=8000-8001"
      ),
    ]
    for row in rows {
      var tested = try exchange()
      let setup = request("SETUP", 4, "Transport: RTP/AVP/UDP;unicast;client_port=6000-6001")
      #expect(RTSPExchange.datagramPort(of: setup) == 6000)
      let sent = text(tested.take(request: setup, datagrams: 5000))
      #expect(sent.contains("Transport: RTP/AVP/UDP;unicast;client_port=5000-5001\r\n"))
      let found = text(tested.take(server: answer("200 OK", 1, "Transport: \(row.answer)")))
      let expected =
        (row.report.isEmpty ? "" : row.report + "; ")
        + "deliver RTSP/1.0 200 OK\r\nCSeq: 4\r\nTransport: \(row.delivered)\r\n\r\n"
      #expect(found == expected)
    }
    #expect(RTSPExchange.datagramPort(of: request("PLAY", 5)) == nil)
    let interleaved = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
    #expect(RTSPExchange.datagramPort(of: request("SETUP", 5, interleaved)) == nil)
  }
}

@Suite("RTSP URLs")
struct RTSPAddressTests {
  @Test(
    "host, port and credentials",
    arguments: [
      ("rtsp://cam/x", "cam:554", "rtsp://cam:554/x"),
      ("RTSPS://Cam:8322", "Cam:8322", "rtsps://Cam:8322"),
      ("rtsp://[2001:db8::1]/x", "2001:db8::1:554", "rtsp://[2001:db8::1]:554/x"),
      ("rtsp://u:p@ss@cam:1/x?udp", "cam:1", "rtsp://cam:1/x"),
      ("rtsp://cam/x@y?a=1&tcp", "cam:554", "rtsp://cam:554/x@y?a=1"),
    ])
  func valid(url: String, place: String, text: String) throws {
    let address = try #require(RTSPAddress(url))
    #expect(address.place == place && address.text == text)
    #expect((address.credentials != nil) == url.contains("u:p"))
  }

  @Test(
    "other texts are no address",
    arguments: [
      "", "cam/x", "http://cam/x", "rtsp://", "rtsp:///x", "rtsp://cam:0/x", "rtsp://cam:p/x",
      "rtsp://cam:99999/x", "rtsp://[::1/x", "rtsp://cam/a b", "rtsp://cam/\r\nX: y",
      "rtsp://admin:pa/ss@cam/x",
    ])
  func invalid(url: String) { #expect(RTSPAddress(url) == nil) }

  @Test("a password has its bytes")
  func password() throws {
    let address = try #require(RTSPAddress("rtsp://us%65r:%C3%A4:%2F%40%@cam/x"))
    let credentials = try #require(address.credentials)
    #expect(credentials.user == Array("user".utf8))
    #expect(credentials.password == [0xC3, 0xA4] + Array(":/@%".utf8))
  }

  @Test("a password stays with its host, and is not sent in the clear after TLS")
  func moved() throws {
    let secure = try #require(RTSPAddress("rtsps://u:p@cam/x"))
    #expect(secure.following("rtsps://CAM:7/y")?.credentials != nil)
    #expect(secure.following("rtsp://cam/y")?.credentials == nil)
    #expect(secure.following("rtsps://other/y")?.credentials == nil)
    #expect(secure.following("rtsps://a:b@other/y")?.credentials != nil)
    #expect(secure.following("/z")?.text == "rtsps://cam:322/z")
    for text in [
      "//other/y", "y", "", "http://cam/", "rtsp://" + String(repeating: "a", count: 5000),
    ] {
      #expect(secure.following(text) == nil)
    }
  }
}
