// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HLSPackager
import HTTP
import Media
import Net
import Packaging
import ServerTestSupport
import Sharing
import TestSupport
import Testing
import Time

@testable import Server

@Suite("Playlists are rendered and compressed once for all requests", .blocking)
struct PlaylistCacheTests {
  private static func key(
    _ form: PlaylistCache.Form = .media(.full), compressed: Bool = true,
    _ caching: ResponseFields.Caching = .second, depth: URLDepth = .rendition
  ) -> PlaylistCache.Key {
    PlaylistCache.Key(form: form, depth: depth, isCompressed: compressed, caching: caching)
  }

  private static func text(_ response: PreparedResponse?) -> String {
    var bytes: [UInt8] = []
    for slice in response?.body ?? [] {
      bytes += slice.bytes.array[slice.offset..<slice.offset + slice.count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("1,000 readers on four threads: one rendering, one compression, one response")
  func once() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let (cache, snapshot) = (handler.served.top.playlists, handler.snapshot)
    let seen = Locked<Set<ObjectIdentifier>>([])
    DispatchQueue.concurrentPerform(iterations: 1000) { _ in
      guard let response = cache.response(Self.key(), from: snapshot) else { return }
      seen.withLock { _ = $0.insert(ObjectIdentifier(response)) }
    }
    #expect(seen.withLock { $0.count } == 1)
    #expect(cache.work == (1, 1))
  }

  @Test(
    "a lifetime changes only the head; form, depth and coding change the body"
  )
  func bodies() throws {
    let handler = try SyntheticHandler.live(parts: 4, playlistLength: 20)
    let (cache, snapshot) = (handler.served.top.playlists, handler.snapshot)
    for caching in [ResponseFields.Caching.second, .noStore, .playlist(targetDuration: 1)] {
      for compressed in [true, false] {
        #expect(cache.response(Self.key(compressed: compressed, caching), from: snapshot) != nil)
      }
    }
    #expect(cache.work == (1, 1))
    _ = cache.response(Self.key(depth: .root), from: snapshot)
    #expect(cache.work == (2, 2))
    _ = cache.response(Self.key(.media(.delta), compressed: false), from: snapshot)
    #expect(cache.work == (3, 2))
    _ = cache.response(Self.key(.chunked, compressed: false), from: snapshot)
    #expect(cache.work == (4, 2))
    _ = cache.response(Self.key(.iFrames, compressed: false), from: snapshot)
    #expect(cache.work == (5, 2))
  }

  @Test("a chunk that completes no part makes nothing new")
  func sameVersion() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let cache = handler.served.top.playlists
    let first = cache.response(Self.key(), from: handler.snapshot)
    handler.publish(frames: 2)
    #expect(cache.response(Self.key(), from: handler.snapshot) === first)
    handler.publish(frames: 1)
    #expect(cache.response(Self.key(), from: handler.snapshot) !== first)
  }

  @Test("the playlist of key frames is rendered once per segment")
  func iFrames() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let cache = handler.served.top.playlists
    let first = cache.response(Self.key(.iFrames), from: handler.snapshot)
    handler.publish(parts: 5)
    #expect(cache.response(Self.key(.iFrames), from: handler.snapshot) === first)
    handler.publish(parts: 1)
    let next = cache.response(Self.key(.iFrames), from: handler.snapshot)
    #expect(next !== first && next?.header("X-Playlist-Version") == nil)
    #expect(cache.work == (2, 2))
  }

  @Test("a loop with an older snapshot gets the newer playlist in every form")
  func newerWins() throws {
    let handler = try SyntheticHandler.live(parts: 4, playlistLength: 20)
    let cache = handler.served.top.playlists
    let old = handler.snapshot
    handler.publish(parts: 1)
    let new = handler.snapshot
    _ = cache.response(Self.key(compressed: false), from: new)
    let forms: [PlaylistCache.Form] = [.media(.full), .media(.delta), .media(.deltaWithDateRanges)]
    for form in forms {
      let late = try #require(cache.response(Self.key(form, compressed: false), from: old))
      #expect(late.header("X-Playlist-Version") == "\(new.version)")
      #expect(Self.text(late).contains("segment\(handler.last + 1).4.m4s\",INDEPENDENT") == false)
      #expect(Self.text(late).contains("\"segment\(handler.last + 1).4.m4s\""))
      // The cache keeps the newer playlist.
      let other = try #require(cache.response(Self.key(form, compressed: false), from: new))
      #expect(other === late)
    }
  }

