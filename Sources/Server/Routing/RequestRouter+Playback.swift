// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Packaging
import Sharing
import Time

/// Permission to play: tokens of requests for media, and `/auth`.
extension RequestRouter {
  /// Checks the token of a request; nil if it was answered: a request for media without permission,
  /// or the first one with a JSON Web Token.
  func grant(
    _ exchange: any Exchange, _ request: Request, _ token: String?, _ target: RoutedTarget
  ) -> PlaybackGrant? {
    guard needsTokens, !request.isChecked, let media = protectedMedia(target) else {
      return PlaybackGrant()
    }
    if token == nil, PlaybackAccess.parameter(request) == nil, let password = media.password,
      case .password(let given)? = Authorization(request)
    {
      return grant(exchange, request, target, by: given, password.hash, of: media.stream)
    }
    switch decision(request, token, media) {
    case .refused(.missing) where media.password != nil:
      exchange.respond(AccessRefusal.missing.response(to: passwordArea(request, media.stream)))
    case .refused(let refusal): exchange.respond(refusal.response(to: .playback))
    case .granted(let session):
      guard token == nil else { return PlaybackGrant(tokenOwner: session) }
      guard media.isIndex,
        let redirection = playback.redirection(request, on: media.stream, media.keys)
      else { return PlaybackGrant(tokenOwner: session, isForOneViewer: true) }
      exchange.respond(redirection)
    }
    return nil
  }

  /// Checks the password of a program; nil if the request was answered, or is held until the
  /// password is verified.
  private func grant(
    _ exchange: any Exchange, _ request: Request, _ target: RoutedTarget, by given: String,
    _ hash: PasswordHash, of stream: String
  ) -> PlaybackGrant? {
    exchange.isForOneViewer = true
    let (desk, peer) = (serverState.passwords, request.peer)
    let permitted = PlaybackGrant(isForOneViewer: true)
    guard !desk.remembers(given, of: hash, for: stream, by: peer) else { return permitted }
    answers.hold(exchange) { (answer: @escaping PasswordDesk.Answer) in
      desk.verify(given, of: hash, for: stream, by: peer, answer: answer)
      return true
    } take: { [unowned self] verdict in
      let area = passwordArea(request, stream)
      switch verdict {
      case .right: proceed(exchange, request, target, permitted)
      case .wrong: exchange.respond(AccessRefusal.invalid.response(to: area))
      case .refused(let refusal): exchange.respond(refusal.response(to: area))
      }
    }
    return nil
  }

  /// The kind of a refusal at a plain address.
  ///
  /// A browser is not asked for the password, since its page has a form. Over plain HTTP browsers
  /// do not send `Sec-Fetch-Mode`, and are known by their name.
  /// - Source: Fetch Metadata Request Headers §2.3
  private func passwordArea(_ request: Request, _ stream: String) -> AccessArea {
    let isBrowser =
      request.header("sec-fetch-mode") != nil
      || request.header("user-agent")?.hasPrefix("Mozilla/") == true
    return .password(realm: isBrowser ? nil : stream)
  }

  /// The keys of the streams that have any, by the name of the stream.
  static func playbackKeys(_ table: StreamTable) -> [String: [TokenKey]] {
    var keys: [String: [TokenKey]] = [:]
    for stream in table.streams + table.recordings {
      keys[stream.name] = stream.options.playbackKeys
    }
    for entry in table.uploads.entries { keys[entry.name] = entry.playbackKeys }
    return keys.filter { !$0.value.isEmpty }
  }

  /// Whether a client may have media with a key.
  private func decision(
    _ request: Request, _ token: String?, _ media: ProtectedMedia
  ) -> AccessDecision {
    playback.decide(
      on: Self.credential(request, token), for: media.stream, media.keys, by: request.peer,
      at: now, seconds: Self.seconds)
  }

  private static func credential(
    _ request: Request, _ token: String?
  ) -> PlaybackAccess.Credential? {
    token.map { .playbackToken($0) } ?? PlaybackAccess.webToken(request).map { .webToken($0) }
  }

  static var seconds: Int64 { (SystemClock.wallTime - .origin).wholeSeconds }

