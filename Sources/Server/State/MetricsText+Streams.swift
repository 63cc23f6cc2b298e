// SPDX-License-Identifier: Apache-2.0

import Archive
import Publishing
import Push
import Statistics
import Time

/// The metrics of the publishers, the archives and the receivers of streams.
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

  /// The receivers to which streams are pushed.
  func pushes(_ out: inout MetricLines, _ streams: [StreamEntry]) {
    let all = streams.flatMap { stream in
      (stream.options.pushes?.all ?? []).enumerated().map { number, push in
        (labels: [("stream", stream.name), ("push", "\(number)")], value: push.status)
      }
    }
    guard !all.isEmpty else { return }
    out.add(
      "streamer_push_connected", "1 while the receiver takes the stream.",
      all.map { ($0.labels, $0.value.state == .pushing ? 1 : 0) })
    out.add(
      "streamer_push_failed", "1 while the receiver cannot be reached or refuses the stream.",
      all.map { ($0.labels, $0.value.state == .retrying ? 1 : 0) })
    out.add(
      all, "streamer_push_",
      counters: [
        ("bytes", "Bytes of media sent to the receiver.", \.counts.bytes),
        ("chunks", "Frames of video and chunks of audio sent to the receiver.", \.counts.chunks),
        (
          "dropped_chunks", "Chunks left out since the receiver was too slow.", \.counts.dropped
        ),
        ("failures", "Connections to the receiver that have failed.", \.counts.failures),
        ("reconnects", "Connections to the receiver after the first one.", \.reconnects),
      ])
  }

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
    out.add(
      "streamer_archive_foreign_files", "Files of the archive that belong to another user.",
      all.map { ($0.labels, Double($0.value.foreign)) })
    out.add(
      "streamer_archive_ahead", "1 while the archive has media that is dated after the wall clock.",
      all.map { ($0.labels, $0.value.ahead == nil ? 0 : 1) })
    let questions = streams.compactMap(\.options.archive).first?.questions
    out.add(
      questions.map { [([], $0)] } ?? [], "streamer_archive_",
      counters: [
        ("questions_refused", "Requests for the past that were refused as too many.", \.refused),
        ("questions_dropped", "Requests for the past whose clients had gone.", \.dropped),
      ])
    out.add(
      "streamer_archive_clock_difference_seconds",
      "The wall clock minus the clock by which hours are too old.",
      all.prefix(1).map { ([], Double($0.value.ageDistance.milliseconds) / 1000) })
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
        ("objects_wrong", "Answers of the store with other bytes than the object's.", \.wrong),
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
