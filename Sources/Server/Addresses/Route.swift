// SPDX-License-Identifier: Apache-2.0

import HLSPackager
package import Packaging

/// The names of a rendition that the server chooses for each viewer.
enum SwitchedName {
  /// The common name of the renditions in URLs.
  static let rendition = "auto"
  /// The name of the Media Playlist if `playlist.m3u8` is a Multivariant Playlist.
  static let playlist = "media.m3u8"
}

/// The object that a path names.
///
/// The stream of the path may not exist. A path without a stream means the default stream.
package enum Route: Equatable {
  /// The player page.
  case page(stream: String?)
  /// A file of the pages by its name.
  case pageFile(String)
  /// `/wall`: the page of several streams.
  case wall
  /// `/streams.json`: the streams that all clients may play.
  case streams
  /// A file or the page of an uploaded stream; no path alone shows that the stream is one.
  case uploaded(UploadPath)
  /// An LL-HLS playlist.
  case playlist(stream: String?, rendition: String?, URLDepth)
  /// The playlist for players without part support.
  case chunkedPlaylist(stream: String, rendition: String?, URLDepth)
  /// The playlist of the key frames of a rendition of video.
  case iFrames(stream: String, rendition: String)
  /// A playlist from a time on, to another time or to the live edge: `/S/from/T/playlist.m3u8`.
  case past(stream: String, rendition: String?, from: String, to: String?)
  /// `/S/dvr.mpd`: the MPD of the past.
  case pastManifest(stream: String)
  /// `/S/dvr.json`: how far viewers may go back; without a stream a redirect to that.
  case pastExtent(stream: String?)
  /// An MPD.
  case manifest(stream: String?, URLDepth)
  /// Any other file of a rendition: CMAF header, segment, part.
  ///
  /// A stream with one rendition needs no rendition in the path.
  case media(stream: String, rendition: String?, name: String)
  /// A clip by its name, `FROM--TO.mp4` or `FROM--TO.m3u8`.
  case clip(stream: String, rendition: String?, name: String)
  /// `/S/at/T`: the frame of an instant.
  case instant(stream: String, time: String)
  /// A JPEG of a frame.
  case still(stream: String, StillAddress)
  /// `/S/stream.mjpeg`, `/S/stream/WIDTH.mjpeg`: the newest frames as one JPEG after another.
  case motionPictures(stream: String, width: StillAddress.Width)
  /// `/S/captions-L/cues.json`, `/S/captions-L/cues-R.json`: the cues of a language.
  case cues(stream: String, rendition: String, CueName)
  /// `/timestamps.json`.
  case timestamps(stream: String?)
  /// `/S/clearkey`: the keys of an encrypted stream, for players with ClearKey.
  case licence(stream: String)
  /// All media of a stream as messages, for another server.
  case feed(stream: String?)
  /// A WebSocket.
  case socket(stream: String?)
  /// `/S/publish`: the publisher page, and its WebSocket.
  case publish(stream: String)
  /// `/S/publish.json`: the state of the publisher, for the publisher page.
  case publisherState(stream: String)
  /// `/time`, `/isotime`.
  case time(TimeService.Form?)
  case health, ready, version, metrics
  /// `/auth`: whether a client may have another address.
  case auth
  /// `/login`, to which pages post the password of a viewer.
  case login
  /// `/stats`, `/stats.json`.
  case statistics(isPage: Bool)
  /// No such path.
  case unknown

  /// Whether the path is for operators and proxies, which edges close by the path from its start:
  /// it is not served below the token of a viewer.
  var isClosedBelowTokens: Bool {
    switch self {
    case .metrics, .statistics, .auth: true
    default: false
    }
  }

  /// Reads a path from the texts between its slashes.
  package init(_ segments: [String]) {
    switch segments.count {
    case 1: self = Self.root(segments[0])
    case 2: self = Self.inStream(segments[0], segments[1])
    case 3: self = Self.inRendition(segments[0], segments[1], segments[2])
    case 4 where segments[0] == "ldash": self = Self.inUpload(segments[1], segments[2], segments[3])
    case 4 where segments[2] == "clip" && ClipName.isClip(segments[3]):
      self = .clip(stream: segments[0], rendition: segments[1], name: segments[3])
    case 4:
      let still = StillAddress(segments[1], segments[2], segments[3])
      self = still.map { .still(stream: segments[0], $0) } ?? Self.inPast(segments)
    case 5...7: self = Self.inPast(segments)
    default: self = .unknown
    }
  }

  /// `/S/from/T/playlist.m3u8`, `/S/R/from/T/playlist.m3u8`, and both with `/to/T` after it.
  private static func inPast(_ segments: [String]) -> Route {
    let rendition = segments[1] == "from" ? nil : segments[1]
    let rest = segments[(rendition == nil ? 1 : 2)...]
    guard rest.first == "from", rest.last == "playlist.m3u8", rest.count == 3 || rest.count == 5
    else { return .unknown }
    let times = Array(rest.dropFirst().dropLast())
    guard times.count == 1 || times[1] == "to" else { return .unknown }
    return .past(
      stream: segments[0], rendition: rendition, from: times[0],
      to: times.count == 3 ? times[2] : nil)
  }

  private static func root(_ name: String) -> Route {
    switch name {
    case "": .page(stream: nil)
    case "live.m3u8", "playlist.m3u8", "index.m3u8", "ll.m3u8":
      .playlist(stream: nil, rendition: nil, .root)
    case "manifest.mpd": .manifest(stream: nil, .root)
    case "timestamps.json": .timestamps(stream: nil)
    case "dvr.json": .pastExtent(stream: nil)
    case "feed": .feed(stream: nil)
    case "ws": .socket(stream: nil)
    case "time": .time(nil)
    case "isotime": .time(.isoMicroseconds)
    case "health": .health
    case "ready": .ready
    case "version": .version
    case "metrics": .metrics
    case "auth": .auth
    case "login": .login
    case "wall": .wall
    case "streams.json": .streams
    case "stats": .statistics(isPage: true)
    case "stats.json": .statistics(isPage: false)
    default: .unknown
    }
  }

  private static func inStream(_ stream: String, _ name: String) -> Route {
    if stream == "player" { return .pageFile(name) }
    return switch name {
    case "": .page(stream: stream)
    case "playlist.m3u8", "index.m3u8": .playlist(stream: stream, rendition: nil, .stream)
    case "ll.m3u8": .playlist(stream: stream, rendition: nil, .lowLatency)
    case "chunked.m3u8": .chunkedPlaylist(stream: stream, rendition: nil, .stream)
    case "manifest.mpd": .manifest(stream: stream, .stream)
    case "snapshot.jpg": .still(stream: stream, .newest(width: .own))
    case "stream.mjpeg": .motionPictures(stream: stream, width: .own)
    case "dvr.mpd": .pastManifest(stream: stream)
    case "dvr.json": .pastExtent(stream: stream)
    case "timestamps.json": .timestamps(stream: stream)
    case "clearkey": .licence(stream: stream)
    case "feed": .feed(stream: stream)
    case "ws": .socket(stream: stream)
    case "publish": .publish(stream: stream)
    case "publish.json": .publisherState(stream: stream)
    default: .unknown
    }
  }

  private static func inRendition(_ stream: String, _ rendition: String, _ name: String) -> Route {
    if stream == "ldash" { return underUpload(rendition, name) }
    if let still = StillAddress(rendition, name) { return .still(stream: stream, still) }
    if rendition == "stream", let width = StillAddress.stem(name, ".mjpeg") {
      return .motionPictures(stream: stream, width: StillAddress.Width(width))
    }
    return switch name {
    case _ where rendition == "clip" && ClipName.isClip(name):
      .clip(stream: stream, rendition: nil, name: name)
    case _ where rendition == "at" && !name.hasSuffix(".jpg"):
      .instant(stream: stream, time: name)
    case "manifest.mpd" where rendition == SwitchedName.rendition:
      .manifest(stream: stream, .switched)
    case SwitchedName.playlist where rendition == SwitchedName.rendition:
      .playlist(stream: stream, rendition: rendition, .switched)
    case "playlist.m3u8", "index.m3u8":
      .playlist(stream: stream, rendition: rendition, .rendition)
    case "chunked.m3u8": .chunkedPlaylist(stream: stream, rendition: rendition, .rendition)
    case IFramePlaylist.file: .iFrames(stream: stream, rendition: rendition)
    default:
      CueName(name).map { .cues(stream: stream, rendition: rendition, $0) }
        ?? .media(stream: stream, rendition: rendition, name: name)
    }
  }

  /// The page at `/ldash/play/S`, or the MPD and the media of a single rendition at
  /// `/ldash/S/<file>`.
  private static func underUpload(_ stream: String, _ name: String) -> Route {
    if stream == "play" { return .page(stream: name) }
    return name == "manifest.mpd"
      ? .manifest(stream: stream, .stream) : .media(stream: stream, rendition: nil, name: name)
  }

  /// `/ldash/play/S/manifest.mpd`; `/ldash/S/R/<file>`.
  private static func inUpload(_ first: String, _ second: String, _ name: String) -> Route {
    if first != "play" { return inRendition(first, second, name) }
    return switch name {
    case "": .page(stream: second)
    case "manifest.mpd": .manifest(stream: second, .player)
    default: .unknown
    }
  }
}

