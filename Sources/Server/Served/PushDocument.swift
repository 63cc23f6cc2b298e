// SPDX-License-Identifier: Apache-2.0

import Logging
import Push
import Sharing
import Time

/// A push as a JSON object of `/api/streams` and `/stats`; without secrets.
struct PushDocument {
  private let number: Int
  private let push: StreamPush

  /// The push with this number, by which requests start and stop it.
  init(_ number: Int, _ push: StreamPush) {
    self.number = number
    self.push = push
  }

  /// The JSON object.
  var text: String {
    let status = push.status
    let now = SystemClock.monotonicTime
    var members = [
      "\"id\": \(number)", "\"to\": \(JSONText.quoted("\(push.target.address)"))",
      "\"protocol\": \"\(push.target.address.kind.rawValue)\"",
      "\"state\": \"\(status.state.rawValue)\"",
      "\"seconds\": \(max(.zero, now - status.since).milliseconds / 1000)",
    ]
    if let reason = status.reason {
      members.append("\"reason\": \(JSONText.quoted(Redaction.redact(reason)))")
    }
    if let retry = status.retryTime {
      members.append("\"retry\": \(max(.zero, retry - now).milliseconds / 1000)")
    }
    let names = status.renditions.map { JSONText.quoted($0) }.joined(separator: ", ")
    members += [
      "\"renditions\": [\(names)]", "\"bytes\": \(status.counts.bytes)",
      "\"chunks\": \(status.counts.chunks)", "\"dropped\": \(status.counts.dropped)",
      "\"failures\": \(status.counts.failures)", "\"reconnects\": \(status.reconnects)",
    ]
    return "{" + members.joined(separator: ", ") + "}"
  }
}
