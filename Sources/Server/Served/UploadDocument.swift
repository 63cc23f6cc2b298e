// SPDX-License-Identifier: Apache-2.0

import Logging
import Packaging
import Time

/// One uploaded stream as a JSON object of `/api/streams`.
struct UploadDocument {
  /// The time after an upload for which the stream counts as live without another one.
  private static let liveTime = Interval.seconds(10)

  let entry: UploadEntry
  let now: MonotonicTime

  /// The word for the state: live while there are uploads, else idle.
  var state: String {
    let statistics = entry.stream.statistics
    let isLive =
      statistics.isUploading
      || statistics.fileCount > 0 && now - statistics.lastUpload < Self.liveTime
    return isLive ? "live" : "idle"
  }

  /// The JSON object.
  var object: JSONObject {
    let statistics = entry.stream.statistics
    return [
      "stream": entry.name, "name": entry.label, "source": "relay", "onDemand": false,
      "state": state, "files": statistics.fileCount, "bytes": statistics.byteCount,
      "indexes": statistics.indexes.map(\.text),
    ]
  }
}
