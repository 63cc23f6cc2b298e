// SPDX-License-Identifier: Apache-2.0

import Checked
package import Time

/// One connection of a publisher page, `llws-publish.v1`: messages of the client become events; a
/// pure state machine.
///
/// ```
/// new ── hello ──► entering ── welcome() ──► describing ── begin ──► sending
/// ```
///
/// After an error, discard the session.
package struct PageSession: Sendable {
  /// A step of the protocol.
  package enum State: Sendable, Equatable {
    /// The client has sent no `hello`.
    case new
    /// Its permission is being decided.
    case entering
    /// It may describe its tracks.
    case describing
    /// It may send frames.
    case sending
  }

  /// What a client wants to publish with.
  package struct Credential: Sendable, Equatable {
    /// A publish key; nil for none.
    package var key: String?
    /// A publish token; nil for none.
    package var token: String?
    /// The name by which the publisher continues after the loss of its connection; nil for none.
    package var session: String?
  }

  /// The meaning of a message.
  package enum Event: Sendable, Equatable {
    case hello(Credential)
    /// Answer with the same values, and the times of the server.
    case ping(id: Double, clientTime: Double)
    /// The description of a track, for the source.
    case track(PageTrack)
    /// A frame, for the source; `isKey` is true for all audio.
    case media(MediaTag, PageFrame)
    /// The publisher ends.
    case bye
    /// Nothing is to be done.
    case none
  }

  /// The descriptions of tracks per connection.
  private static let maximumTracks = 256
  /// The permitted capture times, around the present.
  private static let (oldest, newest) = (Interval.seconds(10), Interval.seconds(1))

  private struct Group: Sendable {
    let track: PageTrack
    var next: UInt32?
    var needsKey = true
  }

  package private(set) var state = State.new
  private var video: Group?
  private var audio: Group?
  /// The presentation times of the newest frames of video and audio.
  private var lastPresentation: (video: Int64, audio: Int64) = (.min, .min)
  private var newestGroup: UInt16 = 0
  private var trackCount = 0

  /// A session before the first message.
  package init() {}

  /// The client may publish.
  package mutating func welcome() { if state == .entering { state = .describing } }

  /// Whether the group is that of the video.
  package func isVideo(_ group: UInt16) -> Bool { video?.track.group == group }

  /// The group of the video; nil before its description.
  package var videoGroup: UInt16? { video?.track.group }

  // MARK: Texts

  /// Takes a control message.
  package mutating func take(_ text: String) throws(PageError) -> Event {
    guard let message = PageMessage(text) else {
      throw .malformed("expected a JSON object with the member t")
    }
    switch message.type {
    case "hello": return try hello(message)
    case "ping": return .ping(id: message.id ?? 0, clientTime: message.clientTime ?? 0)
    case "track": return try describe(message)
    case "begin":
      guard state == .describing || state == .sending else { throw .malformed("begin: too early") }
      guard video != nil else { throw .malformed("begin: no video was described") }
      state = .sending
      return .none
    case "bye": return .bye
    default: return .none
    }
  }

  private mutating func hello(_ message: PageMessage) throws(PageError) -> Event {
    guard state == .new else { throw .malformed("hello: sent twice") }
    guard message.version == 1 else { throw .malformed("hello: v: expected 1") }
    if let name = message.session {
      guard (16...64).contains(name.utf8.count), NameCharacters.isWord(name) else {
        throw .malformed("hello: sid: expected 16–64 letters, digits, _ and -")
      }
    }
    state = .entering
    return .hello(
      Credential(key: message.key, token: message.token, session: message.session))
  }

  private mutating func describe(_ message: PageMessage) throws(PageError) -> Event {
    guard state == .describing || state == .sending else { throw .malformed("track: too early") }
    guard trackCount < Self.maximumTracks else {
      throw .rate("more than \(Self.maximumTracks) descriptions of tracks")
    }
    trackCount += 1
    let track = try PageTrack(message)
    guard track.group > newestGroup else {
      throw .malformed("track: cid: expected a number above \(newestGroup)")
    }
    newestGroup = track.group
    if track.configuration.codec.isVideo {
      video = Group(track: track)
    } else {
      // The tracks of a stream are fixed when it starts.
      guard state == .describing || audio != nil else {
        throw .malformed("track: audio must be described before begin")
      }
      audio = Group(track: track, needsKey: false)
    }
    return .track(track)
  }

  // MARK: Frames

  /// Takes a message with a frame.
  ///
  /// - Parameters:
  ///   - message: the message.
  ///   - now: the present time.
  /// - Returns: the frame for the source.
  /// - Throws: ``PageError`` if the message is malformed or the frame impossible.
  package mutating func take(
    _ message: [UInt8], now: WallTime
  ) throws(PageError) -> Event {
    guard state == .sending else { throw .malformed("a frame before begin") }
    let frame = try PageFrame(message)
    let age = now - frame.captured
    guard (-Self.newest...Self.oldest).contains(age) else {
      throw .clock(
        "a frame was captured \(age.milliseconds) ms ago (expected −1000 to 10000 ms)")
    }
    if frame.group == video?.track.group {
      guard frame.presentation > lastPresentation.video else { throw .reordered }
      lastPresentation.video = frame.presentation
      return try take(frame, &video)
    }
    guard frame.group == audio?.track.group else {
      throw .malformed("a frame of the unknown group \(frame.group)")
    }
    guard frame.presentation > lastPresentation.audio else { throw .reordered }
    lastPresentation.audio = frame.presentation
    return try take(frame, &audio)
  }

  private func take(_ frame: PageFrame, _ group: inout Group?) throws(PageError) -> Event {
    guard let codec = group?.track.configuration.codec else { return .none }
    if let next = group?.next, next != frame.number {
      throw .malformed("frame \(frame.number) (expected \(next))")
    }
    // bounded: numbers wrap around
    group?.next = frame.number &+ 1
    var isKey = true
    if codec.isVideo {
      isKey = try CodedFrame(codec, frame.bytes).isKey
      guard isKey == frame.isKey else {
        throw .frame(isKey ? "an unmarked key frame" : "a frame is marked as a key frame")
      }
      guard isKey || group?.needsKey == false else {
        throw .frame("the first frame of a description is no key frame")
      }
      group?.needsKey = false
    }
    let sample = TrackSample(
      isVideo: codec.isVideo, isKey: isKey, timescale: PageTrack.timescale,
      dts: frame.presentation, pts: frame.presentation, captured: frame.captured.nanoseconds,
      bytes: frame.bytes)
    return .media(sample.tag, frame)
  }
}
