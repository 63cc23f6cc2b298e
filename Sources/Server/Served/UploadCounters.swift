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
    let statistics = uploads.map(\.stream.statistics)
    out.add("streamer_relayed_streams", "Uploaded streams.", uploads.count)
    out.add(
      "streamer_relayed_files", "Complete files of uploaded streams.",
      statistics.reduce(0) { $0 + $1.fileCount })
    out.add(
      "streamer_relayed_file_bytes", "Bytes of uploaded streams in memory.",
      statistics.reduce(0) { $0 + $1.byteCount })
    out.add(
      "streamer_uploads_total", "Uploads of files by their end.",
      [([("result", "complete")], Double(complete)), ([("result", "broken")], Double(broken))])
    out.add("streamer_upload_bytes_total", "Bytes of uploads received.", bytes)
    out.add(
      "streamer_publish_refused_total", "Publishers refused for their address or their key.",
      refused)
  }
}
