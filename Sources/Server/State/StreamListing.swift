// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Sharing
import Streams
import Time

/// The streams that all clients may play: `/streams.json`, and the page that lists them.
struct StreamListing {
  private let streams: [StreamEntry]

  /// Streams with keys of playback tokens are left out, also their names.
  init(_ table: StreamTable) {
    streams = table.streams.filter(\.options.playbackKeys.isEmpty)
  }

  /// Whether `/` is the list: with one stream it is the player page.
  var isPage: Bool { streams.count > 1 }

  /// `/streams.json`.
  var response: PreparedResponse {
    .document(
      "[\(streams.map(Self.object).joined(separator: ","))]\n",
      fields: ResponseFields.fields("application/json", .noStore))
  }

  private static func object(_ stream: StreamEntry) -> String {
    let isOnDemand = stream.supervisor?.plan.isOnDemand ?? false
    var members = [
      "\"name\":\(JSONText.quoted(stream.name))",
      "\"label\":\(JSONText.quoted(stream.options.label ?? stream.name))",
      "\"state\":\"\(stream.word)\"", "\"onDemand\":\(isOnDemand)",
    ]
    if let served = stream.served {
      let statistics = served.measures.statistics()
      members.append(
        "\"source\":{\"online\":\(statistics.isSourceOnline)"
          + ",\"since\":\(statistics.sourceChanged.nanoseconds)}")
    }
    if let outage = stream.outage { members.append("\"outage\":{\(outage.publicMembers)}") }
    return "{\(members.joined(separator: ","))}"
  }
}