  @Test("the end makes a new playlist at the same version; nothing older replaces it")
  func ended() throws {
    let handler = try SyntheticHandler.live()
    let cache = handler.served.top.playlists
    let before = handler.snapshot
    _ = cache.response(Self.key(compressed: false), from: before)
    _ = cache.response(Self.key(.chunked, compressed: false), from: before)
    handler.end()
    _ = cache.response(Self.key(.iFrames, compressed: false), from: before)
    for form in [PlaylistCache.Form.media(.full), .chunked, .iFrames] {
      for snapshot in [handler.snapshot, before] {
        let response = cache.response(Self.key(form, compressed: false), from: snapshot)
        #expect(Self.text(response).hasSuffix("#EXT-X-ENDLIST\n"))
      }
    }
  }

  @Test("no answer before there is a complete segment")
  func none() throws {
    let handler = try SyntheticHandler()
    handler.goLive(prefill: 0)
    handler.publish(frames: 29)
    let cache = handler.served.top.playlists
    #expect(cache.response(Self.key(), from: handler.snapshot) == nil)
    #expect(cache.response(Self.key(.chunked), from: handler.snapshot) == nil)
    handler.publish(frames: 1)
    #expect(cache.response(Self.key(), from: handler.snapshot) != nil)
    #expect(cache.response(Self.key(.chunked), from: handler.snapshot) != nil)
  }

  @Test(
    "readers on several threads while parts are published: each version at most once, never back")
  func race() throws {
    var stream = SyntheticStream(.thirty)
    stream.goLive(prefill: 10)
    let window = stream.window
    let cache = PlaylistCache(
      name: "live", names: MediaNames(.epoch, first: 1), window: window,
      control: ServerControl(segmentations: [.video(stream.segmentation)]))
    let stop = Locked(false)
    let readers = (0..<3).compactMap { index in
      OSThread(name: "reader") {
        var last = 0
        while !stop.withLock({ $0 }) {
          let form: PlaylistCache.Form = index == 0 ? .media(.full) : .media(.delta)
          guard let response = cache.response(Self.key(form), from: window.snapshot),
            let version = Int(response.header("X-Playlist-Version") ?? "")
          else {
            Issue.record("no playlist")
            return
          }
          if version < last { Issue.record("version \(version) after \(last)") }
          last = version
        }
      }
    }
    for _ in 0..<200 {
      stream.publish(parts: 1)
      SystemClock.sleep(until: SystemClock.monotonicTime + .microseconds(500))
    }
    stop.withLock { $0 = true }
    for reader in readers { reader.join() }
    // Two forms, at most once for each of 201 versions.
    #expect(cache.work.renderings <= 402)
    #expect(cache.work.compressions <= 402)
  }
}

@Suite("Media as ready-made responses", .blocking)
struct MediaResponseCacheTests {
  @Test("a response is created once; the cache releases evicted media and its bytes")
  func forget() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let cache = handler.served.media
    weak var bytes: SharedBytes?
    let number = handler.snapshot.segments[0].number
    do {
      let segment = try #require(handler.snapshot.segment(number))
      let part = try #require(handler.snapshot.part(0, of: number))
      #expect(cache.response(segment) === cache.response(segment))
      #expect(cache.response(part) === cache.response(part))
      bytes = segment.chunks.first?.bytes
    }
    #expect(bytes != nil)
    handler.publish(segments: 4)
    #expect(handler.snapshot.segment(number) != nil)
    #expect(bytes != nil)
    handler.publish(segments: 2)
    #expect(handler.snapshot.segment(number) == nil)
    #expect(bytes == nil)
  }

  @Test("bodies are the window's own bytes, never copies")
  func notCopied() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let segment = try #require(handler.snapshot.segments.first)
    let response = handler.served.media.response(segment)
    #expect(response.body.count == segment.chunks.count)
    for (slice, chunk) in zip(response.body, segment.chunks) {
      #expect(slice.bytes === chunk.bytes)
    }
  }
}
