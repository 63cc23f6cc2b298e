// SPDX-License-Identifier: Apache-2.0

/// The WebSockets of one loop.
struct SocketCounters: Sendable {
  /// Open WebSockets.
  var open = 0
  /// Chunks sent to viewers, those of a new viewer's start included.
  var chunks: UInt64 = 0
  /// How often a viewer was too slow, and its chunks up to a key frame were dropped.
  var skips: UInt64 = 0

  /// Adds the counts of another loop.
  mutating func add(_ other: SocketCounters) {
    open += other.open
    chunks += other.chunks
    skips += other.skips
  }

  /// Writes the series of `/metrics`.
  func write(to out: inout MetricLines) {
    out.family("streamer_websockets", "gauge", "Open WebSockets.")
    out.sample("streamer_websockets", [], Double(open))
    out.family("streamer_websocket_chunks_total", "counter", "Chunks sent over WebSockets.")
    out.sample("streamer_websocket_chunks_total", [], Double(chunks))
    out.family(
      "streamer_websocket_skips_total", "counter",
      "Times the chunks of a slow viewer were dropped up to a key frame.")
    out.sample("streamer_websocket_skips_total", [], Double(skips))
  }
}
