// SPDX-License-Identifier: Apache-2.0

import Archive
import Statistics
import Time

extension MetricsText {
  /// The archives of the streams that have one.
  func archives(_ out: inout MetricLines, _ streams: [StreamEntry]) {
    let all = streams.compactMap { stream in
      stream.options.archive.map { (name: stream.name, status: $0.status) }
    }
    guard !all.isEmpty else { return }
    func family(
      _ name: String, _ type: String, _ help: String, _ value: (ArchiveStatus) -> Double
    ) {
      out.family(name, type, help)
      for one in all { out.sample(name, [("stream", one.name)], value(one.status)) }
    }
    family("streamer_archive_bytes", "gauge", "Bytes of the archive's hour files.") {
      Double($0.bytes)
    }
    family("streamer_archive_segments_total", "counter", "Segments written to the archive.") {
      Double($0.written)
    }
    family(
      "streamer_archive_dropped_total", "counter", "Segments that the disk did not take in time."
    ) { Double($0.dropped) }
    family(
      "streamer_archive_healed_total", "counter", "Missing segments fetched from another origin."
    ) { Double($0.healed) }
    family("streamer_archive_failed", "gauge", "1 while the archive cannot be written.") {
      $0.error == nil ? 0 : 1
    }
    family(
      "streamer_archive_oldest_timestamp_seconds", "gauge",
      "The time of the oldest archived frame, in seconds since 1970; 0 without any."
    ) { Double($0.oldest?.milliseconds ?? 0) / 1000 }
    objects(&out, all.compactMap { one in one.status.objects.map { (one.name, $0) } })
  }

  /// The objects of the streams whose archives have a store.
  private func objects(_ out: inout MetricLines, _ all: [(name: String, status: ObjectStatus)]) {
    guard !all.isEmpty else { return }
    func family(
      _ name: String, _ type: String, _ help: String, _ value: (ObjectStatus) -> Double
    ) {
      out.family(name, type, help)
      for one in all { out.sample(name, [("stream", one.name)], value(one.status)) }
    }
    family("streamer_archive_objects_total", "counter", "Objects put into the store.") {
      Double($0.put)
    }
    family("streamer_archive_objects_bytes_total", "counter", "Bytes put into the store.") {
      Double($0.bytes)
    }
    family(
      "streamer_archive_objects_failures_total", "counter",
      "Failed requests to the store, and segments that the disk could not read."
    ) { Double($0.failures) }
    family(
      "streamer_archive_objects_lost_total", "counter",
      "Hours that the full disk removed before the store had them."
    ) { Double($0.lost) }
    family(
      "streamer_archive_objects_lag_seconds", "gauge",
      "The age of the oldest media that the store lacks; 0 if it has all."
    ) { Double($0.lag.milliseconds) / 1000 }
  }
}
