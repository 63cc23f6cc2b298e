// SPDX-License-Identifier: Apache-2.0

/// The streams of a site at one moment: immutable, replaced as a whole.
struct StreamTable: Sendable {
  /// Rises with each change.
  let revision: Int
  /// In the order in which they were configured.
  let streams: [StreamEntry]

  /// The stream called `name`; nil means the default one, which is `live` or else the first.
  func stream(_ name: String?) -> StreamEntry? {
    if let name { return streams.first { $0.name == name } }
    return stream("live") ?? streams.first
  }

  /// What is served of all of them.
  var served: [ServedStream] { streams.compactMap(\.served) }
}
