// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// The reports of players (CMCD).
///
/// The series have no labels, so no client can add series.
package struct PlayerCounters: Sendable {
  package var requests: UInt64 = 0
  var starvations: UInt64 = 0
  var startups: UInt64 = 0
  var bufferSeconds = Histogram.seconds
  var deadlineSeconds = Histogram.seconds
  var latencySeconds = Histogram(bounds: [0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30])
  package var throughputKilobits = Histogram(
    bounds: [250, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000])
  package var playbackRate = Histogram(bounds: [
    0, 0.5, 0.9, 0.96, 0.99, 1, 1.01, 1.04, 1.1, 1.5, 2,
  ])

  /// Counts the report of one request.
  package mutating func observe(_ report: CMCDReport) {
    requests += 1
    if report.starved { starvations += 1 }
    if report.startup { startups += 1 }
    if let value = report.bufferMilliseconds { bufferSeconds.observe(value / 1000) }
    if let value = report.deadlineMilliseconds { deadlineSeconds.observe(value / 1000) }
    if let value = report.latencyMilliseconds { latencySeconds.observe(value / 1000) }
    if let value = report.throughputKilobits { throughputKilobits.observe(value) }
    if let value = report.playbackRate { playbackRate.observe(value) }
  }

  /// Adds the counts of another loop.
  package mutating func add(_ other: PlayerCounters) {
    requests += other.requests
    starvations += other.starvations
    startups += other.startups
    bufferSeconds.add(other.bufferSeconds)
    deadlineSeconds.add(other.deadlineSeconds)
    latencySeconds.add(other.latencySeconds)
    throughputKilobits.add(other.throughputKilobits)
    playbackRate.add(other.playbackRate)
  }

  /// Writes the series of `/metrics`.
  package func write(to out: inout MetricLines) {
    out.add("streamer_cmcd_requests_total", "Requests that carried CMCD.", requests)
    out.add(
      "streamer_cmcd_starvations_total", "Requests that reported an empty buffer (bs).",
      starvations)
    out.add(
      "streamer_cmcd_startups_total", "Requests needed to start or to recover (su).", startups)
    for (name, help, value) in [
      ("buffer_seconds", "Buffered media of players (bl).", bufferSeconds),
      ("deadline_seconds", "Time until the buffers of players are empty (dl).", deadlineSeconds),
      ("latency_seconds", "Latency measured by players (ltc).", latencySeconds),
      ("throughput_kilobits", "Throughput measured by players (mtp).", throughputKilobits),
      ("playback_rate", "Playback rates (pr).", playbackRate),
    ] { out.add("streamer_cmcd_\(name)", help, histograms: [([], value)]) }
  }
}
