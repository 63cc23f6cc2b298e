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
      streams.map(Self.object).json(isSpaced: false) + "\n",
      fields: ResponseFields.fields("application/json", .noStore))
  }

  private static func object(_ stream: StreamEntry) -> JSONObject {
    let statistics = stream.served?.measures.statistics()
    let source = statistics.map { statistics -> JSONObject in
      ["online": statistics.isSourceOnline, "since": statistics.sourceChanged.nanoseconds]
    }
    return [
      "name": stream.name, "label": stream.options.label ?? stream.name, "state": stream.word,
      "onDemand": stream.supervisor?.plan.isOnDemand ?? false, "source": source,
      "outage": stream.outage?.publicObject,
    ]
  }
}
