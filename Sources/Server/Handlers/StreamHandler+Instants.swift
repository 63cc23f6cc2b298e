// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Packaging
import Time

/// `/S/at/T` and `/S/clip/FROM--TO.mp4`: media by its time; ``StillHandler`` answers `/S/at/T.jpg`.
extension StreamHandler {
  /// Answers a request for the frame of an instant.
  func instant(_ exchange: any Exchange, _ text: String, since: MonotonicTime) {
    guard let time = InstantText.time(text) else {
      return exchange.respond(.error(400, "not an instant (expected \(InstantText.expected))"))
    }
    let isAnswered = answersPast(.time(time), exchange, since: since) {
      $0.instant(exchange, text, since: since)
    }
    if isAnswered { return }
    guard open(exchange, since: since) != nil, let top = renditions.first,
      !starting.hold(exchange, until: .window(top), of: renditions, since: since)
    else { return }
    instants?.instant(time, exchange, since: since)
  }

  /// Answers a request for a clip of a rendition, or of the top one.
  ///
  /// A clip of video has the audio for clients that choose none.
  func clip(
    _ exchange: any Exchange, _ rendition: String?, _ text: String, since: MonotonicTime
  ) {
    let name: ClipName
    do throws(RequestRefusal) { name = try ClipName(text) } catch {
      return exchange.respond(error.response)
    }
    let isAnswered = answersPast(.time(name.span.upperBound), exchange, since: since) {
      $0.clip(exchange, rendition, text, since: since)
    }
    if isAnswered { return }
    guard let served = open(exchange, since: since) else { return }
    guard let handler = self.rendition(rendition) else { return exchange.respond(.notFound) }
    let hint = "clips as files; a playlist is FROM--TO.m3u8"
    if name.form != .playlist, refusesClear(exchange, hint) { return }
    let main = handler.rendition
    // Without the audio, which may start later, the clip would be another one.
    let needed = [handler] + (main.isAudio ? [] : renditions.filter(\.rendition.isAudio))
    for needed in needed
    where starting.hold(exchange, until: .window(needed), of: renditions, since: since) { return }
    var clip = InstantHandler.Clip(
      span: name.span, main: main, audio: main.isAudio ? nil : served.defaultAudio)
    if name.form == .playlist {
      var form = ClipPlaylist.media(
        base: rendition == nil ? "../\(main.name)/" : "../")
      if rendition == nil, renditions.count > 1 {
        if starting.hold(exchange, until: .all, of: renditions, since: since) { return }
        form = .multivariant(name: text)
      }
      clip = InstantHandler.Clip(span: name.span, main: main, audio: nil, playlist: form)
    }
    instants?.clip(clip, exchange, since: since)
  }
}
