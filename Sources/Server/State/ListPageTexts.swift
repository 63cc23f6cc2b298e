// SPDX-License-Identifier: Apache-2.0

import Access
import Checked
import Streams

/// The texts of the list of streams in its page.
struct ListPageTexts: Equatable {
  private static let known = "<script id=\"known\" type=\"application/json\">[]</script>"
  private static let streams = "<!-- streams -->"

  /// The texts of the page that a response may replace.
  static let places = [streams, known]

  /// HTML by the text that it replaces.
  let all: [String: String]

  /// The texts of the streams that all clients may play.
  ///
  /// - Parameters:
  ///   - streams: the streams.
  ///   - json: the content of `/streams.json`.
  init(_ streams: [StreamEntry], json: String) {
    all = [
      // No text of a stream ends the element.
      Self.known: "<script id=\"known\" type=\"application/json\">"
        + json.replacing("<", with: "\\u003c") + "</script>",
      Self.streams: streams.isEmpty
        ? "<li>This server has no stream for you yet.</li>" : Self.links(streams),
    ]
  }

  /// The streams as items of a list: link, state, and pictures that need no script.
  ///
  /// A picture of a stream on demand would start it.
  private static func links(_ streams: [StreamEntry]) -> String {
    streams.map { stream in
      let label = XMLElement.escaped(stream.options.label ?? stream.name)
      let isOnDemand = stream.supervisor?.plan.isOnDemand ?? false
      let needsPassword = stream.options.viewers.password != nil
      let pictures =
        stream.word == "live" && !isOnDemand && !needsPassword
        ? "<a href=\"\(stream.name)/stream.mjpeg\">Moving pictures</a>"
          + "<a href=\"\(stream.name)/snapshot.jpg\">Single picture</a>" : ""
      return "<li><a href=\"\(stream.name)/\">\(label)</a><span>\(word(stream))</span>"
        + "\(pictures)</li>"
    }.joined()
  }

  /// The state in the words of the page.
  private static func word(_ stream: StreamEntry) -> String {
    if stream.options.viewers.password != nil { return "Needs a password" }
    switch stream.word {
    case "idle": return "On demand"
    case "starting": return "Starting"
    case "ended": return "Ended"
    case "failed": return "No picture"
    default:
      let isOnline = stream.served?.measures.statistics().isSourceOnline ?? true
      return isOnline ? "Live" : "No picture"
    }
  }
}
