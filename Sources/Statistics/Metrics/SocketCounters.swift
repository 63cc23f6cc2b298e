// SPDX-License-Identifier: Apache-2.0

/// The WebSockets of one loop.
package struct SocketCounters: Sendable {
  /// Open WebSockets.
  package var open = 0
  /// Chunks sent to viewers, those of a new viewer's start included.
  package var chunks: UInt64 = 0
  /// The sockets of one stream.
  package struct OfStream: Sendable {
    /// How often a viewer was too slow, and its chunks up to a key frame were dropped.
    package var skips: UInt64 = 0
    /// Bytes that wait for their connections.
    package var queuedBytes = 0

    package init() {}
  }
  /// The streams that have had sockets, by name, until their removal.
  package var streams: [String: OfStream] = [:]

  /// Adds the counts of another loop.
  package mutating func add(_ other: SocketCounters) {
    open += other.open
    chunks += other.chunks
    for (name, more) in other.streams {
      streams[name, default: OfStream()].skips += more.skips
      streams[name, default: OfStream()].queuedBytes += more.queuedBytes
    }
  }

  /// Writes the series of `/metrics`.
  package func write(to out: inout MetricLines) {
    out.family("streamer_websockets", "gauge", "Open WebSockets.")
    out.sample("streamer_websockets", [], Double(open))
    out.family("streamer_websocket_chunks_total", "counter", "Chunks sent over WebSockets.")
    out.sample("streamer_websocket_chunks_total", [], Double(chunks))
    out.family(
      "streamer_websocket_skips_total", "counter",
      "Times the chunks of a slow viewer were dropped up to a key frame.")
    let sorted = streams.sorted { $0.key < $1.key }
    for (name, counts) in sorted {
      out.sample("streamer_websocket_skips_total", [("stream", name)], Double(counts.skips))
    }
    out.family(
      "streamer_websocket_queue_bytes", "gauge",
      "Bytes that wait for the connections of WebSockets.")
    for (name, counts) in sorted {
      out.sample("streamer_websocket_queue_bytes", [("stream", name)], Double(counts.queuedBytes))
    }
  }
}
