// SPDX-License-Identifier: Apache-2.0

import Access
import Glibc
import HTTP
import Logging
import Net
import Packaging
import Publishing
import Sharing
import Sockets
import Statistics
import Stills
import Streams
import Time

/// `/metrics` in Prometheus' text format 0.0.4.
///
/// No label has a value from a client.
struct MetricsText {
  let serverState: ServerState

  /// The current values.
  func text() -> String {
    var out = MetricLines()
    build(&out)
    certificate(&out)
    streams(&out)
    let totals = serverState.totals
    requests(&out, totals)
    totals.players.write(to: &out)
    totals.sockets.write(to: &out)
    totals.delays.write(to: &out)
    viewers(&out)
    serverState.uploadCounters.withLock { $0 }.write(
      to: &out, serverState.streamTable.uploads.entries,
      refused: serverState.attempts.count(.publishing))
    stills(&out)
    accessLog(&out)
    process(&out)
    return out.text
  }

  private func build(_ out: inout MetricLines) {
    out.family("streamer_build_info", "gauge", "The version of the program.")
    out.sample("streamer_build_info", [("version", serverState.versionText)], 1)
    let clock = SystemClock.synchronization
    out.family(
      "streamer_clock_synchronized", "gauge", "Whether the system clock is synchronised.")
    out.sample("streamer_clock_synchronized", [], clock.isSynchronized ? 1 : 0)
  }

  private func certificate(_ out: inout MetricLines) {
    guard let expiry = serverState.options.certificateExpiry() else { return }
    let name = "streamer_certificate_expiry_timestamp_seconds"
    out.family(name, "gauge", "The end of the certificate of HTTPS, in seconds since 1970.")
    out.sample(name, [], Double(expiry))
  }

  private func stills(_ out: inout MetricLines) {
    let counts = serverState.stills.counts
    let rows: [(String, String, UInt64)] = [
      ("stills", "Stills that were made, each for all who asked for it.", counts.made),
      ("stills_frames", "Frames that were decoded for stills.", counts.frames),
      ("stills_refused", "Refused requests for stills, and undecodable ones.", counts.refused),
      ("stills_crashes", "Processes of stills that crashed or hung.", counts.crashes),
    ]
    for (name, help, count) in rows {
      out.family("streamer_\(name)_total", "counter", help)
      out.sample("streamer_\(name)_total", [], Double(count))
    }
    out.family("streamer_stills_running", "gauge", "1 while the process of stills runs.")
    out.sample("streamer_stills_running", [], counts.isRunning ? 1 : 0)
  }

  private func viewers(_ out: inout MetricLines) {
    out.family("streamer_viewers", "gauge", "Viewers.")
    let sums = serverState.viewerSums(at: SystemClock.monotonicTime)
    for (key, count) in sums.counts.sorted(by: { $0.key < $1.key }) {
      out.sample(
        "streamer_viewers",
        [
          ("stream", key.stream), ("rendition", key.rendition),
          ("transport", key.transport.rawValue),
        ], Double(count))
    }
  }

