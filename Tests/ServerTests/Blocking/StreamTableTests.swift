// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Media
import Net
import Server
import ServerTestSupport
import Sharing
import Streams
import TestSupport
import Testing
import Time

@Suite("Streams that are added and removed", .blocking)
struct StreamTableTests {
  private static let log = Log(format: .text, least: .error) { _ in }

  /// A stream that was not started: its phase stays idle.
  private func supervisor(_ name: String, onDemand: Bool = false) -> StreamSupervisor {
    var plan = StreamPlan(name: name) { _ throws(SessionFailure) in throw .late }
    plan.isOnDemand = onDemand
    return StreamSupervisor(plan, log: Self.log)
  }

  @Test("requests for a starting stream are held for 8 s, then 503 with Retry-After")
  func held() throws {
    let handler = try SyntheticHandler.live()
    handler.serverState.add(supervisor("late"))
    handler.requests.woken()
    let asked = try [
      handler.ask("/late/playlist.m3u8"), handler.ask("/late/video/playlist.m3u8"),
      handler.ask("/late/manifest.mpd"), handler.ask("/late/chunked.m3u8"),
      handler.ask("/late/video/segment1.m4s"), handler.ask("/late/video/init-0.mp4"),
    ]
    #expect(asked.allSatisfy { $0.isHeld })
    #expect(handler.held == 6)
    handler.pass(7_900_000_000)
    #expect(asked.allSatisfy { $0.isHeld })
    handler.pass(8_000_000_000)
    #expect(asked.allSatisfy { $0.status == 503 && $0.header("retry-after") != nil })
    #expect(handler.held == 0 && asked.allSatisfy { $0.answers == 1 })
  }

  @Test("how far viewers may go back is stated at once, while other requests are held")
  func extent() throws {
    let handler = try SyntheticHandler.live()
    handler.serverState.add(supervisor("late"))
    handler.requests.woken()
    #expect(try handler.ask("/late/playlist.m3u8").isHeld)
    let asked = try handler.ask("/late/dvr.json")
    #expect(asked.status == 200 && asked.text.hasSuffix(",\"archive\":false}\n"))
    #expect(handler.held == 1)
  }

  @Test("other streams are not affected")
  func others() throws {
    let handler = try SyntheticHandler.live()
    handler.serverState.add(supervisor("late"))
    handler.requests.woken()
    let here = try handler.playlist("_HLS_msn=\(handler.last + 1)&_HLS_part=0")
    let late = try handler.ask("/late/playlist.m3u8")
    handler.publish(parts: 1)
    #expect(here.status == 200 && late.isHeld)
  }

  @Test(
    "a stream that cannot start is 503 without its reason, also in readiness and metrics")
  func failed() throws {
    let handler = try SyntheticHandler.live()
    var plan = StreamPlan(name: "broken") { _ throws(SessionFailure) in
      throw .source("rtsp://user:secret@127.0.0.1/cam is not there")
    }
    plan.isRetried = true
    let stream = StreamSupervisor(plan, log: Self.log)
    handler.serverState.add(stream)
    handler.requests.woken()
    let before = try handler.ask("/broken/playlist.m3u8")
    #expect(before.isHeld)
    stream.start()
    let deadline = MonotonicTime.hangLimit
    while SystemClock.monotonicTime < deadline {
      if case .failed = stream.phase { break }
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(1))
    }
    handler.requests.woken()
    let after = try handler.ask("/broken/video/playlist.m3u8")
    for exchange in [before, after] {
      #expect(exchange.status == 503)
      #expect(exchange.text.contains("cannot start: the source has failed"))
      #expect(!exchange.text.contains("secret") && !exchange.text.contains("cam"))
      #expect(exchange.header("retry-after") != nil)
    }
    #expect(try handler.playlist().status == 200)
    let metrics = try handler.ask("/metrics").text
    #expect(metrics.contains(#"streamer_stream_state{stream="broken",state="failed"} 1"#))
    #expect(metrics.contains(#"streamer_stream_online{stream="broken"} 0"#))
    #expect(metrics.contains(#"streamer_stream_state{stream="live",state="live"} 1"#))
    // If no stream is playable, readiness gives the reasons.
    handler.end()
    let ready = try handler.ask("/ready")
    #expect(ready.status == 503 && ready.text.contains("broken: cannot start"))
    #expect(!ready.text.contains("secret") && !ready.text.contains("cam"))
    stream.beginClosing(isEnding: true)
    #expect(stream.waitUntilClosed(until: .hangLimit))
  }

  @Test("requests held for a removed stream get 404")
  func removed() throws {
    let handler = try SyntheticHandler.live()
    let stream = supervisor("short")
    handler.serverState.add(stream)
    handler.requests.woken()
    let held = try handler.ask("/short/playlist.m3u8")
    #expect(held.isHeld)
    handler.serverState.remove(stream)
    handler.requests.woken()
    #expect(held.status == 404 && held.answers == 1)
    #expect(try handler.ask("/short/playlist.m3u8").status == 404)
    #expect(handler.held == 0)
  }

  @Test("unknown names are 404 at once")
  func unknown() throws {
    let handler = try SyntheticHandler.live()
    for path in [
      "/unknown/playlist.m3u8", "/unknown/manifest.mpd", "/unknown/video/segment1.m4s",
      "/unknown/",
    ] {
      #expect(try handler.ask(path).status == 404)
    }
  }

  @Test("a stream on demand that is idle counts as ready")
  func idleIsReady() throws {
    let handler = try SyntheticHandler()
    handler.serverState.add(supervisor("asleep", onDemand: true))
    #expect(try handler.ask("/ready").status == 200)
    #expect(try handler.ask("/metrics").text.contains(#"state="idle"} 1"#))
  }

  @Test(
    "playlists, MPDs and media start a stream on demand; other requests do not",
    arguments: [
      ("/asleep/playlist.m3u8", true), ("/asleep/video/playlist.m3u8", true),
      ("/asleep/chunked.m3u8", true), ("/asleep/manifest.mpd", true),
      ("/asleep/video/segment1.m4s", true), ("/asleep/video/segment1.0.m4s", true),
      ("/asleep/video/init-00000000.mp4", true),
      ("/asleep/timestamps.json", false), ("/asleep/", false), ("/metrics", false),
      ("/ready", false), ("/health", false), ("/asleep/video/favicon.ico", false),
    ])
  func counts(path: String, starts: Bool) throws {
    let handler = try SyntheticHandler.live()
    let begun = Locked(0)
    let release = Monitor(false)
    var plan = StreamPlan(name: "asleep") { _ throws(SessionFailure) in
      begun.withLock { $0 += 1 }
      _ = release.wait { $0 ? true : nil }
      throw .late
    }
    plan.isOnDemand = true
    let stream = StreamSupervisor(plan, log: Self.log)
    handler.serverState.add(stream)
    stream.start()
    handler.requests.woken()
    let first = try handler.ask(path)
    #expect(first.isHeld == starts)
    if starts {
      _ = try handler.ask(path)
      let deadline = MonotonicTime.hangLimit
      while begun.withLock({ $0 }) == 0, SystemClock.monotonicTime < deadline {
        SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(1))
      }
    } else {
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(30))
    }
    #expect(begun.withLock { $0 } == (starts ? 1 : 0))
    release.update { $0 = true }
    stream.beginClosing(isEnding: true)
    #expect(stream.waitUntilClosed(until: .hangLimit))
  }
}

extension SessionFailure {
  /// The failure of a stream without a source.
  fileprivate static let late = SessionFailure.source("there is nothing")
}
