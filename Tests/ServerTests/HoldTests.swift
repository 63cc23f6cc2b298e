import HLSPackager
import HTTP
import Media
import Packaging
import Sharing
import TestSupport
import Testing

@testable import Server

@Suite("Held requests: four ends, and clients that go before")
struct HoldTests {
  private static let targets = [
    "playlist.m3u8?_HLS_msn={1}", "playlist.m3u8?_HLS_msn={1}&_HLS_part=4",
    "playlist.m3u8?wait=2000",
    "segment{1}.4.m4s", "segment{2}.m4s",
  ]

  private static func path(_ target: String, _ desk: SyntheticDesk) -> String {
    "/live/video/"
      + target.replacing("{1}", with: "\(desk.last + 1)").replacing("{2}", with: "\(desk.last + 2)")
  }

  @Test("a client that goes is forgotten, and nothing is answered to it", arguments: targets)
  func gone(_ target: String) throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let exchange = try desk.ask(Self.path(target, desk))
    #expect(exchange.isHeld)
    #expect(desk.held == 1)
    exchange.go()
    desk.publish(frames: 1)
    #expect(desk.held == 0)
    desk.publish(segments: 3)
    desk.pass(60 * SyntheticDesk.second)
    desk.end()
    #expect(exchange.answers == 0)
  }

  @Test(
    "an exchange is let go of when it is answered, and when its client goes", arguments: targets)
  func released(_ target: String) throws {
    let desk = try SyntheticDesk.live(parts: 4)
    weak var answered: FakeExchange?
    weak var gone: FakeExchange?
    try autoreleased {
      let path = Self.path(target, desk)
      let (one, two) = try (desk.ask(path), desk.ask(path))
      (answered, gone) = (one, two)
      two.go()
    }
    #expect(answered != nil)
    desk.publish(segments: 3)
    #expect(answered == nil)
    #expect(gone == nil)
  }

  private func autoreleased(_ body: () throws -> Void) rethrows { try body() }

  @Test("the client may go while the stream starts")
  func goneWhileStarting() throws {
    let desk = try SyntheticDesk()
    let (stays, goes) = try (desk.playlist(), desk.playlist())
    goes.go()
    #expect(desk.held == 1)
    desk.goLive()
    #expect(stays.status == 200)
    #expect(goes.answers == 0)
  }

  @Test(
    "what names all renditions waits for the last of them",
    arguments: [
      "/both/playlist.m3u8", "/both/manifest.mpd", "/both/chunked.m3u8",
      "/ldash/play/both/manifest.mpd",
    ])
  func waitsForSound(_ target: String) throws {
    var video = SyntheticStream(.thirty)
    let cadence = try #require(AudioCadence(following: video.cadence, sampleRate: 48_000))
    let sound = SyntheticSound(cadence, from: video.cadence.segment(of: video.next))
    let both = ServedStream(
      name: "both", names: MediaNames(.epoch, first: 0),
      windows: [("video", video.window), ("audio", sound.window)],
      control: ServerControl(cadences: [.video(video.cadence), .audio(cadence)]))
    let desk = try SyntheticDesk(others: [both])
    video.goLive(history: 10)
    desk.requests.woken()
    let asked = try desk.ask(target)
    #expect(asked.isHeld, "the pictures are there, the sound is not")
    sound.window.goLive()
    desk.requests.woken()
    #expect(asked.status == 200 && asked.answers == 1)
    #expect(asked.text.contains("mp4a.40.2"))
  }

  @Test("a thousand are freed by one part, in the order in which they came, with one rendering")
  func thousand() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let path = "/live/video/playlist.m3u8?_HLS_msn=\(desk.last + 1)&_HLS_part=4"
    let before = desk.served.playlists.work
    let exchanges = try (0..<1000).map { _ in try desk.ask(path, ["Accept-Encoding: gzip"]) }
    #expect(desk.held == 1000)
    for exchange in exchanges[..<100] { exchange.go() }
    #expect(desk.held == 900)
    desk.publish(parts: 1)
    #expect(exchanges[100...].allSatisfy { $0.status == 200 && $0.answers == 1 })
    #expect(exchanges[..<100].allSatisfy { $0.answers == 0 })
    #expect(exchanges.last?.header("content-encoding") == "gzip")
    #expect(Set(exchanges[100...].map(\.body)).count == 1)
    let work = desk.served.playlists.work
    #expect(work.renderings == before.renderings + 1)
    #expect(work.compressions == before.compressions + 1)
    #expect(desk.held == 0)
    #expect(desk.counters.withLock { $0.holds.seconds[.playlist]?.counts.reduce(0, +) } == 900)
  }

  @Test("thousands that come and go at the same part leave nothing behind")
  func manyCancelled() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let path = "/live/video/playlist.m3u8?_HLS_msn=\(desk.last + 1)"
    let stays = try desk.ask(path)
    weak var sample: FakeExchange?
    for _ in 0..<5000 {
      let exchange = try desk.ask(path)
      sample = exchange
      exchange.go()
    }
    #expect(sample == nil)
    #expect(desk.held == 1)
    desk.publish(parts: 6)
    #expect(stays.status == 200)
    #expect(desk.held == 0 && desk.requests.nextDeadline == .max)
  }

  @Test("a turn for another stream answers nobody here")
  func otherStream() throws {
    var other = SyntheticStream(.thirty)
    let second = ServedStream(
      name: "second", names: MediaNames(.epoch, first: 1), window: other.window,
      control: .init(cadence: other.cadence))
    let desk = try SyntheticDesk(others: [second])
    desk.goLive()
    other.goLive(history: 10)
    desk.requests.woken()
    let (here, there) = try (
      desk.playlist("_HLS_msn=\(desk.last + 1)&_HLS_part=0"),
      desk.ask("/second/video/playlist.m3u8?_HLS_msn=\(desk.last + 1)&_HLS_part=0")
    )
    #expect(desk.held == 2)
    other.publish(parts: 1)
    desk.requests.woken()
    #expect(there.status == 200 && here.isHeld)
    // Gauges of a loop add up over its streams.
    #expect(desk.held == 1)
    desk.publish(parts: 1)
    #expect(here.status == 200)
    #expect(desk.held == 0)
  }

  @Test(
    "after a standstill of minutes those who waited are answered, by what was published or by the deadline"
  )
  func standstill() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let (first, second) = try (
      desk.playlist("_HLS_msn=\(desk.last + 1)&_HLS_part=4"), desk.playlist("wait=1000")
    )
    // A turn of the loop: who was woken comes before who is late.
    desk.stream.publish(segments: 120)
    desk.requests.woken()
    desk.pass(120 * SyntheticDesk.second)
    #expect(first.status == 200 && second.status == 200)
    #expect(desk.held == 0)
  }

  @Test(
    "whatever is asked and published, each is answered once and in the end nobody is left",
    arguments: UInt64(0)..<20)
  func property(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let desk = try SyntheticDesk.live(parts: 4)
    var exchanges: [FakeExchange] = []
    for _ in 0..<400 {
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<3: desk.publish(frames: Int64.random(in: 1...7, using: &generator))
      case 3:
        for _ in 0..<3 { exchanges.randomElement(using: &generator)?.go() }
      case 4: desk.stream.publish(frames: Int64.random(in: 1...80, using: &generator))
      case 5 where Int.random(in: 0..<20, using: &generator) == 0: desk.stream.skip(2)
      default:
        let number = desk.last + Int64.random(in: -2...3, using: &generator)
        let part = Int64.random(in: 0...12, using: &generator)
        let target = [
          "playlist.m3u8?_HLS_msn=\(number)", "playlist.m3u8?_HLS_msn=\(number)&_HLS_part=\(part)",
          "playlist.m3u8?wait=\(part * 100)", "segment\(number).\(part).m4s",
          "segment\(number).m4s",
          "chunked.m3u8",
        ].randomElement(using: &generator)
        exchanges.append(try desk.ask("/live/video/\(target ?? "")"))
      }
    }
    if seed % 2 == 0 { desk.end() } else { desk.publish(segments: 6) }
    desk.pass(60 * SyntheticDesk.second)
    for exchange in exchanges {
      #expect(exchange.answers <= 1)
      #expect([.answered, .gone, .cut].contains(exchange.stage))
    }
    for exchange in exchanges where exchange.stage == .cut { exchange.go() }
    #expect(desk.held == 0)
  }
}
