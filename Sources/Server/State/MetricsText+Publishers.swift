// SPDX-License-Identifier: Apache-2.0

import Publishing
import Statistics
import Time

/// The metrics of publishers, and of the links of SRT callers.
extension MetricsText {
  /// The clients that publish streams.
  func publishers(_ out: inout MetricLines, _ streams: [StreamEntry]) {
    let all = streams.compactMap { stream in
      stream.options.publishers.map { (labels: [("stream", stream.name)], value: $0()) }
    }
    guard !all.isEmpty else { return }
    out.add(
      "streamer_publisher_connected", "Whether a client publishes the stream.",
      all.map { ($0.labels, $0.value.isConnected ? 1 : 0) })
    out.add(
      all, "streamer_",
      counters: [
        ("publishers", "Clients that have published the stream.", \.count),
        ("publisher_bytes", "Bytes of media from publishers.", \.bytes),
      ])
    let faults = serverState.publishers.connections.faults
    out.add(
      "streamer_publisher_faults_total",
      "RTMP connections refused or ended because of the client.",
      PublisherFault.allCases.map { ([("reason", $0.rawValue)], Double(faults[$0] ?? 0)) })
    let links = all.compactMap { one in one.value.link.map { (one.labels, $0) } }
    guard !links.isEmpty else { return }
    out.add(
      links, "streamer_srt_",
      counters: [
        ("received_packets", "Packets from publishers by SRT.", \.received),
        ("lost_packets", "Packets that were missing when a later one arrived.", \.lost),
        ("retransmitted_packets", "Packets that were sent again.", \.retransmitted),
        ("dropped_packets", "Packets that were missing at the end of the latency.", \.late),
        ("overflow_packets", "Packets dropped because the source did not read.", \.overflowed),
      ])
    out.add(
      "streamer_srt_round_trip_seconds", "The round-trip time to the publisher.",
      links.compactMap { link in link.1.roundTrip.map { (link.0, $0.seconds) } })
  }
}