  private func streams(_ out: inout MetricLines) {
    let streamTable = serverState.streamTable
    out.family("streamer_stream_state", "gauge", "1 for the current state of the stream.")
    let states = streamTable.streams.map(\.word)
    for (stream, state) in zip(streamTable.streams, states) {
      for word in StreamEntry.words {
        out.sample(
          "streamer_stream_state", [("stream", stream.name), ("state", word)],
          state == word ? 1 : 0)
      }
    }
    let all = streamTable.served.map {
      (name: $0.name, served: $0, counts: $0.measures.statistics())
    }
    func gauge(_ name: String, _ help: String, _ value: (ServedStream, StreamStatistics) -> Double)
    {
      out.family(name, "gauge", help)
      for one in all { out.sample(name, [("stream", one.name)], value(one.served, one.counts)) }
    }
    func counter(_ name: String, _ help: String, _ value: (StreamStatistics) -> UInt64) {
      out.family(name, "counter", help)
      for one in all { out.sample(name, [("stream", one.name)], Double(value(one.counts))) }
    }
    out.family("streamer_stream_online", "gauge", "Whether the source delivers frames.")
    for (stream, state) in zip(streamTable.streams, states) {
      let counts = all.first { $0.served === stream.served }?.counts
      let isOnline = counts?.isSourceOnline == true && state == "live"
      out.sample("streamer_stream_online", [("stream", stream.name)], isOnline ? 1 : 0)
    }
    out.family(
      "streamer_source_crashes_total", "counter", "Processes of the source that crashed or hung.")
    for stream in streamTable.streams {
      let count = stream.supervisor?.plan.crashes.count ?? 0
      out.sample("streamer_source_crashes_total", [("stream", stream.name)], Double(count))
    }
    publishers(&out, streamTable.streams)
    archives(&out, streamTable.streams)
    counter("streamer_input_frames_total", "Frames from the source.") { $0.inputFrames }
    counter("streamer_input_repeated_total", "Frame slots that repeated a frame.") {
      $0.repeatedFrames
    }
    counter("streamer_input_late_total", "Frames that arrived after their slot had closed.") {
      $0.lateFrames
    }
    counter(
      "streamer_input_dropped_total", "Frames in excess of the frame grid, or lost in the driver."
    ) {
      $0.droppedFrames
    }
    counter(
      "streamer_input_damaged_total", "Frames of the source that were damaged or too large."
    ) { $0.damagedFrames }
    counter("streamer_input_reconnects_total", "Reconnections to the source.") { $0.reconnects }
    counter("streamer_input_switches_total", "Times another input than before was shown.") {
      $0.inputSwitches
    }
    out.family(
      "streamer_input_shown", "gauge",
      "Shown input of a stream with backup inputs, from 0; -1 if none is shown.")
    for one in all where !one.served.options.inputs.isEmpty {
      out.sample(
        "streamer_input_shown", [("stream", one.name)], Double(one.counts.shownInput ?? -1))
    }
    gauge("streamer_input_delay_seconds", "How long after its frame time a frame slot stays open.")
    {
      served, _ in
      served.measures.inputDelay.seconds
    }
    gauge(
      "streamer_clock_offset_seconds", "Wall clock minus the wall clock that the stream announces."
    ) {
      served, _ in
      served.measures.clockError().seconds
    }
    out.family(
      "streamer_api_denied_total", "counter", "Requests to /api without a valid token.")
    out.sample(
      "streamer_api_denied_total", [], Double(serverState.attempts.count(.administration)))
    out.family(
      "streamer_playback_refused_total", "counter",
      "Requests for media without a valid playback token.")
    for reason in AccessRefusal.Reason.allCases {
      out.sample(
        "streamer_playback_refused_total", [("reason", reason.rawValue)],
        Double(serverState.attempts.count(.playback, reason)))
    }
    out.family(
      "streamer_starts_refused_total", "counter",
      "Requests that did not start a stream on demand, because of a limit.")
    out.sample(
      "streamer_starts_refused_total", [], Double(serverState.attempts.refusedStarts))
    renditions(&out)
  }

  private func renditions(_ out: inout MetricLines) {
    let all = serverState.streamTable.served.flatMap { stream in
      let counts = stream.measures.statistics().renditions
      return stream.renditions.enumerated().map { index, rendition in
        (
          labels: [("stream", stream.name), ("rendition", rendition.name)], rendition: rendition,
          counts: index < counts.count ? counts[index] : RenditionStatistics()
        )
      }
    }
    func counter(_ name: String, _ help: String, _ value: (RenditionStatistics) -> UInt64) {
      out.family(name, "counter", help)
      for one in all { out.sample(name, one.labels, Double(value(one.counts))) }
    }
    func histogram(_ name: String, _ help: String, _ value: (RenditionStatistics) -> Histogram) {
      out.family(name, "histogram", help)
      for one in all { out.histogram(name, one.labels, value(one.counts)) }
    }
    counter("streamer_encoder_overloaded_total", "Times the encoder was one second late.") {
      $0.overloads
    }
    counter(
      "streamer_segments_left_out_total",
      "Segments with one picture, or without media, because of overload."
    ) { $0.segmentsLeftOut }
    counter(
      "streamer_encoder_slots_without_frame_total",
      "Frame times without a frame of their own because the encoder was late."
    ) { $0.slotsWithoutFrame }
    counter("streamer_media_bytes_total", "Bytes of media published.") { $0.mediaBytes }
    histogram("streamer_encoder_delay_seconds", "Time from frame to access unit.") {
      $0.encoderDelay
    }
    histogram("streamer_part_duration_seconds", "Durations of parts.") { $0.partDuration }
    histogram(
      "streamer_part_publish_lateness_seconds",
      "Time from the frame time of a part's last frame to its publication."
    ) { $0.partLateness }
    out.family("streamer_window_bytes", "gauge", "Bytes of media in memory.")
    for one in all {
      out.sample(
        "streamer_window_bytes", one.labels, Double(one.rendition.window.snapshot.size))
    }
    out.family("streamer_playlist_bytes", "gauge", "Bytes of the newest playlist.")
    for one in all {
      out.sample("streamer_playlist_bytes", one.labels, Double(one.rendition.playlists.newestSize))
    }
  }

