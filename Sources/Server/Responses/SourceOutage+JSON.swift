// SPDX-License-Identifier: Apache-2.0

import Logging
import Sharing
import Streams
import Time

extension SourceOutage {
  /// The members of a JSON object for viewers.
  ///
  /// It has no reason, which may name hosts and files. Times are Unix time in nanoseconds.
  var publicMembers: String {
    "\"kind\":\"\(kind.rawValue)\",\"text\":\(JSONText.quoted(kind.words))"
      + ",\"since\":\(since.nanoseconds)"
      + (retryAt.map { ",\"retry\":\($0.nanoseconds)" } ?? "")
  }

  /// A JSON object for `/api`, with the reason.
  ///
  /// Times are seconds since the beginning, and until the next attempt.
  var text: String {
    let now = SystemClock.wallTime
    func seconds(_ interval: Interval) -> Int64 { max(.zero, interval).milliseconds / 1000 }
    return "{\"kind\": \"\(kind.rawValue)\", \"text\": \(JSONText.quoted(kind.words)), "
      + "\"reason\": \(JSONText.quoted(Redaction.redact(reason))), "
      + "\"seconds\": \(seconds(now - since))"
      + (retryAt.map { ", \"retry\": \(seconds($0 - now))" } ?? "") + "}"
  }
}
