// SPDX-License-Identifier: Apache-2.0

import Access
import Ingest
import Net
import Publishing
import Sharing
import Testing
import Time

private let client = PeerAddress(high: 0, low: 0xc000_0201, port: 4000, isVersion6: false)
private let start = MonotonicTime(nanoseconds: 1_000_000_000)

@Suite("Publishers with a connection for each track")
struct TrackSessionTests {
  private let stream = PublishedStream(name: "live")

  private func publish(
    _ track: PublishedTrack, from peer: PeerAddress = client, at time: Interval = .zero,
    closed: Locked<Int>? = nil
  ) -> TrackPublisher? {
    var former: Publisher?
    let publisher = Publisher { then in
      closed?.withLock { $0 += 1 }
      then()
    }
    let made = TrackPublisher(
      stream, track, publisher, from: peer, at: start + time, former: &former)
    former?.close()
    return made
  }

  @Test("tracks join in one publisher, which ends with the last of them")
  func join() throws {
    let video = try #require(publish(.video))
    let audio = try #require(publish(.audio("audio")))
    #expect(stream.status.count == 1 && stream.status.isConnected)
    #expect(publish(.video) == nil && publish(.audio("audio")) == nil)
    #expect(stream.isTaken(.video, by: client, at: start))
    video.end(at: start)
    #expect(stream.status.isConnected && !stream.isTaken(.video, by: client, at: start))
    let again = try #require(publish(.video))
    audio.end(at: start)
    again.end(at: start)
    #expect(!stream.status.isConnected && stream.status.count == 1)
    #expect(publish(.audio("audio")) != nil && stream.status.count == 2)
  }