  private func requests(_ out: inout MetricLines, _ totals: ServerCounters) {
    totals.holds.write(to: &out)
    out.family("streamer_requests_total", "counter", "Responses by kind and status.")
    for (answer, count) in totals.answers.sorted(by: { $0.key < $1.key }) {
      out.sample(
        "streamer_requests_total",
        [("kind", RequestKind.all[answer.kind].name), ("code", String(answer.status))],
        Double(count))
    }
    out.family("streamer_response_bytes_total", "counter", "Bytes sent, heads included.")
    for (kind, count) in totals.bytes.enumerated() where count > 0 {
      out.sample(
        "streamer_response_bytes_total", [("kind", RequestKind.all[kind].name)], Double(count))
    }
    out.family(
      "streamer_answers_cut_total", "counter", "Responses that the client did not get completely.")
    out.sample("streamer_answers_cut_total", [], Double(totals.cut))
    out.family(
      "streamer_connection_faults_total", "counter",
      "Connections and HTTP/2 streams refused or ended because of the client.")
    for fault in ConnectionFault.allCases {
      out.sample(
        "streamer_connection_faults_total", [("reason", fault.rawValue)],
        Double(totals.faults[fault] ?? 0))
    }
  }

  private func accessLog(_ out: inout MetricLines) {
    if let rows = serverState.segmentRows {
      out.family(
        "streamer_statistics_rows_lost_total", "counter",
        "Rows of statistics (--stats-dir) that were not written.")
      out.sample("streamer_statistics_rows_lost_total", [], Double(rows.lostCount))
    }
    guard let accessLog = serverState.accessLog else { return }
    out.family(
      "streamer_access_log_lost_total", "counter", "Access log lines that were not written.")
    out.sample("streamer_access_log_lost_total", [], Double(accessLog.lostCount))
  }

  private func process(_ out: inout MetricLines) {
    let usage = ProcessUsage()
    out.family("process_cpu_seconds_total", "counter", "User and system time.")
    out.sample("process_cpu_seconds_total", [], usage.cpuSeconds)
    out.family("process_resident_memory_bytes", "gauge", "Resident memory.")
    out.sample("process_resident_memory_bytes", [], usage.residentBytes)
    out.family(
      "streamer_past_media_bytes", "gauge",
      "Bytes of media that has left its window and that responses keep in memory.")
    out.sample("streamer_past_media_bytes", [], Double(PastMedia.byteCount))
    out.family("process_open_fds", "gauge", "Open descriptors.")
    out.sample("process_open_fds", [], Double(usage.descriptors))
    out.family("process_max_fds", "gauge", "The limit of open descriptors.")
    out.sample("process_max_fds", [], usage.descriptorLimit)
    out.family("process_threads", "gauge", "Threads.")
    out.sample("process_threads", [], Double(usage.threads))
    out.family(
      "process_start_time_seconds", "gauge", "Start time of the process, in seconds since 1970.")
    out.sample("process_start_time_seconds", [], (serverState.startedAt - .origin).seconds)
  }
}
