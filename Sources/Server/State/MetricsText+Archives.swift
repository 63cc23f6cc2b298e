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
  }
}
