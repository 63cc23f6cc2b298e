// SPDX-License-Identifier: Apache-2.0

import Net
import Publishing
import Statistics
import Time

/// The series of publishers, and of the links of SRT callers.
extension MetricsText {
  /// The clients that publish streams.
  func publishers(_ out: inout MetricLines, _ streams: [StreamEntry]) {
    let all = streams.compactMap { stream in
      stream.options.publishers.map { (name: stream.name, status: $0()) }
    }
    guard !all.isEmpty else { return }
    func family(
      _ name: String, _ kind: String, _ help: String, _ value: (PublishedStream.Status) -> Double
    ) {
      out.family(name, kind, help)
      for one in all { out.sample(name, [("stream", one.name)], value(one.status)) }
    }
    family("streamer_publisher_connected", "gauge", "Whether a client publishes the stream.") {
      $0.isConnected ? 1 : 0
    }
    family("streamer_publishers_total", "counter", "Clients that have published the stream.") {
      Double($0.count)
    }
    family("streamer_publisher_bytes_total", "counter", "Bytes of media from publishers.") {
      Double($0.bytes)
    }
    let faults = serverState.publishers.connections.faults
    let name = "streamer_publisher_faults_total"
    out.family(name, "counter", "RTMP connections refused or ended because of the client.")
    for fault in PublisherFault.allCases {
      out.sample(name, [("reason", fault.rawValue)], Double(faults[fault] ?? 0))
    }
    links(&out, all.compactMap { one in one.status.link.map { (one.name, $0) } })
  }

  /// The packets of publishers by SRT.
  private func links(_ out: inout MetricLines, _ all: [(stream: String, link: LinkStatistics)]) {
    guard !all.isEmpty else { return }
    func family(
      _ name: String, _ kind: String, _ help: String, _ value: (LinkStatistics) -> Double?
    ) {
      out.family("streamer_srt_" + name, kind, help)
      for one in all {
        guard let value = value(one.link) else { continue }
        out.sample("streamer_srt_" + name, [("stream", one.stream)], value)
      }
    }
    func counter(_ name: String, _ help: String, _ value: (LinkStatistics) -> UInt64) {
      family(name + "_packets_total", "counter", help) { Double(value($0)) }
    }
    counter("received", "Packets from publishers by SRT.") { $0.received }
    counter("lost", "Packets that were missing when a later one arrived.") { $0.lost }
    counter("retransmitted", "Packets that were sent again.") { $0.retransmitted }
    counter("dropped", "Packets that were missing at the end of the latency.") { $0.late }
    counter("overflow", "Packets dropped because the source did not read.") { $0.overflowed }
    family("round_trip_seconds", "gauge", "The round-trip time to the publisher.") {
      $0.roundTrip?.seconds
    }
  }
}
