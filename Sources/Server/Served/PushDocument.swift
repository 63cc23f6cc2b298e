// SPDX-License-Identifier: Apache-2.0

import Logging
import Push
import Sharing
import Time

/// A push as a JSON object of `/api/streams` and `/stats`; without secrets.
struct PushDocument {
  /// The number of the push, by which requests start and stop it.
  let number: Int
  let push: StreamPush

  /// The JSON object.
  var object: JSONObject {
    let (target, status, now) = (push.target, push.status, SystemClock.monotonicTime)
    return [
      "id": number, "to": "\(target.address)", "protocol": target.address.kind.rawValue,
      "state": status.state.rawValue, "seconds": (now - status.since).secondsAtLeastZero,
      "reason": status.reason.map(Redaction.redact),
      "retry": status.retryTime.map { ($0 - now).secondsAtLeastZero },
      "renditions": status.renditions, "bytes": status.counts.bytes,
      "chunks": status.counts.chunks, "dropped": status.counts.dropped,
      "failures": status.counts.failures, "reconnects": status.reconnects,
    ]
  }
}

extension Interval {
  /// The whole seconds; 0 if it is negative.
  var secondsAtLeastZero: Int64 { Swift.max(0, milliseconds / 1000) }
}
