// SPDX-License-Identifier: Apache-2.0

import Archive
import Logging
import Media
import Time

/// The archive of a stream as a JSON object of `/api/streams`.
struct ArchiveDocument {
  let archive: StreamArchive
  let dvr: Interval

  /// The JSON object.
  var object: JSONObject {
    let status = archive.status
    let extent = status.oldest.flatMap { oldest in status.newest.map { (oldest, $0) } }
    return [
      "bytes": status.bytes, "written": status.written, "dropped": status.dropped,
      "dvr": dvr.wholeSeconds, "healed": archive.policy.twins.isEmpty ? nil : status.healed,
      "from": extent.map { UTCTime($0.0).text }, "to": extent.map { UTCTime($0.1).text },
      "kept": Self.list(archive.protectedSpans), "removing": Self.list(archive.hiddenSpans),
      "error": status.error, "objects": status.objects.map(Self.object),
    ]
  }

  private static func object(_ objects: ObjectStatus) -> JSONObject {
    [
      "put": objects.put, "bytes": objects.bytes, "removed": objects.removed,
      "failures": objects.failures, "lost": objects.lost, "lag": objects.lag.wholeSeconds,
      "error": objects.error,
    ]
  }

  /// Spans, if there are any.
  private static func list(_ spans: [Range<WallTime>]) -> [JSONObject]? {
    spans.isEmpty
      ? nil
      : spans.map { ["from": UTCTime($0.lowerBound).text, "to": UTCTime($0.upperBound).text] }
  }
}
