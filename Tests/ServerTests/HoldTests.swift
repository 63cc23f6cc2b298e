// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Media
import Packaging
import Server
import ServerTestSupport
import Sharing
import Statistics
import TestSupport
import Testing

@Suite("Held requests: four ends, and clients that disconnect before")
struct HoldTests {
  private static let targets = [
    "playlist.m3u8?_HLS_msn={1}", "playlist.m3u8?_HLS_msn={1}&_HLS_part=4",
    "playlist.m3u8?wait=2000",
    "segment{1}.4.m4s", "segment{2}.m4s",
  ]

  private static func path(_ target: String, _ handler: SyntheticHandler) -> String {
    "/live/video/"
      + target.replacing("{1}", with: "\(handler.last + 1)").replacing(
        "{2}", with: "\(handler.last + 2)")
  }

  @Test("a request whose client disconnects is removed and not answered", arguments: targets)
  func gone(_ target: String) throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let exchange = try handler.ask(Self.path(target, handler))
    #expect(exchange.isHeld)
    #expect(handler.held == 1)
    exchange.go()
    handler.publish(frames: 1)
    #expect(handler.held == 0)
    handler.publish(segments: 3)
    handler.pass(60 * SyntheticHandler.second)
    handler.end()
    #expect(exchange.answers == 0)
  }

  @Test(
    "an exchange is released when it is answered and when its client disconnects",
    arguments: targets)
  func released(_ target: String) throws {
    let handler = try SyntheticHandler.live(parts: 4)
    weak var answered: FakeExchange?
    weak var gone: FakeExchange?
    try autoreleased {
      let path = Self.path(target, handler)
      let (one, two) = try (handler.ask(path), handler.ask(path))
      (answered, gone) = (one, two)
      two.go()
    }
    #expect(answered != nil)
    handler.publish(segments: 3)
    #expect(answered == nil)
    #expect(gone == nil)
  }

  private func autoreleased(_ body: () throws -> Void) rethrows { try body() }

  @Test("the client may disconnect while the stream starts")
  func goneWhileStarting() throws {
    let handler = try SyntheticHandler()
    let (stays, goes) = try (handler.playlist(), handler.playlist())
    goes.go()
    #expect(handler.held == 1)
    handler.goLive()
    #expect(stays.status == 200)
    #expect(goes.answers == 0)
  }

  @Test(
    "documents about all renditions wait for the last rendition",
    arguments: [
      "/both/playlist.m3u8", "/both/manifest.mpd", "/both/chunked.m3u8",
      "/ldash/play/both/manifest.mpd",
    ])
  func waitsForAudio(_ target: String) throws {
    var video = SyntheticStream(.thirty)
    let segmentation = try #require(
      AudioSegmentation(following: video.segmentation, sampleRate: 48_000))
    let audio = SyntheticAudio(segmentation, from: video.segmentation.segment(of: video.next))
    let both = ServedStream(
      name: "both", names: MediaNames(.epoch, first: 0),
      of: [("video", video.window), ("audio", audio.window)],
      control: ServerControl(segmentations: [.video(video.segmentation), .audio(segmentation)]))
    let handler = try SyntheticHandler(others: [both])
    video.goLive(prefill: 10)
    handler.requests.woken()
    let asked = try handler.ask(target)
    #expect(asked.isHeld, "video is live, audio is not")
    audio.window.goLive()
    handler.requests.woken()
    #expect(asked.status == 200 && asked.answers == 1)
    #expect(asked.text.contains("mp4a.40.2"))
  }

  @Test("a clip of video waits for the audio that it has")
  func clipWaitsForAudio() throws {
    var video = SyntheticStream(.thirty)
    let segmentation = try #require(
      AudioSegmentation(following: video.segmentation, sampleRate: 48_000))
    let audio = SyntheticAudio(segmentation, from: video.segmentation.segment(of: video.next))
    let both = ServedStream(
      name: "both", names: MediaNames(.epoch, first: 0),
      of: [("video", video.window), ("audio", audio.window)],
      control: ServerControl(segmentations: [.video(video.segmentation), .audio(segmentation)]))
    let handler = try SyntheticHandler(others: [both])
    video.goLive(prefill: 10)
    handler.requests.woken()
    // Before the window: it is refused as soon as all its renditions are known.
    let asked = try handler.ask("/both/clip/1000--1001.mp4")
    #expect(asked.isHeld, "video is live, audio is not")
    audio.window.goLive()
    handler.requests.woken()
    #expect(asked.status == 404 && asked.answers == 1)
  }

  @Test("one part releases a thousand requests in order, with one rendering")
  func thousand() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let path = "/live/video/playlist.m3u8?_HLS_msn=\(handler.last + 1)&_HLS_part=4"
    let before = handler.served.playlistWork
    let exchanges = try (0..<1000).map { _ in try handler.ask(path, ["Accept-Encoding: gzip"]) }
    #expect(handler.held == 1000)
    for exchange in exchanges[..<100] { exchange.go() }
    #expect(handler.held == 900)
    handler.publish(parts: 1)
    #expect(exchanges[100...].allSatisfy { $0.status == 200 && $0.answers == 1 })
    #expect(exchanges[..<100].allSatisfy { $0.answers == 0 })
    #expect(exchanges.last?.header("content-encoding") == "gzip")
    #expect(Set(exchanges[100...].map(\.body)).count == 1)
    let work = handler.served.playlistWork
    #expect(work.renderings == before.renderings + 1)
    #expect(work.compressions == before.compressions + 1)
    #expect(handler.held == 0)
    #expect(handler.counters.withLock { $0.holds.seconds[.playlist]?.counts.reduce(0, +) } == 900)
  }

  @Test("thousands of cancelled requests for one part leave no state")
  func manyCancelled() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let path = "/live/video/playlist.m3u8?_HLS_msn=\(handler.last + 1)"
    let stays = try handler.ask(path)
    weak var sample: FakeExchange?
    for _ in 0..<5000 {
      let exchange = try handler.ask(path)
      sample = exchange
      exchange.go()
    }
    #expect(sample == nil)
    #expect(handler.held == 1)
    handler.publish(parts: 6)
    #expect(stays.status == 200)
    #expect(handler.held == 0 && handler.nextDeadline == .max)
  }

  @Test("an event of another stream answers no request of this one")
  func otherStream() throws {
    var other = SyntheticStream(.thirty)
    let second = ServedStream(
      name: "second", names: MediaNames(.epoch, first: 1), of: [("video", other.window)],
      control: .init(segmentations: [.video(other.segmentation)]))
    let handler = try SyntheticHandler(others: [second])
    handler.goLive()
    other.goLive(prefill: 10)
    handler.requests.woken()
    let (here, there) = try (
      handler.playlist("_HLS_msn=\(handler.last + 1)&_HLS_part=0"),
      handler.ask("/second/video/playlist.m3u8?_HLS_msn=\(handler.last + 1)&_HLS_part=0")
    )
    #expect(handler.held == 2)
    other.publish(parts: 1)
    handler.requests.woken()
    #expect(there.status == 200 && here.isHeld)
    // Gauges of a loop add up over its streams.
    #expect(handler.held == 1)
    handler.publish(parts: 1)
    #expect(here.status == 200)
    #expect(handler.held == 0)
  }

  @Test(
    "after a suspension of minutes held requests are answered by publications or deadlines"
  )
  func standstill() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let (first, second) = try (
      handler.playlist("_HLS_msn=\(handler.last + 1)&_HLS_part=4"), handler.playlist("wait=1000")
    )
    // An iteration of the loop: publications first, then deadlines.
    handler.stream.publish(segments: 120)
    handler.requests.woken()
    handler.pass(120 * SyntheticHandler.second)
    #expect(first.status == 200 && second.status == 200)
    #expect(handler.held == 0)
  }

  @Test(
    "in all orders of requests and publications each request is answered once",
    arguments: UInt64(0)..<TestLength.of(short: 5, long: 20))
  func property(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let handler = try SyntheticHandler.live(parts: 4)
    var exchanges: [FakeExchange] = []
    for _ in 0..<400 {
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<3: handler.publish(frames: Int64.random(in: 1...7, using: &generator))
      case 3:
        for _ in 0..<3 { exchanges.randomElement(using: &generator)?.go() }
      case 4: handler.stream.publish(frames: Int64.random(in: 1...80, using: &generator))
      case 5 where Int.random(in: 0..<20, using: &generator) == 0: handler.stream.skip(2)
      default:
        let number = handler.last + Int64.random(in: -2...3, using: &generator)
        let part = Int64.random(in: 0...12, using: &generator)
        let target = [
          "playlist.m3u8?_HLS_msn=\(number)", "playlist.m3u8?_HLS_msn=\(number)&_HLS_part=\(part)",
          "playlist.m3u8?wait=\(part * 100)", "segment\(number).\(part).m4s",
          "segment\(number).m4s",
          "chunked.m3u8",
        ].randomElement(using: &generator)
        exchanges.append(try handler.ask("/live/video/\(target ?? "")"))
      }
    }
    if seed % 2 == 0 { handler.end() } else { handler.publish(segments: 6) }
    handler.pass(60 * SyntheticHandler.second)
    for exchange in exchanges {
      #expect(exchange.answers <= 1)
      #expect([.answered, .gone, .cut].contains(exchange.stage))
    }
    for exchange in exchanges where exchange.stage == .cut { exchange.go() }
    #expect(handler.held == 0)
  }
}
