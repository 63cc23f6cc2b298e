// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Logging
package import Media
package import Net
package import Packaging
package import Server
package import Sharing
package import Statistics
package import TestSupport
import Testing
import Time

/// The router of one loop over synthetic streams, without a socket, a thread or a clock.
package final class SyntheticHandler {
  package static let second: Int64 = 1_000_000_000
  /// FNV-1a of the synthetic header.
  package static let headerHash = {
    let hash = "header".utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }()

  package var stream: SyntheticStream
  package let served: ServedStream
  package let serverState: ServerState
  package let loop: EventLoop
  package let requests: RequestRouter
  package let counters: Locked<ServerCounters>
  package let viewers: HTTPViewers
  /// The requests whose body the test supplies in pieces.
  private var uploads: [FakeExchange] = []

  /// The pages, compressed once for all tests.
  private static let page = PageFiles(
    PageFiles.Pages(
      player: Array("<html>".utf8), list: Array("<ul>".utf8), wall: Array("<main>".utf8),
      statistics: Array("<p>".utf8)),
    module: [
      "live-player.js": Array("export {}".utf8), "live-player.d.ts": Array("export {}".utf8),
      "live-player-later.js": Array("export {}".utf8),
    ], scripts: ["hls.js": Array("//".utf8)])

  /// Segments of one second with ten parts of three frames; nothing is published yet.
  package init(
    _ rate: FrameRate = .thirty, segment: Int64 = 1_000_000, playlistLength: Int = 10,
    numbering: MediaNames.Numbering = .epoch, others: [ServedStream] = [],
    options: ServingOptions = ServingOptions(),
    serving: StreamServingOptions = StreamServingOptions(), maximumGroupTime: Int64? = nil,
    clock: ManualClock? = nil, rows: SegmentRows? = nil, after earlier: WindowEnd? = nil,
    pages: PageFiles? = nil
  ) throws {
    var options = options
    options.hostNames.insert("x")
    stream = SyntheticStream(
      rate, segment: segment, playlistLength: playlistLength, retained: playlistLength + 4,
      maximumGroupTime: maximumGroupTime, after: earlier)
    served = ServedStream(
      name: "live",
      names: MediaNames(numbering, first: stream.segmentation.segment(of: stream.next)),
      of: [("video", stream.window)],
      control: ServerControl(
        segmentations: [.video(stream.segmentation)],
        targetDurationAtLeast: earlier?.targetDuration ?? 0),
      options: serving, root: options.playlistRoot(serving))
    serverState = ServerState(
      page: pages ?? Self.page, options: options, version: "1.2.3",
      log: Log(format: .text, least: .error) { _ in }, segmentRows: rows)
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
  package static func live(
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
  package var now: Int64 { loop.now.nanoseconds }

  /// The next deadline of the router in nanoseconds; `.max` without a deadline.
  package var nextDeadline: Int64 { requests.nextDeadline.nanoseconds }
  package var snapshot: WindowSnapshot { served.window.snapshot }
  /// The newest complete segment.
  package var last: Int64 { snapshot.segments.last?.number ?? -1 }

  package func ask(
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

  /// Ends the pause of requests for segments that begin too late, which are refused then.
  package func endPause() { requests.expire(loop.now + .seconds(1)) }

  /// A playlist of the rendition.
  package func playlist(_ query: String = "", _ fields: [String] = []) throws -> FakeExchange {
    try ask("/live/video/playlist.m3u8" + (query.isEmpty ? "" : "?" + query), fields)
  }

  package func media(_ name: String, method: String = "GET", version: String = "1.1") throws
    -> FakeExchange
  {
    try ask("/live/video/" + name, method: method, version: version)
  }

  package func goLive(prefill: Int64 = 10) {
    stream.goLive(prefill: prefill)
    requests.woken()
  }

  package func publish(frames: Int64) {
    for _ in 0..<frames {
      stream.publish(frames: 1)
      requests.woken()
    }
  }

  /// Publishes a group of frames, for segments with variable duration.
  package func publish(group: Int64) {
    stream.publish(group: 1)
    requests.woken()
    publish(more: group - 1)
  }

  package func publish(more: Int64) {
    for _ in 0..<more {
      stream.publish(more: 1)
      requests.woken()
    }
  }

  package func publish(parts: Int64) {
    for _ in 0..<parts {
      stream.publish(parts: 1)
      requests.woken()
    }
  }

  package func publish(segments: Int64) {
    for _ in 0..<segments {
      stream.publish(segments: 1)
      requests.woken()
    }
  }

  /// Removes all streams.
  package func removeStreams() {
    serverState.change { $0.removeAll() }
    requests.woken()
  }

  package func end() {
    served.window.end()
    requests.woken()
  }

  /// Expires the requests whose deadline is within `nanoseconds`.
  package func pass(_ nanoseconds: Int64) {
    requests.expire(MonotonicTime(nanoseconds: now + nanoseconds))
  }

  package var held: Int { counters.withLock { $0.holds.waiting.values.reduce(0, +) } }
}
