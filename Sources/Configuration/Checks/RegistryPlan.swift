// SPDX-License-Identifier: Apache-2.0

/// The changes of a reload: the streams of the server before, compared with the definitions after.
package struct RegistryPlan: Sendable, Equatable {
  /// A stream of the server.
  package struct Entry: Sendable {
    let name: String
    let options: [String]
    let isUploaded: Bool
    let isClosing: Bool

    /// - Parameters:
    ///   - name: the name of the stream.
    ///   - options: the requested options as text.
    ///   - isUploaded: whether it consists of uploaded files.
    ///   - isClosing: whether it is being removed.
    package init(_ name: String, options: [String], isUploaded: Bool, isClosing: Bool = false) {
      self.name = name
      self.options = options
      self.isUploaded = isUploaded
      self.isClosing = isClosing
    }
  }

  /// A change, by the name of the stream.
  package enum Action: Sendable, Equatable {
    case add(String)
    /// Its options differ, or the stream before is being removed.
    case replace(String)
    /// Its playback keys, retention and reach may differ, which apply without a restart.
    case keep(String)
    case remove(String)
    /// Uploaded files end at once.
    case removeUploads(String)
  }

  /// The changes of uploaded streams, which come first: names become free.
  package private(set) var uploads: [Action] = []
  /// The streams whose inputs no longer count, before those of the definitions do.
  package let forgotten: [String]
  /// The changes of the other streams.
  package private(set) var streams: [Action] = []

  /// - Parameters:
  ///   - before: the streams of the server, without those that publishers have created by uploads.
  ///   - definitions: the streams of the configuration.
  ///   - requested: the names of streams that were added by requests, which remain.
  package init(_ before: [Entry], _ definitions: [StreamDefinition], requested: Set<String>) {
    let names = Set(definitions.map(\.settings.name))
    let uploaded = Set(definitions.filter(\.isUploaded).map(\.settings.name))
    /// Streams of requests that the configuration does not name remain.
    func isGone(_ entry: Entry) -> Bool {
      !(entry.isUploaded ? uploaded : names).contains(entry.name)
        && (names.contains(entry.name) || !requested.contains(entry.name))
    }
    for definition in definitions {
      let name = definition.settings.name
      let old = before.first { $0.name == name && $0.isUploaded == definition.isUploaded }
      let action: Action =
        switch old {
        case nil: .add(name)
        case let old? where !old.isClosing && old.options == definition.settings.requestedOptions:
          .keep(name)
        default: .replace(name)
        }
      if definition.isUploaded { uploads.append(action) } else { streams.append(action) }
    }
    uploads += before.filter { $0.isUploaded && isGone($0) }.map { .removeUploads($0.name) }
    forgotten = before.filter { !$0.isUploaded && isGone($0) }.map(\.name)
    streams += before.filter {
      !$0.isUploaded && !$0.isClosing && (isGone($0) || uploaded.contains($0.name))
    }.map { .remove($0.name) }
  }
}
