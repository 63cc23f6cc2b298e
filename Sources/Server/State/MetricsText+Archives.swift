// SPDX-License-Identifier: Apache-2.0

import Archive
import Statistics
import Time

extension MetricsText {
  /// The archives of the streams that have one.
  func archives(_ out: inout MetricLines, _ streams: [StreamEntry]) {
    let all = streams.compactMap { stream in
      stream.options.archive.map { (labels: [("stream", stream.name)], value: $0.status) }
    }
    guard !all.isEmpty else { return }
    out.add(
      "streamer_archive_bytes", "Bytes of the archive's hour files.",
      all.map { ($0.labels, Double($0.value.bytes)) })
    out.add(
      all, "streamer_archive_",
      counters: [
        ("segments", "Segments written to the archive.", \.written),
        ("dropped", "Segments that the disk did not take in time.", \.dropped),
        ("healed", "Missing segments fetched from another origin.", \.healed),
      ])
    out.add(
      "streamer_archive_failed", "1 while the archive cannot be written.",
      all.map { ($0.labels, $0.value.error == nil ? 0 : 1) })
    out.add(
      "streamer_archive_oldest_timestamp_seconds",
      "The time of the oldest archived frame, in seconds since 1970; 0 without any.",
      all.map { ($0.labels, Double($0.value.oldest?.milliseconds ?? 0) / 1000) })
    objects(&out, all.compactMap { one in one.value.objects.map { (one.labels, $0) } })
  }

  /// The objects of the streams whose archives have a store.
  private func objects(
    _ out: inout MetricLines, _ all: [(labels: MetricLines.Labels, value: ObjectStatus)]
  ) {
    guard !all.isEmpty else { return }
    out.add(
      all, "streamer_archive_",
      counters: [
        ("objects", "Objects put into the store.", \.put),
        ("objects_bytes", "Bytes put into the store.", \.bytes),
        (
          "objects_failures",
          "Failed requests to the store, and segments that the disk could not read.", \.failures
        ),
        (
          "objects_lost", "Hours that the full disk removed before the store had them.", \.lost
        ),
      ])
    out.add(
      "streamer_archive_objects_lag_seconds",
      "The age of the oldest media that the store lacks; 0 if it has all.",
      all.map { ($0.labels, Double($0.value.lag.milliseconds) / 1000) })
  }
}
