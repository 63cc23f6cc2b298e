// SPDX-License-Identifier: Apache-2.0

/// The messages between libavformat and an RTSP server: a pure state machine.
///
/// Each request gets the address and the credentials of the server, and each response the form that
/// libavformat expects. Refused and redirected requests are sent again. Media are not its subject.
package struct RTSPExchange: Sendable {
  /// A consequence of a message.
  package enum Action: Sendable, Equatable {
    /// Send these bytes to the server.
    case send([UInt8])
    /// Send these bytes to libavformat.
    case deliver([UInt8])
    /// Pass the reports of the datagrams at this port to the server's end; nil if it states none.
    case report(port: UInt16, to: RTSPMediaServer?)
    /// Connect to this address in place of the present one, and send these bytes.
    case connect(RTSPAddress, [UInt8])
    /// Close both connections.
    case end
  }

  /// A request without a response.
  private struct Pending {
    let method: String
    let uri: String
    let message: RTSPMessage
    /// The number that libavformat gave it.
    let ownNumber: String?
    /// The number that the server got.
    var number: Int
    var hasAnswer = false
  }

  /// The most requests without a response; older ones are forgotten.
  private static let mostPending = 32
  /// The most redirects in a row.
  private static let mostRedirects = 5
  /// The most repetitions of a request after status 401: two algorithms, and a nonce that is stale.
  private static let mostAnswers = 4
  /// The assumed methods of a server that refuses OPTIONS.
  private static let methods = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"

  /// The server.
  package private(set) var address: RTSPAddress
  /// Why there are no media; nil if the last response was none of an error.
  package private(set) var fault: RTSPFault?
  /// Notices about a connection that works, for an operator.
  package private(set) var notices: [String] = []
  /// Where the server wants its client.
  package private(set) var movedTo: RTSPAddress?
  /// The URL prefix that libavformat uses for the server.
  private let localBase: String
  private let reachesOtherHosts: Bool
  private var authenticator: RTSPAuthenticator
  /// The address of the server's end, such as 192.0.2.1.
  private var peer: String?
  private var pending: [Pending] = []
  private var number = 0
  private var redirects = 0
  private var answers = 0
  private var isDescribed = false
  /// Whether the server has agreed to send media.
  package private(set) var isPlaying = false
  private var lacksParameters = false
  /// libavformat's ports of datagrams, by the ports that the server gets in their place.
  private var libraryPorts: [UInt16: UInt16] = [:]

  /// A session that begins.
  ///
  /// - Parameters:
  ///   - address: the server.
  ///   - localBase: the URL that libavformat has for it.
  ///   - reachesOtherHosts: whether a redirect to another host is followed.
  ///   - clientNonce: random texts without quotes; nil for the default.
  package init(
    _ address: RTSPAddress, localBase: String, reachesOtherHosts: Bool,
    clientNonce: (@Sendable () -> String)? = nil
  ) {
    self.address = address
    self.localBase = localBase
    self.reachesOtherHosts = reachesOtherHosts
    let credentials = address.credentials
    authenticator =
      if let clientNonce { RTSPAuthenticator(credentials, clientNonce: clientNonce) } else {
        RTSPAuthenticator(credentials)
      }
  }

  /// The oldest request without a response; nil without one.
  package var awaited: String? { pending.first?.method }

  /// Notes the server's end of the connection, to which libavformat's datagrams go.
  package mutating func connected(to peer: String?) { self.peer = peer }

  // MARK: Requests

  /// The first port of datagrams that a request of libavformat asks for; nil if it asks for none.
  package static func datagramPort(of request: RTSPMessage) -> UInt16? {
    guard request.request?.method == "SETUP", let transport = request.value("Transport"),
      !transport.lowercased().contains("multicast")
    else { return nil }
    return RTSPTransport(transport).ports("client_port")?.first
  }

  /// Takes a request of libavformat.
  ///
  /// - Parameters:
  ///   - message: the request.
  ///   - port: the port that the server gets in place of libavformat's; nil for libavformat's own.
  /// - Returns: the consequences.
  package mutating func take(
    request message: RTSPMessage, datagrams port: UInt16? = nil
  ) -> [Action] {
    var message = message
    guard let (stated, uri) = message.request else { return [] }
    if let port, let library = Self.datagramPort(of: message) {
      libraryPorts[port] = library
      let transport = message.value("Transport").map { RTSPTransport($0) }
      message.set("Transport", transport?.with("client_port", port).text)
    }
    // A camera that refuses this keep-alive gets another kind.
    let method = stated == "GET_PARAMETER" && lacksParameters ? "OPTIONS" : stated
    let own = uri.hasPrefix(localBase) ? address.text + uri.dropFirst(localBase.count) : uri
    number &+= 1
    answers = 0
    pending.append(
      Pending(
        method: method, uri: own, message: message, ownNumber: message.value("CSeq"),
        number: number))
    if pending.count > Self.mostPending { pending.removeFirst() }
    // bounded: one was appended
    return [.send(bytes(of: pending.count - 1))]
  }

  /// The request as the server gets it, with an answer to its challenge.
  private mutating func bytes(of index: Int) -> [UInt8] {
    let request = pending[index]
    var message = request.message
    message.startLine = "\(request.method) \(request.uri) RTSP/1.0"
    message.set("CSeq", "\(request.number)")
    let answer = authenticator.answer(
      method: request.method, uri: request.uri, body: message.body)
    message.set("Authorization", answer)
    pending[index].hasAnswer = answer != nil
    return message.bytes
  }

  /// The bytes with which a request is sent again.
  private mutating func again(_ request: Pending, uri: String? = nil) -> [UInt8] {
    number &+= 1
    pending.insert(
      Pending(
        method: request.method, uri: uri ?? request.uri, message: request.message,
        ownNumber: request.ownNumber, number: number), at: 0)
    return bytes(of: 0)
  }

  // MARK: Responses

  /// Takes a message of the server.
  package mutating func take(server message: RTSPMessage) -> [Action] {
    if let status = message.status { return take(response: message, status.code, status.reason) }
    return take(serverRequest: message)
  }

  private mutating func take(
    response message: RTSPMessage, _ status: Int, _ reason: String
  ) -> [Action] {
    let stated = message.value("CSeq").flatMap { Int($0) }
    guard let index = pending.firstIndex(where: { $0.number == stated }) ?? pending.indices.first
    else { return [] }
    if (100..<200).contains(status) { return [] }
    let request = pending.remove(at: index)
    if status == 401 { return take(challenge: message, request, status, reason) }
    if (300..<400).contains(status), status != 304, !isDescribed {
      return follow(message, request, status, reason)
    }
    if request.hasAnswer {
      authenticator.accepted(information: message.value("Authentication-Info"))
    }
    return (200..<300).contains(status)
      ? accept(message, request) : refuse(message, request, status, reason)
  }

  /// The response with the number of libavformat's request.
  private func delivery(of message: RTSPMessage, for request: Pending) -> Action {
    var message = message
    message.set("CSeq", request.ownNumber)
    return .deliver(message.bytes)
  }

  private mutating func accept(_ message: RTSPMessage, _ request: Pending) -> [Action] {
    var message = message
    fault = nil
    switch request.method {
    case "DESCRIBE":
      isDescribed = true
      message.set("Content-Base", base(of: message, request.uri))
      message.replace(body: BackChannels.removed(from: message.body))
    case "SETUP":
      guard let stated = message.value("Transport") else { break }
      let transport = RTSPTransport(stated).withSource(peer)
      guard let port = Self.datagramPort(of: request.message), let library = libraryPorts[port],
        transport.isUnicastDatagrams
      else {
        message.set("Transport", transport.text)
        break
      }
      message.set("Transport", transport.relayed(from: port, to: library, localHost).text)
      return [
        .report(port: port, to: transport.server(peer: peer)), delivery(of: message, for: request),
      ]
    case "PLAY": isPlaying = true
    default: break
    }
    return [delivery(of: message, for: request)]
  }

  private mutating func refuse(
    _ message: RTSPMessage, _ request: Pending, _ status: Int, _ reason: String
  ) -> [Action] {
    var message = message
    let isKeepAlive = ["OPTIONS", "GET_PARAMETER"].contains(request.method)
    if isPlaying, status == 454 {
      fault = RTSPFault(status: status, reason: reason, to: request.method)
      return [.end]
    }
    if isKeepAlive, [400, 404, 405, 451, 454, 501, 551].contains(status) {
      // libavformat gives up a server that does not know OPTIONS, which the session does not need.
      lacksParameters = lacksParameters || request.method == "GET_PARAMETER"
      message.startLine = "RTSP/1.0 200 OK"
      if request.method == "OPTIONS", message.value("Public") == nil {
        message.set("Public", Self.methods)
      }
      return [delivery(of: message, for: request)]
    }
    if request.method != "TEARDOWN" {
      fault = RTSPFault(status: status, reason: reason, to: request.method)
    }
    if request.method == "SETUP", status == 461 {
      let isTCP = request.message.value("Transport")?.contains("TCP") == true
      notices.append(
        "the camera refuses media over \(isTCP ? "TCP" : "UDP") "
          + "(\(RTSPFault.words(status, reason))): trying \(isTCP ? "UDP" : "TCP")")
    }
    return [delivery(of: message, for: request)]
  }

  // MARK: Authentication

  private mutating func take(
    challenge message: RTSPMessage, _ request: Pending, _ status: Int, _ reason: String
  ) -> [Action] {
    answers += 1
    let verdict = authenticator.take(
      message.values("WWW-Authenticate"), wasAnswered: request.hasAnswer)
    if verdict == .answered, answers <= Self.mostAnswers { return [.send(again(request))] }
    fault = RTSPFault(
      verdict == .answered ? .refused(scheme: "a new challenge each time") : verdict,
      status: status, reason: reason)
    var message = message
    // libavformat would answer by itself.
    message.set("WWW-Authenticate", nil)
    return [delivery(of: message, for: request)]
  }

  // MARK: Redirects

  private mutating func follow(
    _ message: RTSPMessage, _ request: Pending, _ status: Int, _ reason: String
  ) -> [Action] {
    let target = message.value("Location").flatMap { address.following($0) }
    guard let target, permits(target) else {
      fault = .notFollowed(target, status: status, reason: reason)
      // libavformat would follow.
      return [.end]
    }
    redirects += 1
    guard redirects <= Self.mostRedirects else {
      fault = .circle
      return [.end]
    }
    move(to: target)
    return [.connect(target, again(request, uri: target.text))]
  }

  /// Whether the rules permit a redirect: to the same host, or to its address.
  private func permits(_ target: RTSPAddress) -> Bool {
    reachesOtherHosts || target.host.lowercased() == address.host.lowercased()
      || target.host == peer
  }

  private mutating func move(to target: RTSPAddress) {
    address = target
    authenticator.move(to: target.credentials)
    (peer, answers, pending) = (nil, 0, [])
  }

  private mutating func take(serverRequest message: RTSPMessage) -> [Action] {
    guard let (method, _) = message.request else { return [] }
    let isKnown = ["OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE", "REDIRECT"]
      .contains(method)
    var answer = RTSPMessage(isKnown ? "RTSP/1.0 200 OK" : "RTSP/1.0 501 Not Implemented")
    answer.set("CSeq", message.value("CSeq"))
    answer.set("Session", message.value("Session"))
    let reply = Action.send(answer.bytes)
    // RFC 2326 §10.10: without a Location the session ends, and can begin again.
    guard method == "REDIRECT" else { return [reply] }
    let location = message.value("Location")
    let target = location.map { address.following($0) } ?? address
    guard let target, permits(target) else {
      fault = .notFollowed(target, status: 302, reason: "REDIRECT")
      return [reply, .end]
    }
    movedTo = target
    fault = .moved(to: target)
    return [reply, .end]
  }

  /// Whether the present request is sent again over another connection if this one ends.
  ///
  /// Some devices close the connection with their challenge, or when the answer to it arrives.
  package var outlivesConnection: Bool {
    guard let request = pending.first else { return false }
    return request.hasAnswer && !isDescribed && answers > 0 && redirects < Self.mostRedirects
  }

  /// Takes the end of the server's connection.
  package mutating func serverClosed() -> [Action] {
    if outlivesConnection, let request = pending.first {
      redirects += 1
      pending = []
      return [.connect(address, again(request))]
    }
    if fault == nil, !isPlaying, let awaited { fault = .closed(before: awaited) }
    return [.end]
  }

  // MARK: Forms

  /// The address of this machine in libavformat's URL.
  private var localHost: String { localBase.contains("[") ? "::1" : "127.0.0.1" }

  /// The absolute base URL of a description: that of its field, else the URL of the request.
  /// - Source: RFC 2326 §C.1.1
  private func base(of message: RTSPMessage, _ uri: String) -> String {
    for name in ["Content-Base", "Content-Location"] {
      guard let stated = message.value(name), !stated.isEmpty else { continue }
      if let own = RTSPAddress(stated) { return own.credentials == nil ? stated : own.text }
      if stated.hasPrefix("/"), let target = address.following(stated) { return target.text }
    }
    return uri
  }
}
