// SPDX-License-Identifier: Apache-2.0

package import Logging
import Sharing
package import Time

/// `/stats.json`: the viewers by stream.
package struct StatisticsDocument {
  /// The maximum number of viewers of a stream that are listed one by one.
  package static let listed = 500

  /// A stream, and since when its source has been in its state.
  package struct Stream {
    package let name: String
    /// Its name for people; nil for none.
    package let label: String?
    package let state: String
    package let since: WallTime?
    /// The names of its renditions, the top rendition first.
    package let renditions: [String]
    /// The receivers to which it is pushed, as JSON objects.
    package let pushes: [RawJSON]

    package init(
      name: String, label: String?, state: String, since: WallTime?, renditions: [String],
      pushes: [RawJSON] = []
    ) {
      self.pushes = pushes
      self.name = name
      self.label = label
      self.state = state
      self.since = since
      self.renditions = renditions
    }
  }

  package let now: WallTime
  package let streams: [Stream]
  package let viewers: [ViewerReport]
  /// The history, and the time in Unix milliseconds after which its rows begin; nil for none.
  package let history: (rows: ViewerHistory, since: Int64)?

  package init(
    now: WallTime, streams: [Stream], viewers: [ViewerReport],
    history: (rows: ViewerHistory, since: Int64)?
  ) {
    self.now = now
    self.streams = streams
    self.viewers = viewers
    self.history = history
  }

  /// The JSON text.
  package var text: String {
    let byStream = Dictionary(grouping: viewers, by: \.stream)
    let parts = streams.map { stream in text(of: stream, byStream[stream.name] ?? []) }
    return "{\"now\":\(now.milliseconds),\"streams\":[\(parts.joined(separator: ",\n"))]}\n"
  }

  private func text(of stream: Stream, _ viewers: [ViewerReport]) -> String {
    let byRendition = Dictionary(grouping: viewers, by: \.rendition)
    let names =
      stream.renditions.filter { byRendition[$0] != nil }
      + byRendition.keys.filter { !stream.renditions.contains($0) }.sorted()
    let counts = JSONObject(names.map { ($0, byRendition[$0]?.count ?? 0) })
    let renditions = names.map { name in
      ["name": name] + ViewerSummary(byRendition[name] ?? []).object
    }
    let listed = viewers.prefix(Self.listed).map(\.text).joined(separator: ",\n")
    let object: JSONObject = [
      "name": stream.name, "label": stream.label, "state": stream.state,
      "since": stream.since?.milliseconds,
      "push": stream.pushes.isEmpty ? nil : stream.pushes,
      "aggregate": ViewerSummary(viewers).object + ["renditions": counts],
      "renditions": renditions, "viewers": RawJSON("[\(listed)]"),
      "omitted": viewers.count > Self.listed ? viewers.count - Self.listed : nil,
      "history": history.map { RawJSON($0.rows.text(of: stream.name, since: $0.since)) },
    ]
    return object.text
  }
}
