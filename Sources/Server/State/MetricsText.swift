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
    out.add(
      "streamer_build_info", "The version of the program.",
      [([("version", serverState.versionText)], 1)])
    out.add(
      "streamer_clock_synchronized", "Whether the system clock is synchronised.",
      SystemClock.synchronization.isSynchronized ? 1 : 0)
    if let expiry = serverState.options.certificateExpiry() {
      out.add(
        "streamer_certificate_expiry_timestamp_seconds",
        "The end of the certificate of HTTPS, in seconds since 1970.", expiry)
    }
  }

  private func stills(_ out: inout MetricLines) {
    let counts = serverState.stills.counts
    out.add(
      [([], counts)], "streamer_",
      counters: [
        ("stills", "Stills that were made, each for all who asked for it.", \.made),
        ("stills_frames", "Frames that were decoded for stills.", \.frames),
        ("stills_refused", "Refused requests for stills, and undecodable ones.", \.refused),
        ("stills_crashes", "Processes of stills that crashed.", \.crashes),
        ("stills_late", "Stills that took longer than 3 s, whose process was ended.", \.late),
      ])
    out.add(
      "streamer_stills_running", "1 while the process of stills runs.", counts.isRunning ? 1 : 0)
  }

  private func viewers(_ out: inout MetricLines) {
    let sums = serverState.viewerSums(at: SystemClock.monotonicTime)
    out.add(
      "streamer_viewers", "Viewers.",
      sums.counts.sorted { $0.key < $1.key }.map { key, count in
        let labels = [
          ("stream", key.stream), ("rendition", key.rendition),
          ("transport", key.transport.rawValue),
        ]
        return (labels, Double(count))
      })
  }

  private func streams(_ out: inout MetricLines) {
    let table = serverState.streamTable
    let all = table.streams.map { (labels: [("stream", $0.name)], stream: $0, word: $0.word) }
    let served = table.served.map { (labels: [("stream", $0.name)], value: Sample($0)) }
    out.add(
      "streamer_stream_state", "1 for the current state of the stream.",
      all.flatMap { one in
        StreamEntry.words.map { (one.labels + [("state", $0)], $0 == one.word ? 1 : 0) }
      })
    out.add(
      "streamer_stream_online", "Whether the source delivers frames.",
      all.map { one in
        let counts = served.first { $0.value.stream === one.stream.served }?.value.counts
        return (one.labels, counts?.isSourceOnline == true && one.word == "live" ? 1 : 0)
      })
    out.add(
      "streamer_source_crashes_total", "Processes of the source that crashed or hung.",
      all.map { ($0.labels, Double($0.stream.supervisor?.plan.crashes.count ?? 0)) })
    publishers(&out, table.streams)
    archives(&out, table.streams)
    pushes(&out, table.streams)
    inputs(&out, served)
    refusals(&out)
    renditions(&out)
  }

  /// A stream with a session, and its counts.
  private struct Sample {
    let stream: ServedStream
    let counts: StreamStatistics

    init(_ stream: ServedStream) {
      self.stream = stream
      counts = stream.measures.statistics()
    }
  }

  private func inputs(
    _ out: inout MetricLines, _ all: [(labels: MetricLines.Labels, value: Sample)]
  ) {
    out.add(
      all, "streamer_input_",
      counters: [
        ("frames", "Frames from the source.", \.counts.inputFrames),
        ("repeated", "Frame slots that repeated a frame.", \.counts.repeatedFrames),
        ("late", "Frames that arrived after their slot had closed.", \.counts.lateFrames),
        (
          "dropped", "Frames in excess of the frame grid, or lost in the driver.",
          \.counts.droppedFrames
        ),
        ("damaged", "Frames of the source that were damaged or too large.", \.counts.damagedFrames),
        ("reconnects", "Reconnections to the source.", \.counts.reconnects),
        ("switches", "Times another input than before was shown.", \.counts.inputSwitches),
      ])
    out.add(
      "streamer_input_shown",
      "Shown input of a stream with backup inputs, from 0; -1 if none is shown.",
      all.filter { !$0.value.stream.options.inputs.isEmpty }.map {
        ($0.labels, Double($0.value.counts.shownInput ?? -1))
      })
    out.add(
      "streamer_audio_fault",
      "1 if viewers hear silence although the source sends audio.",
      all.map { ($0.labels, $0.value.counts.audioFault == nil ? 0 : 1) })
    out.add(
      "streamer_input_delay_seconds", "How long after its frame time a frame slot stays open.",
      all.map { ($0.labels, $0.value.stream.measures.inputDelay.seconds) })
    out.add(
      "streamer_clock_offset_seconds",
      "Wall clock minus the wall clock that the stream announces.",
      all.map { ($0.labels, $0.value.stream.measures.clockError().seconds) })
  }

  private func refusals(_ out: inout MetricLines) {
    let attempts = serverState.attempts
    out.add(
      "streamer_api_denied_total", "Requests to /api without a valid token.",
      attempts.count(.administration))
    out.add(
      "streamer_playback_refused_total", "Requests for media without a valid playback token.",
      AccessRefusal.Reason.allCases.map { reason in
        ([("reason", reason.rawValue)], Double(attempts.count(.playback, reason)))
      })
    out.add(
      "streamer_starts_refused_total",
      "Requests that did not start a stream on demand, because of a limit.",
      attempts.refusedStarts)
  }

  private func renditions(_ out: inout MetricLines) {
    let all = serverState.streamTable.served.flatMap { stream in
      let counts = stream.measures.statistics().renditions
      return stream.renditions.enumerated().map { index, rendition in
        (
          labels: [("stream", stream.name), ("rendition", rendition.name)], rendition: rendition,
          value: index < counts.count ? counts[index] : RenditionStatistics()
        )
      }
    }
    out.add(
      all.map { ($0.labels, $0.value) }, "streamer_",
      counters: [
        ("encoder_overloaded", "Times the encoder was one second late.", \.overloads),
        (
          "segments_left_out", "Segments with one picture, or without media, because of overload.",
          \.segmentsLeftOut
        ),
        (
          "encoder_slots_without_frame",
          "Frame times without a frame of their own because the encoder was late.",
          \.slotsWithoutFrame
        ),
        ("media_bytes", "Bytes of media published.", \.mediaBytes),
      ])
    out.add(
      "streamer_encoder_delay_seconds", "Time from frame to access unit.",
      histograms: all.map { ($0.labels, $0.value.encoderDelay) })
    out.add(
      "streamer_part_duration_seconds", "Durations of parts.",
      histograms: all.map { ($0.labels, $0.value.partDuration) })
    out.add(
      "streamer_part_publish_lateness_seconds",
      "Time from the frame time of a part's last frame to its publication.",
      histograms: all.map { ($0.labels, $0.value.partLateness) })
    out.add(
      "streamer_window_bytes", "Bytes of media in memory.",
      all.map { ($0.labels, Double($0.rendition.window.snapshot.size)) })
    out.add(
      "streamer_playlist_bytes", "Bytes of the newest playlist.",
      all.map { ($0.labels, Double($0.rendition.playlists.newestSize)) })
  }

  private func requests(_ out: inout MetricLines, _ totals: ServerCounters) {
    totals.holds.write(to: &out)
    out.add(
      "streamer_requests_total", "Responses by kind and status.",
      totals.answers.sorted { $0.key < $1.key }.map { answer, count in
        let labels = [
          ("kind", RequestKind.all[answer.kind].name), ("code", String(answer.status)),
        ]
        return (labels, Double(count))
      })
    out.add(
      "streamer_response_bytes_total", "Bytes sent, heads included.",
      totals.bytes.enumerated().filter { $0.element > 0 }.map { kind, count in
        ([("kind", RequestKind.all[kind].name)], Double(count))
      })
    out.add(
      "streamer_answers_cut_total", "Responses that the client did not get completely.",
      totals.cut)
    out.add(
      "streamer_connection_faults_total",
      "Connections and HTTP/2 streams refused or ended because of the client.",
      ConnectionFault.allCases.map { fault in
        ([("reason", fault.rawValue)], Double(totals.faults[fault] ?? 0))
      })
  }

  private func accessLog(_ out: inout MetricLines) {
    if let rows = serverState.segmentRows {
      out.add(
        "streamer_statistics_rows_lost_total",
        "Rows of statistics (--stats-dir) that were not written.", rows.lostCount)
    }
    if let log = serverState.accessLog {
      out.add(
        "streamer_access_log_lost_total", "Access log lines that were not written.", log.lostCount)
    }
  }

  private func process(_ out: inout MetricLines) {
    let usage = ProcessUsage()
    out.add("process_cpu_seconds_total", "User and system time.", usage.cpuSeconds)
    out.add("process_resident_memory_bytes", "Resident memory.", usage.residentBytes)
    out.add(
      "streamer_past_media_bytes",
      "Bytes of media that has left its window and that responses keep in memory.",
      PastMedia.byteCount)
    out.add("process_open_fds", "Open descriptors.", usage.descriptors)
    out.add("process_max_fds", "The limit of open descriptors.", usage.descriptorLimit)
    out.add("process_threads", "Threads.", usage.threads)
    out.add(
      "process_start_time_seconds", "Start time of the process, in seconds since 1970.",
      (serverState.startedAt - .origin).seconds)
  }
}
