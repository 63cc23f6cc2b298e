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
    func counter(_ name: String, _ help: String, _ value: UInt64) {
      out.family(name, "counter", help)
      out.sample(name, [], Double(value))
    }
    func histogram(_ name: String, _ help: String, _ value: Histogram) {
      out.family(name, "histogram", help)
      out.histogram(name, [], value)
    }
    counter("streamer_cmcd_requests_total", "Requests that carried CMCD.", requests)
    counter(
      "streamer_cmcd_starvations_total", "Requests that reported an empty buffer (bs).",
      starvations)
    counter(
      "streamer_cmcd_startups_total", "Requests needed to start or to recover (su).", startups)
    histogram(
      "streamer_cmcd_buffer_seconds", "Buffered media of players (bl).", bufferSeconds)
    histogram(
      "streamer_cmcd_deadline_seconds", "Time until the buffers of players are empty (dl).",
      deadlineSeconds)
    histogram(
      "streamer_cmcd_latency_seconds", "Latency measured by players (ltc).", latencySeconds)
    histogram(
      "streamer_cmcd_throughput_kilobits", "Throughput measured by players (mtp).",
      throughputKilobits)
    histogram("streamer_cmcd_playback_rate", "Playback rates (pr).", playbackRate)
  }
}
