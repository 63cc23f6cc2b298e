// SPDX-License-Identifier: Apache-2.0

import Packaging
import Statistics

/// The uploads to all uploaded streams, for statistics.
struct UploadCounters: Sendable {
  var complete: UInt64 = 0
  /// Uploads that were cut or refused after their start.
  var broken: UInt64 = 0
  var bytes: UInt64 = 0

  /// Writes the series of `/metrics`: sums, since clients choose the names of streams.
  func write(to out: inout MetricLines, _ uploads: [UploadEntry], refused: UInt64) {
    func sample(_ name: String, _ kind: String, _ help: String, _ value: Double) {
      out.family(name, kind, help)
      out.sample(name, [], value)
    }
    let statistics = uploads.map(\.stream.statistics)
    sample(
      "streamer_relayed_streams", "gauge", "Uploaded streams.", Double(uploads.count))
    sample(
      "streamer_relayed_files", "gauge", "Complete files of uploaded streams.",
      Double(statistics.reduce(0) { $0 + $1.fileCount }))
    sample(
      "streamer_relayed_file_bytes", "gauge", "Bytes of uploaded streams in memory.",
      Double(statistics.reduce(0) { $0 + $1.byteCount }))
    out.family("streamer_uploads_total", "counter", "Uploads of files by their end.")
    out.sample("streamer_uploads_total", [("result", "complete")], Double(complete))
    out.sample("streamer_uploads_total", [("result", "broken")], Double(broken))
    sample(
      "streamer_upload_bytes_total", "counter", "Bytes of uploads received.", Double(bytes))
    sample(
      "streamer_publish_refused_total", "counter",
      "Publishers refused for their address or their key.", Double(refused))
  }
}