/// The form of a playlist's or MPD's URL: the relative URLs in the document depend on its depth.
package enum URLDepth: Hashable, CaseIterable {
  /// `/live.m3u8`, `/manifest.mpd`.
  case root
  /// `/S/playlist.m3u8`, `/S/manifest.mpd`.
  case stream
  /// `/S/ll.m3u8`: LL-HLS also if the stream prefers another form.
  case lowLatency
  /// `/S/R/playlist.m3u8`.
  case rendition
  /// `/S/auto/manifest.mpd`, `/S/auto/media.m3u8`.
  case switched
  /// `/ldash/play/S/manifest.mpd`; a browser gets the player page there.
  case player

  /// The relative path to the folder of a stream; empty, or with a slash at the end.
  func path(to stream: String) -> String {
    switch self {
    case .root: "\(stream)/"
    case .stream, .lowLatency: ""
    case .rendition, .switched: "../"
    case .player: "../../../\(stream)/"
    }
  }

  /// The relative path to the folder of a rendition; empty, or with a slash at the end.
  func path(to stream: String, _ rendition: String) -> String {
    self == .rendition ? "" : path(to: stream) + "\(rendition)/"
  }
}

/// A path that means a file of a stream, if it is an uploaded stream.
///
/// `/S/FILE`, `/ldash/S/FILE` and, for players only, `/ldash/play/S/FILE`.
package struct UploadPath: Equatable, Sendable {
  /// The name of the stream.
  package let stream: String
  /// The file; nil for the page of the stream.
  package let file: UploadName?
  /// Whether the path begins with `/ldash/play`: its page and its files are for players.
  package let isPlayer: Bool

  /// Reads a path from the texts between its slashes; nil if no uploaded stream has such a path.
  package init?(_ segments: [String]) {
    var rest = segments[...]
    var isPlayer = false
    if rest.first == "ldash" {
      rest = rest.dropFirst()
      if rest.first == "play" {
        isPlayer = true
        rest = rest.dropFirst()
      }
    }
    guard let stream = rest.popFirst(), StreamName.isValid(stream) else { return nil }
    self.stream = stream
    self.isPlayer = isPlayer
    // A path without a slash after the stream is a page for players only.
    if rest.isEmpty ? isPlayer : rest.elementsEqual([""]) {
      file = nil
    } else {
      guard let name = UploadName(rest) else { return nil }
      file = name
    }
  }
}
