import Dispatch
import HLSPackager
import HTTP
import Media
import Net
import Packaging
import Sharing
import TestSupport
import Testing

@testable import Server

@Suite("Playlists are rendered and compressed once for all who ask")
struct PlaylistShelfTests {
  private static func key(
    _ form: PlaylistShelf.Form = .media(.full), compressed: Bool = true,
    _ caching: ResponseFields.Caching = .second, depth: Route.Depth = .rendition
  ) -> PlaylistShelf.Key {
    PlaylistShelf.Key(form: form, depth: depth, isCompressed: compressed, caching: caching)
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
    let desk = try SyntheticDesk.live(parts: 4)
    let (shelf, snapshot) = (desk.served.playlists, desk.snapshot)
    let seen = Locked<Set<ObjectIdentifier>>([])
    DispatchQueue.concurrentPerform(iterations: 1000) { _ in
      guard let response = shelf.response(Self.key(), from: snapshot) else { return }
      seen.withLock { _ = $0.insert(ObjectIdentifier(response)) }
    }
    #expect(seen.withLock { $0.count } == 1)
    #expect(shelf.work == (1, 1))
  }

  @Test(
    "another lifetime is another head over the same body; another form, depth or coding another body"
  )
  func bodies() throws {
    let desk = try SyntheticDesk.live(parts: 4, playlistLength: 20)
    let (shelf, snapshot) = (desk.served.playlists, desk.snapshot)
    for caching in [ResponseFields.Caching.second, .noStore, .playlist(targetDuration: 1)] {
      for compressed in [true, false] {
        #expect(shelf.response(Self.key(compressed: compressed, caching), from: snapshot) != nil)
      }
    }
    #expect(shelf.work == (1, 1))
    _ = shelf.response(Self.key(depth: .root), from: snapshot)
    #expect(shelf.work == (2, 2))
    _ = shelf.response(Self.key(.media(.delta), compressed: false), from: snapshot)
    #expect(shelf.work == (3, 2))
    _ = shelf.response(Self.key(.chunked, compressed: false), from: snapshot)
    #expect(shelf.work == (4, 2))
  }

  @Test("a chunk that completes no part makes nothing new")
  func sameVersion() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let shelf = desk.served.playlists
    let first = shelf.response(Self.key(), from: desk.snapshot)
    desk.publish(frames: 2)
    #expect(shelf.response(Self.key(), from: desk.snapshot) === first)
    desk.publish(frames: 1)
    #expect(shelf.response(Self.key(), from: desk.snapshot) !== first)
  }

  @Test("a reader with an older snapshot gets the newer playlist, in whatever form it asks")
  func newerWins() throws {
    let desk = try SyntheticDesk.live(parts: 4, playlistLength: 20)
    let shelf = desk.served.playlists
    let old = desk.snapshot
    desk.publish(parts: 1)
    let new = desk.snapshot
    _ = shelf.response(Self.key(compressed: false), from: new)
    let forms: [PlaylistShelf.Form] = [.media(.full), .media(.delta), .media(.deltaWithDateRanges)]
    for form in forms {
      let late = try #require(shelf.response(Self.key(form, compressed: false), from: old))
      #expect(late.header("X-Playlist-Version") == "\(new.version)")
      #expect(Self.text(late).contains("segment\(desk.last + 1).4.m4s\",INDEPENDENT") == false)
      #expect(Self.text(late).contains("\"segment\(desk.last + 1).4.m4s\""))
      // Nor is what is kept for the others an old one.
      let other = try #require(shelf.response(Self.key(form, compressed: false), from: new))
      #expect(other === late)
    }
  }

  @Test("the end makes a new playlist at the same version; nothing older replaces it")
  func ended() throws {
    let desk = try SyntheticDesk.live()
    let shelf = desk.served.playlists
    let before = desk.snapshot
    _ = shelf.response(Self.key(compressed: false), from: before)
    _ = shelf.response(Self.key(.chunked, compressed: false), from: before)
    desk.end()
    for form in [PlaylistShelf.Form.media(.full), .chunked] {
      for snapshot in [desk.snapshot, before] {
        let response = shelf.response(Self.key(form, compressed: false), from: snapshot)
        #expect(Self.text(response).hasSuffix("#EXT-X-ENDLIST\n"))
      }
    }
  }

  @Test("no answer before there is a complete segment")
  func none() throws {
    let desk = try SyntheticDesk()
    desk.goLive(history: 0)
    desk.publish(frames: 29)
    let shelf = desk.served.playlists
    #expect(shelf.response(Self.key(), from: desk.snapshot) == nil)
    #expect(shelf.response(Self.key(.chunked), from: desk.snapshot) == nil)
    desk.publish(frames: 1)
    #expect(shelf.response(Self.key(), from: desk.snapshot) != nil)
    #expect(shelf.response(Self.key(.chunked), from: desk.snapshot) != nil)
  }

  @Test(
    "readers on several threads while parts are published: each version at most once, never back")
  func race() throws {
    var stream = SyntheticStream(.thirty)
    stream.goLive(history: 10)
    let window = stream.window
    let shelf = PlaylistShelf(
      name: "live", names: MediaNames(.epoch, first: 1), window: window,
      control: ServerControl(cadence: stream.cadence))
    let stop = Locked(false)
    let readers = (0..<3).compactMap { index in
      OSThread(name: "reader") {
        var last = 0
        while !stop.withLock({ $0 }) {
          let form: PlaylistShelf.Form = index == 0 ? .media(.full) : .media(.delta)
          guard let response = shelf.response(Self.key(form), from: window.snapshot),
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
      SystemClock.sleep(until: SystemClock.monotonic + 500_000)
    }
    stop.withLock { $0 = true }
    for reader in readers { reader.join() }
    // Two forms, at most once for each of 201 versions.
    #expect(shelf.work.renderings <= 402)
    #expect(shelf.work.compressions <= 402)
  }
}

@Suite("Media as ready-made responses")
struct MediaShelfTests {
  @Test("a response is made once; what the window let go of is let go of here, bytes and all")
  func forget() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let shelf = desk.served.media
    weak var bytes: SharedBytes?
    let number = desk.snapshot.segments[0].number
    do {
      let segment = try #require(desk.snapshot.segment(number))
      let part = try #require(desk.snapshot.part(0, of: number))
      #expect(shelf.response(segment) === shelf.response(segment))
      #expect(shelf.response(part) === shelf.response(part))
      bytes = segment.chunks.first?.bytes
    }
    #expect(bytes != nil)
    desk.publish(segments: 4)
    #expect(desk.snapshot.segment(number) != nil)
    #expect(bytes != nil)
    desk.publish(segments: 2)
    #expect(desk.snapshot.segment(number) == nil)
    #expect(bytes == nil)
  }

  @Test("bodies are the window's own bytes, never copies")
  func notCopied() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let segment = try #require(desk.snapshot.segments.first)
    let response = desk.served.media.response(segment)
    #expect(response.body.count == segment.chunks.count)
    for (slice, chunk) in zip(response.body, segment.chunks) {
      #expect(slice.bytes === chunk.bytes)
    }
  }
}
