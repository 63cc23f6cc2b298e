// SPDX-License-Identifier: Apache-2.0

import Push
import Statistics

extension MetricsText {
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
}
