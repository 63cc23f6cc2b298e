// SPDX-License-Identifier: Apache-2.0

import Logging
import Packaging
import Time

/// One uploaded stream as a JSON object of `/api/streams`.
struct UploadDocument {
  /// The time after an upload for which the stream counts as live without another one.
  private static let liveTime = Interval.seconds(10)

  private let entry: UploadEntry
  private let now: MonotonicTime

  init(_ entry: UploadEntry, at now: MonotonicTime) {
    self.entry = entry
    self.now = now
  }

  /// The word for the state: live while there are uploads, else idle.
  var state: String {
    let statistics = entry.stream.statistics
    let isLive =
      statistics.isUploading
      || statistics.fileCount > 0 && now - statistics.lastUpload < Self.liveTime
    return isLive ? "live" : "idle"
  }

  /// The JSON object.
  var text: String {
    let statistics = entry.stream.statistics
    let label = entry.label.map { ", \"name\": \(JSONText.quoted($0))" } ?? ""
    let indexes = statistics.indexes.map { JSONText.quoted($0.text) }.joined(separator: ", ")
    return "{\"stream\": \(JSONText.quoted(entry.name))\(label), \"source\": \"relay\""
      + ", \"onDemand\": false, \"state\": \"\(state)\""
      + ", \"files\": \(statistics.fileCount), \"bytes\": \(statistics.byteCount)"
      + ", \"indexes\": [\(indexes)]}"
  }
}
