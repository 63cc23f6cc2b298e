// SPDX-License-Identifier: Apache-2.0

import Archive
import Logging
import Media
import Time

/// The archive of a stream as a JSON object of `/api/streams`.
struct ArchiveDocument {
  private let archive: StreamArchive
  private let dvr: Interval

  init(_ archive: StreamArchive, _ dvr: Interval) {
    self.archive = archive
    self.dvr = dvr
  }

  private static func text(_ objects: ObjectStatus) -> String {
    let error = objects.error.map { ", \"error\": \(JSONText.quoted($0))" } ?? ""
    return "{\"put\": \(objects.put), \"bytes\": \(objects.bytes), "
      + "\"removed\": \(objects.removed), \"failures\": \(objects.failures), "
      + "\"lost\": \(objects.lost), \"lag\": \(objects.lag.wholeSeconds)\(error)}"
  }

  /// The JSON object.
  var text: String {
    let status = archive.status
    var fields = [
      "\"bytes\": \(status.bytes)", "\"written\": \(status.written)",
      "\"dropped\": \(status.dropped)", "\"dvr\": \(dvr.wholeSeconds)",
    ]
    if !archive.policy.twins.isEmpty { fields.append("\"healed\": \(status.healed)") }
    if let oldest = status.oldest, let newest = status.newest {
      fields.append("\"from\": \"\(UTCTime(oldest).text)\"")
      fields.append("\"to\": \"\(UTCTime(newest).text)\"")
    }
    for (name, spans) in [("kept", archive.protectedSpans), ("removing", archive.hiddenSpans)]
    where !spans.isEmpty {
      let texts = spans.map { span in
        "{\"from\": \"\(UTCTime(span.lowerBound).text)\", "
          + "\"to\": \"\(UTCTime(span.upperBound).text)\"}"
      }
      fields.append("\"\(name)\": [\(texts.joined(separator: ", "))]")
    }
    if let error = status.error { fields.append("\"error\": \(JSONText.quoted(error))") }
    if let objects = status.objects { fields.append("\"objects\": \(Self.text(objects))") }
    return "{" + fields.joined(separator: ", ") + "}"
  }
}
