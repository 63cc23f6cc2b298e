// SPDX-License-Identifier: Apache-2.0

import Logging
import Sharing
import Streams
import Time

extension SourceOutage {
  /// The JSON object for viewers.
  ///
  /// It has no reason, which may name hosts and files. Times are Unix time in nanoseconds.
  var publicObject: JSONObject {
    [
      "kind": kind.rawValue, "text": kind.words, "since": since.nanoseconds,
      "retry": retryAt?.nanoseconds,
    ]
  }

  /// The JSON object for `/api`, with the reason.
  ///
  /// Times are seconds since the beginning, and until the next attempt.
  var object: JSONObject {
    let now = SystemClock.wallTime
    return [
      "kind": kind.rawValue, "text": kind.words, "reason": Redaction.redact(reason),
      "seconds": (now - since).secondsAtLeastZero,
      "retry": retryAt.map { ($0 - now).secondsAtLeastZero },
    ]
  }
}
