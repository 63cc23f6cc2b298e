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
  func authenticate(_ exchange: any Exchange) {
    exchange.kind = .probe
    let request = exchange.request
    guard let target = request.header("x-original-uri"),
      var original = try? Request("GET", target, peer: request.peer)
    else { return exchange.respond(PlaybackAccess.answer(.invalid)) }
    let token = original.isBelow("t") ? original.takePathPrefix() : nil
    let media = protectedMedia(original, RoutedTarget(original))
    exchange.respond(PlaybackAccess.answer(media.flatMap { refusal(original, token, $0) }))
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
