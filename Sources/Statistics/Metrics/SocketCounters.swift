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
    out.add("streamer_websockets", "Open WebSockets.", open)
    out.add("streamer_websocket_chunks_total", "Chunks sent over WebSockets.", chunks)
    let all = streams.sorted { $0.key < $1.key }.map {
      (labels: [("stream", $0.key)], value: $0.value)
    }
    out.add(
      "streamer_websocket_skips_total",
      "Times the chunks of a slow viewer were dropped up to a key frame.",
      all.map { ($0.labels, Double($0.value.skips)) })
    out.add(
      "streamer_websocket_queue_bytes", "Bytes that wait for the connections of WebSockets.",
      all.map { ($0.labels, Double($0.value.queuedBytes)) })
  }
}
