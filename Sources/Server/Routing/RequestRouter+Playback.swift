// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Packaging
import Sharing
import Time

/// Permission to play: tokens of requests for media, and `/auth`.
extension RequestRouter {
  /// The response to a request for media without permission, and to the first request with a JSON
  /// Web Token; nil if the request is permitted.
  func playbackResponse(
    _ request: Request, _ token: String?, _ target: RoutedTarget
  ) -> PreparedResponse? {
    guard !request.isChecked, let media = protectedMedia(request, target) else { return nil }
    if let refusal = refusal(request, token, media) { return PlaybackAccess.response(refusal) }
    guard token == nil, media.isIndex else { return nil }
    return playback.redirection(request, on: media.stream, media.keys)
  }

  /// Why a client may not have media with a key; nil if it may.
  private func refusal(
    _ request: Request, _ token: String?, _ media: ProtectedMedia
  ) -> PlaybackRefusals.Refusal? {
    let credential =
      token.map { PlaybackAccess.Credential.playbackToken($0) }
      ?? PlaybackAccess.webToken(request).map { .webToken($0) }
    return playback.refusal(
      of: credential, on: media.stream, media.keys, by: request.peer, at: now,
      seconds: (SystemClock.wallTime - .origin).wholeSeconds)
  }

  /// `/auth`: whether the client may have the address in `X-Original-URI`.
  ///
  /// A proxy may keep the permission for all paths below the stream, so a token is checked against
  /// the stream of the path, whatever the path names.
  func authenticate(_ exchange: any Exchange) {
    exchange.kind = .probe
    let request = exchange.request
    guard let target = request.header("x-original-uri"),
      var original = try? Request("GET", target, peer: request.peer)
    else { return exchange.respond(PlaybackAccess.answer(.invalid)) }
    let isBelowToken = original.isBelow("t")
    let token = isBelowToken ? original.takePathPrefix() : nil
    guard token != nil || !isBelowToken else {
      return exchange.respond(PlaybackAccess.answer(.invalid))
    }
    let routed = RoutedTarget(original)
    let media =
      protectedMedia(original, routed)
      ?? (token == nil ? nil : streamBelowToken(original, routed.route))
    exchange.respond(PlaybackAccess.answer(media.flatMap { refusal(original, token, $0) }))
  }

  /// The stream against which a token before a path without protected media is checked; nil for
  /// files of the pages and the clock, which a page below a token requests, and for a stream
  /// without keys.
  ///
  /// A path without a stream has no keys, so that no token permits it.
  private func streamBelowToken(_ request: Request, _ route: Route) -> ProtectedMedia? {
    switch route {
    case .pageFile, .time: return nil
    default: break
    }
    let segments = request.pathSegments
    var path = segments[...]
    if path.first == "ldash" { path = path.dropFirst() }
    if path.first == "play", path.count < segments.count { path = path.dropFirst() }
    let name = path.first ?? ""
    if let upload = uploads[name] {
      let keys = upload.entry.playbackKeys
      return keys.isEmpty ? nil : ProtectedMedia(stream: name, keys: keys, isIndex: false)
    }
    // The page of the default stream is `/`.
    let entry = handler(segments == [""] ? nil : name)?.stream
    let keys = entry?.options.playbackKeys ?? []
    guard entry == nil || !keys.isEmpty else { return nil }
    return ProtectedMedia(stream: entry?.name ?? name, keys: keys, isIndex: false)
  }

  /// Whether the response to a permitted request is for one viewer: without a token in the path it
  /// has the address that it has for viewers without permission.
  ///
  /// A proxy that checks access removes the token; its cache keeps one copy for all viewers.
  /// - Source: RFC 9111 §3.5, §5.2.2.7
  func isForOneViewer(_ request: Request, _ target: RoutedTarget) -> Bool {
    !request.hasPathPrefix && !request.isChecked && protectedMedia(request, target) != nil
  }

  /// Media of a stream with keys.
  private struct ProtectedMedia {
    let stream: String
    let keys: [TokenKey]
    /// Whether the response has URIs of other media, which inherit the path.
    let isIndex: Bool
  }

  /// The media that a request names; nil if it needs no token.
  private func protectedMedia(_ request: Request, _ target: RoutedTarget) -> ProtectedMedia? {
    let (stream, keys, isIndex): (String, [TokenKey], Bool)
    if !uploads.isEmpty, let path = target.upload, let upload = uploads[path.stream] {
      // The page for players has no media.
      guard path.file != nil || !path.isPlayer else { return nil }
      (stream, keys) = (path.stream, upload.entry.playbackKeys)
      isIndex = path.file?.isIndex ?? true
    } else {
      let name: String?
      switch target.route {
      case .playlist(let stream, _, _), .manifest(let stream, _):
        (name, isIndex) = (stream, true)
      case .chunkedPlaylist(let stream, _, _): (name, isIndex) = (stream, true)
      // The page needs no token; with one it becomes the page that plays with it.
      case .page(let stream) where PlaybackAccess.parameter(request) != nil:
        (name, isIndex) = (stream, true)
      case .media(let stream, _, _): (name, isIndex) = (stream, false)
      case .timestamps(let stream), .socket(let stream), .feed(let stream):
        (name, isIndex) = (stream, false)
      default: return nil
      }
      guard let entry = handler(name)?.stream else { return nil }
      (stream, keys) = (entry.name, entry.options.playbackKeys)
    }
    return keys.isEmpty ? nil : ProtectedMedia(stream: stream, keys: keys, isIndex: isIndex)
  }
}
