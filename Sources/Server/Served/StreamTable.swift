// SPDX-License-Identifier: Apache-2.0

/// The streams of the server at one moment; each change replaces the table.
struct StreamTable: Sendable {
  /// Rises with each change.
  var revision: Int
  /// The streams in the order of their addition.
  var streams: [StreamEntry]
  /// The uploaded streams.
  var uploads = UploadTable()
  /// The streams that publishers had created, of which only the archive is left.
  var recordings: [StreamEntry] = []

  /// The stream called `name`; without a name the default stream: `live`, else the first.
  func stream(_ name: String?) -> StreamEntry? {
    if let name { return streams.first { $0.name == name } }
    return stream("live") ?? streams.first
  }

  /// The stream called `name`, or its recording; without a name the default stream.
  func entry(_ name: String?) -> StreamEntry? {
    stream(name) ?? recordings.first { $0.name == name }
  }

  /// The served streams.
  var served: [ServedStream] { streams.compactMap(\.served) }
}