  /// `/auth`: whether the client may have the address in `X-Original-URI`.
  ///
  /// A proxy may keep the permission for all paths below the stream, so a token is checked against
  /// the stream of the path, for each object of it. Without a token only paths that this server
  /// serves to all clients are permitted: a proxy may read any other path differently.
  func authenticate(_ exchange: any Exchange) {
    let request = exchange.request
    guard let target = request.header("x-original-uri"),
      var original = try? Request("GET", target, peer: request.peer), original.hasPlainPath
    else { return answer(exchange, .refused(.invalid)) }
    let isBelowToken = original.isBelow("t")
    let token = isBelowToken ? original.takePathPrefix() : nil
    guard token != nil || !isBelowToken else {
      return answer(exchange, .refused(.invalid))
    }
    let routed = RoutedTarget(original) { uploads[$0] != nil }
    let path: PlaybackAccess.ProxiedPath =
      if let media = protectedMedia(routed) {
        .media(of: media.stream, media.keys)
      } else if token == nil {
        // `/login/S` has no route of its own kind: its name is no stream.
        isOpen(routed) || original.isBelow("login") ? .open : .nothing
      } else {
        belowToken(original, routed.route)
      }
    let decision = playback.decide(
      on: Self.credential(original, token), for: path, by: original.peer, at: now,
      seconds: Self.seconds)
    answer(exchange, decision)
  }

  /// Answers a proxy that asks.
  private func answer(_ exchange: any Exchange, _ decision: AccessDecision) {
    exchange.respond(
      decision.refusal?.response(to: .proxy)
        ?? PreparedResponse(status: 204, fields: [HeaderField("Cache-Control", "no-store")]))
  }

  /// Whether all clients may have a path that is no protected media.
  private func isOpen(_ target: RoutedTarget) -> Bool {
    switch target.route {
    case .metrics, .statistics, .auth, .publish, .unknown: false
    case .media where target.file == nil: false
    case .uploaded, .pageFile, .time, .streams, .wall, .health, .ready, .version, .login: true
    case .page(stream: nil): true
    default: has(target.rendition, of: target.stream)
    }
  }

  /// Whether a stream has a rendition; before it has started, whether it may have one of this name.
  ///
  /// A proxy that removes the first segment of a path would request the rendition as a stream.
  private func has(_ rendition: String?, of stream: String?) -> Bool {
    guard let handler = handler(stream) else { return false }
    guard let rendition, handler.rendition(rendition) == nil, rendition != SwitchedName.rendition
    else { return true }
    return handler.renditions.isEmpty && self.handler(rendition) == nil
      && uploads[rendition] == nil
  }

  /// What a token before a path without protected media permits.
  ///
  /// Files of the pages, their lists and the clock are open: a page below a token requests them. So
  /// is `/`, the list of the streams or the page of the default stream, which names no stream. A
  /// token for a path without a stream is no failure of the address, since players ask again for a
  /// stream that was removed.
  private func belowToken(
    _ request: Request, _ route: Route
  ) -> PlaybackAccess.ProxiedPath {
    switch route {
    case .page(stream: nil), .pageFile, .time, .streams, .wall: return .open
    default: break
    }
    let segments = request.pathSegments
    var path = segments[...]
    if path.first == "ldash" { path = path.dropFirst() }
    if path.first == "play", path.count < segments.count { path = path.dropFirst() }
    let name = path.first ?? ""
    if let upload = uploads[name] {
      return .media(of: name, upload.entry.playbackKeys)
    }
    guard let entry = handler(name)?.stream else { return .nothing }
    return .media(of: entry.name, entry.options.playbackKeys)
  }

  /// Media of a stream with keys.
  private struct ProtectedMedia {
    let stream: String
    let viewers: ViewerAccess
    var keys: [TokenKey] { viewers.keys }
    var password: ViewerPassword? { viewers.password }
    /// Whether the response has URIs of other media, which inherit the path.
    let isIndex: Bool
  }

  /// The media that a target names; nil if it needs no token.
  private func protectedMedia(_ target: RoutedTarget) -> ProtectedMedia? {
    guard target.content != .open else { return nil }
    let (stream, viewers): (String, ViewerAccess)
    if case .uploaded(let path) = target.route {
      (stream, viewers) = (path.stream, uploads[path.stream]?.entry.viewers ?? .everybody)
    } else {
      guard let entry = handler(target.stream)?.stream else { return nil }
      (stream, viewers) = (entry.name, entry.options.viewers)
    }
    guard !viewers.keys.isEmpty else { return nil }
    return ProtectedMedia(stream: stream, viewers: viewers, isIndex: target.content == .index)
  }
}

extension Request {
  /// Whether all servers read the path alike: without escapes, backslashes, empty segments before
  /// the last one, and segments of dots.
  /// - Source: RFC 3986 §3.3, §6.2.2; URL Standard §4.4
  fileprivate var hasPlainPath: Bool {
    let path = rawPath.utf8
    let ambiguous: [UInt8] = [UInt8(ascii: "%"), UInt8(ascii: "\\"), UInt8(ascii: "#")]
    guard path.first == UInt8(ascii: "/"), !path.contains(where: ambiguous.contains) else {
      return false
    }
    let segments = path.dropFirst().split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return !segments.dropLast().contains(where: \.isEmpty)
      && !segments.contains { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }
  }
}