  @Test("tracks that begin at the same time join", arguments: 0..<50)
  func race(_ run: Int) async {
    let stream = PublishedStream(name: "live\(run)")
    let count = await withTaskGroup(of: Bool.self) { group in
      for track in [PublishedTrack.video, .audio("audio")] {
        group.addTask {
          var former: Publisher?
          let publisher = Publisher { $0() }
          return TrackPublisher(stream, track, publisher, from: client, at: start, former: &former)
            != nil
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(count == 2 && stream.status.count == 1)
  }

  @Test("a silent track is replaced, and the other one continues")
  func takeover() throws {
    let closed = Locked(0)
    let first = try #require(publish(.video, closed: closed))
    let audio = try #require(publish(.audio("audio")))
    let later = start + .seconds(3)
    #expect(audio.write([], at: later) == .taken)
    #expect(publish(.audio("audio"), at: .seconds(3)) == nil)
    let second = try #require(publish(.video, at: .seconds(3), closed: closed))
    #expect(closed.withLock { $0 } == 1)
    #expect(first.write([], at: later) == .replaced)
    #expect(second.write([], at: later) == .taken && audio.write([], at: later) == .taken)
    first.end(at: later)
    #expect(stream.isTaken(.video, by: client, at: later))
  }

  @Test("a track of another client joins no publisher: it waits until all tracks may be replaced")
  func otherClient() throws {
    let other = PeerAddress(high: 0, low: 0xc633_6401, port: 4000, isVersion6: false)
    let closed = Locked(0)
    let video = try #require(publish(.video, closed: closed))
    let audio = try #require(publish(.audio("audio"), closed: closed))
    // The audio connects again, and another client is faster.
    audio.end(at: start)
    #expect(publish(.audio("audio"), from: other) == nil)
    #expect(stream.isTaken(.audio("audio"), by: other, at: start))
    #expect(!stream.isTaken(.audio("audio"), by: client, at: start))
    let again = try #require(publish(.audio("audio"), from: client, closed: closed))
    #expect(stream.status.count == 1)
    // Both tracks are silent: the other client is a new publisher.
    let next = try #require(publish(.audio("audio"), from: other, at: .seconds(3)))
    #expect(stream.status.count == 2 && closed.withLock { $0 } == 2)
    for former in [video, again] {
      let header = Self.header(video: former === video)
      #expect(former.write(header, at: start + .seconds(3)) == .replaced)
    }
    #expect(next.write([], at: start + .seconds(3)) == .taken)
  }

  @Test("with takeover \"always\" a new publisher replaces all tracks, two seconds after the start")
  func takeoverAlways() throws {
    stream.takeover = .always
    let closed = Locked(0)
    let first = try #require(publish(.video, closed: closed))
    let audio = try #require(publish(.audio("audio"), closed: closed))
    let later = start + .milliseconds(2001)
    #expect(first.write([], at: later) == .taken && audio.write([], at: later) == .taken)
    #expect(publish(.video, at: .seconds(2)) == nil)
    let second = try #require(publish(.video, at: .milliseconds(2001)))
    #expect(closed.withLock { $0 } == 2 && stream.status.count == 2)
    #expect(first.write(Self.header(video: true), at: later) == .replaced)
    #expect(audio.write(Self.header(video: false), at: later) == .replaced)
    first.end(at: later)
    audio.end(at: later)
    // The new publisher is protected from others, whatever their protocol.
    #expect(second.write(Self.header(video: true), at: later) == .taken)
    #expect(stream.status.since == later && stream.isTaken(at: start + .seconds(4)))
    #expect(publish(.video, at: .seconds(4)) == nil)
    let sound = try #require(publish(.audio("audio"), at: .seconds(4)))
    #expect(sound.write(Self.header(video: false), at: start + .seconds(4)) == .taken)
    #expect(stream.status.count == 2)
  }

  @Test("with takeover \"always\" a track that is silent is replaced, and the other one continues")
  func silentTakeoverAlways() throws {
    stream.takeover = .always
    let closed = Locked(0)
    _ = try #require(publish(.video, closed: closed))
    let audio = try #require(publish(.audio("audio"), closed: closed))
    let later = start + .milliseconds(2001)
    #expect(audio.write([], at: later) == .taken)
    let second = try #require(publish(.video, at: .milliseconds(2001)))
    #expect(closed.withLock { $0 } == 1 && stream.status.count == 1)
    #expect(second.write(Self.header(video: true), at: later) == .taken)
    #expect(audio.write(Self.header(video: false), at: later) == .taken)
  }

  @Test("video that returns beside audio begins a publisher for the source")
  func videoReturns() throws {
    let source = try RecordSource(stream)
    let (video, audio) = (try #require(publish(.video)), try #require(publish(.audio("audio"))))
    let (picture, sound) = (Self.header(video: true), Self.header(video: false))
    #expect(video.write(picture, at: start) == .taken)
    #expect(audio.write(sound, at: start) == .taken)
    let known = try source.records()
    // The address of the client, and the first description twice.
    #expect(known.count == 5 && known.first == .begin)
    video.end(at: start)
    let again = try #require(publish(.video))
    #expect(again.write(picture, at: start) == .taken)
    #expect(stream.status.count == 1)
    let records = try source.records()
    #expect(records.prefix(2) == [.end, .begin])
    #expect(Set(records.dropFirst(2).map(\.payload)) == Set(known.dropFirst().map(\.payload)))
    let sequel = try #require(publish(.audio("audio"), at: .seconds(3)))
    #expect(sequel.write(sound, at: start + .seconds(3)) == .taken)
    #expect(try source.records().count == 1)
  }

  /// The `moov` of a track.
  private static func header(video: Bool) -> [UInt8] {
    func box(_ type: String, _ content: [UInt8]) -> [UInt8] {
      [0, 0, UInt8((8 + content.count) >> 8), UInt8((8 + content.count) & 255)] + Array(type.utf8)
        + content
    }
    func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    let entry =
      video
      ? box("avc1", zeros(78) + box("avcC", [1, 2, 3])) : box("ac-3", zeros(28))
    let table = box("stbl", box("stsd", zeros(4) + [0, 0, 0, 1] + entry))
    let media = box("mdhd", zeros(12) + [0, 0, 3, 232] + zeros(8)) + box("minf", table)
    let track = box("tkhd", zeros(12) + [0, 0, 0, 1]) + box("mdia", media)
    return box("moov", box("trak", track))
  }

  @Test("a body that ends between boxes is continued by the next one, without another header")
  func continued() throws {
    let source = try RecordSource(stream)
    let video = try #require(publish(.video))
    #expect(!video.isContinued && video.write(Self.header(video: true), at: start) == .taken)
    let paused = try #require(video.pause(nil, at: start))
    // The stream waits for the next body.
    #expect(stream.status.isConnected && !stream.isTaken(.video, by: client, at: start))
    let next = try #require(publish(.video, at: .seconds(1)))
    #expect(next.isContinued && next.permit == nil)
    // A fragment is misplaced only without the header.
    let moof: [UInt8] = [0, 0, 0, 8, 0x6D, 0x6F, 0x6F, 0x66]
    let other = PublishedStream(name: "other")
    var former: Publisher?
    let first = try #require(
      TrackPublisher(other, .video, Publisher { $0() }, from: client, at: start, former: &former))
    #expect(first.write(moof, at: start) != next.write(moof, at: start))
    #expect(!paused.expire(at: start + .seconds(20)) && stream.status.isConnected)
    // The beginning, the address of the client, and the first description twice.
    #expect(try source.records().count == 4 && stream.status.count == 1)
  }

  @Test("a paused track ends when its time is over; one that is cut cannot be continued")
  func paused() throws {
    let video = try #require(publish(.video))
    #expect(video.write(Self.header(video: true), at: start) == .taken)
    let paused = try #require(video.pause(nil, at: start))
    #expect(paused.expire(at: start + .seconds(10)) && !stream.status.isConnected)
    #expect(!paused.expire(at: start + .seconds(11)))
    let cut = try #require(publish(.video, at: .seconds(12)))
    #expect(!cut.isContinued)
    #expect(cut.write(Array(Self.header(video: true).dropLast()), at: start) == .taken)
    #expect(cut.pause(nil, at: start) == nil)
    cut.end(at: start)
    // An empty random access box states the end of the track.
    let last = try #require(publish(.video, at: .seconds(13)))
    let mfra: [UInt8] = [0, 0, 0, 8, 0x6D, 0x66, 0x72, 0x61]
    #expect(last.write(Self.header(video: true) + mfra, at: start) == .taken)
    #expect(last.pause(nil, at: start) == nil)
  }

  @Test("audio tracks are told apart by their names, and their records by numbers")
  func audioTracks() throws {
    let source = try RecordSource(stream)
    let header = Self.header(video: false)
    var tracks: [TrackPublisher] = []
    for name in ["de", "en"] {
      let track = try #require(publish(.audio(name)))
      #expect(track.write(header, at: start) == .taken)
      tracks.append(track)
    }
    #expect(publish(.audio("en")) == nil && stream.status.count == 1)
    let tags = try source.records().compactMap { record -> TrackConfiguration? in
      if case .tag(let tag) = record { TrackConfiguration(tag) } else { nil }
    }
    // The first description is written twice.
    #expect(tags.map(\.name) == ["de", "de", "en"] && tags.map(\.number) == [0, 0, 1])
    // A track that ends and returns has its number, and the others continue.
    tracks[0].end(at: start)
    let again = try #require(publish(.audio("de")))
    #expect(again.write(header, at: start) == .taken)
    let records = try source.records()
    #expect(records.map { TrackConfiguration($0)?.number } == [0])
    #expect(tracks[1].write([], at: start) == .taken && stream.status.count == 1)
  }

  @Test("16 audio tracks are accepted; another one waits until one of them has ended")
  func mostAudioTracks() throws {
    var tracks: [TrackPublisher] = []
    for number in 0..<16 { tracks.append(try #require(publish(.audio("\(number)")))) }
    let other = PublishedTrack.audio("other")
    #expect(publish(other) == nil && stream.hasNoNumber(for: other))
    #expect(stream.isTaken(other, by: client, at: start) && publish(.video) != nil)
    #expect(!stream.hasNoNumber(for: .audio("3")) && !stream.hasNoNumber(for: .video))
    tracks[3].end(at: start)
    let source = try RecordSource(stream)
    let replacement = try #require(publish(other))
    #expect(replacement.write(Self.header(video: false), at: start) == .taken)
    let numbers = try source.records().compactMap { TrackConfiguration($0)?.number }
    #expect(numbers == [3, 3] && publish(.audio("3")) == nil)
  }

  @Test("the only audio track may return with another name")
  func renamed() throws {
    let source = try RecordSource(stream)
    _ = try #require(publish(.video))
    let first = try #require(publish(.audio("one")))
    #expect(first.write(Self.header(video: false), at: start) == .taken)
    first.end(at: start)
    let second = try #require(publish(.audio("two")))
    #expect(second.write(Self.header(video: false), at: start) == .taken)
    let numbers = try source.records().compactMap { TrackConfiguration($0)?.number }
    #expect(Set(numbers) == [0])
  }

  @Test("the removal of the stream closes every connection")
  func removal() throws {
    let closed = Locked(0)
    _ = try #require(publish(.video, closed: closed))
    _ = try #require(publish(.audio("audio"), closed: closed))
    stream.closePublisher()
    #expect(closed.withLock { $0 } == 2)
  }

  @Test("bytes that are no track end it, and a track of another kind is refused")
  func malformed() throws {
    let video = try #require(publish(.video))
    #expect(video.write([0, 0, 0, 0, 1, 1, 1, 1], at: start) != .taken)
    // No byte is read after an error.
    #expect(video.write(Self.header(video: true), at: start) != .taken)
    let audio = try #require(publish(.audio("audio")))
    #expect(
      audio.write(Self.header(video: true), at: start) == .malformed("the track is not audio"))
  }
}

extension TrackConfiguration {
  /// The description in a record.
  fileprivate init?(_ record: MediaRecord) {
    guard case .tag(let tag) = record else { return nil }
    self.init(tag)
  }
}
