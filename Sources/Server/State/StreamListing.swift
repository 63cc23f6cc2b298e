// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Logging
import Sharing
import Streams
import Time

/// The streams that all clients may play: `/streams.json`, and the page that lists them.
struct StreamListing {
  /// The streams in the order of their addition.
  let streams: [StreamEntry]
  /// Whether `/` is the list: with one stream it is the player page.
  let isPage: Bool

  /// Streams for links only are left out, also their names.
  init(_ table: StreamTable) {
    streams = table.streams.filter { !$0.options.hidesName }
    isPage = streams.count > 1 || table.streams.isEmpty
  }

  /// `/streams.json`.
  var response: PreparedResponse {
    .document(
      json + "\n", fields: ResponseFields.fields("application/json", .noStore))
  }

  /// The texts of the page.
  var texts: ListPageTexts { ListPageTexts(streams, json: json) }

  private var json: String { streams.map(Self.object).json(isSpaced: false) }

  private static func object(_ stream: StreamEntry) -> JSONObject {
    // Viewers without the password learn the name only.
    guard stream.options.viewers.password == nil else {
      return [
        "name": stream.name, "label": stream.options.label ?? stream.name, "state": "locked",
        "onDemand": false, "viewers": PermittedViewers.password.rawValue,
      ]
    }
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
