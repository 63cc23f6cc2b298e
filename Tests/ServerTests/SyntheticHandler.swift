// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Logging
import Media
import Net
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Server
@testable import Statistics

/// The router of one loop over synthetic streams, without a socket, a thread or a clock.
final class SyntheticHandler {
  static let second: Int64 = 1_000_000_000
  /// FNV-1a of the synthetic header.
  static let headerHash = {
    let hash = "header".utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }()

  var stream: SyntheticStream
  let served: ServedStream
  let serverState: ServerState
  let loop: EventLoop
  let requests: RequestRouter
  let counters: Locked<ServerCounters>
  let viewers: HTTPViewers
  /// The requests whose body the test supplies in pieces.
  private var uploads: [FakeExchange] = []

  /// Segments of one second with ten parts of three frames; nothing is published yet.
  init(
    _ rate: FrameRate = .thirty, segment: Int64 = 1_000_000, playlistLength: Int = 10,
    numbering: MediaNames.Numbering = .epoch, others: [ServedStream] = [],
    options: ServingOptions = ServingOptions(),
    serving: StreamServingOptions = StreamServingOptions(), maximumGroupTime: Int64? = nil,
    clock: ManualClock? = nil, rows: SegmentRows? = nil
  ) throws {
    var options = options
    options.hostNames.insert("x")
    stream = SyntheticStream(
      rate, segment: segment, playlistLength: playlistLength, retained: playlistLength + 4,
      maximumGroupTime: maximumGroupTime)
    served = ServedStream(
      name: "live",
      names: MediaNames(numbering, first: stream.segmentation.segment(of: stream.next)),
      windows: [("video", stream.window)],
      control: ServerControl(segmentations: [.video(stream.segmentation)]),
      options: serving)
    serverState = ServerState(
      page: PageFiles(
        PageFiles.Pages(
          player: Array("<html>".utf8), list: Array("<ul>".utf8), wall: Array("<main>".utf8),
          statistics: Array("<p>".utf8)),
        module: [
          "live-player.js": Array("export {}".utf8), "live-player.d.ts": Array("export {}".utf8),
          "live-player-later.js": Array("export {}".utf8),
        ], scripts: ["hls.js": Array("//".utf8)]),
      options: options,
      version: "1.2.3", log: Log(format: .text, least: .error) { _ in }, segmentRows: rows)
    let streams = [served] + others
    serverState.change { entries in
      entries = streams.map {
        StreamEntry(name: $0.name, state: .served($0), supervisor: nil, options: $0.options)
      }
    }
    if let clock {
      loop = try EventLoop(index: 0) { clock.now }
    } else {
      loop = try EventLoop(index: 0)
    }
    counters = serverState.counters()
    viewers = serverState.viewers.newLoop()
    requests = RequestRouter(serverState, loop: loop, counters: counters, viewers: viewers)
  }

  deinit { for upload in uploads { upload.cutBody() } }

  /// A router whose window is full, with `parts` parts of the open segment.
  static func live(
    parts: Int64 = 0, segment: Int64 = 1_000_000, playlistLength: Int = 10,
    numbering: MediaNames.Numbering = .epoch
  ) throws -> SyntheticHandler {
    let handler = try SyntheticHandler(
      segment: segment, playlistLength: playlistLength, numbering: numbering)
    handler.goLive()
    handler.publish(parts: parts)
    return handler
  }

  /// The loop's clock, which does not advance.
  var now: Int64 { loop.now.nanoseconds }

  /// The next deadline of the router in nanoseconds; `.max` without a deadline.
  var nextDeadline: Int64 { requests.nextDeadline.nanoseconds }
  var snapshot: WindowSnapshot { served.window.snapshot }
  /// The newest complete segment.
  var last: Int64 { snapshot.segments.last?.number ?? -1 }

  func ask(
    _ target: String, method: String = "GET", _ fields: [String] = [], version: String = "1.1",
    body: String? = "", host: String = "x", peer: PeerAddress = .none,
    stream: (any ByteStream)? = nil
  ) throws -> FakeExchange {
    let lines = ["\(method) \(target) HTTP/\(version)", "Host: \(host)"] + fields
    let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    var parser = RequestHeadParser()
    var position = 0
    let exchange = FakeExchange(try #require(try parser.next(bytes.span, &position, peer: peer)))
    exchange.requestBody = Array((body ?? "").utf8)
    exchange.isBodyOpen = body == nil
    exchange.connectionStream = stream
    if exchange.isBodyOpen { uploads.append(exchange) }
    requests.handle(exchange)
    return exchange
  }

  /// A playlist of the rendition.
  func playlist(_ query: String = "", _ fields: [String] = []) throws -> FakeExchange {
    try ask("/live/video/playlist.m3u8" + (query.isEmpty ? "" : "?" + query), fields)
  }

  func media(_ name: String, method: String = "GET", version: String = "1.1") throws -> FakeExchange
  {
    try ask("/live/video/" + name, method: method, version: version)
  }

  func goLive(prefill: Int64 = 10) {
    stream.goLive(prefill: prefill)
    requests.woken()
  }

  func publish(frames: Int64) {
    for _ in 0..<frames {
      stream.publish(frames: 1)
      requests.woken()
    }
  }

  /// Publishes a group of frames, for segments with variable duration.
  func publish(group: Int64) {
    stream.publish(group: 1)
    requests.woken()
    publish(more: group - 1)
  }

  func publish(more: Int64) {
    for _ in 0..<more {
      stream.publish(more: 1)
      requests.woken()
    }
  }

  func publish(parts: Int64) {
    for _ in 0..<parts {
      stream.publish(parts: 1)
      requests.woken()
    }
  }

  func publish(segments: Int64) {
    for _ in 0..<segments {
      stream.publish(segments: 1)
      requests.woken()
    }
  }

  /// Removes all streams.
  func removeStreams() {
    serverState.change { $0.removeAll() }
    requests.woken()
  }

  func end() {
    served.window.end()
    requests.woken()
  }

  /// Expires the requests whose deadline is within `nanoseconds`.
  func pass(_ nanoseconds: Int64) { requests.expire(MonotonicTime(nanoseconds: now + nanoseconds)) }

  var held: Int { counters.withLock { $0.holds.waiting.values.reduce(0, +) } }
}
