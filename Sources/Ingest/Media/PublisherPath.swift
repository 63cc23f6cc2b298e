// SPDX-License-Identifier: Apache-2.0

/// The target of a publisher as a path: by RTMP the application of its connection and the name that
/// it publishes, by SRT the stream ID.
///
/// Both may contain a key: neither is ever printed.
package struct PublisherPath: Sendable, Equatable {
  /// The longest path.
  package static let longest = 1024

  /// Searched for as a byte: it is one character with the accents that may follow.
  private static let slash = UInt8(ascii: "/")

  /// Application and name as one path, without slashes at its ends and without a query.
  package let path: String

  /// The target of an application and a published name; nil if they are too long.
  package init?(application: String, name: String) {
    func elements(_ text: String) -> [Substring] {
      text.utf8.prefix { $0 != UInt8(ascii: "?") }.split(separator: Self.slash)
        .map { Substring($0) }
    }
    let path = (elements(application) + elements(name)).joined(separator: "/")
    guard path.utf8.count <= Self.longest else { return nil }
    self.path = path
  }

  /// The target of an encoder that writes the slashes of a path as `%2F`; nil without one.
  package var withSlashes: PublisherPath? {
    let text = path.replacing("%2F", with: "/").replacing("%2f", with: "/")
    return text == path ? nil : PublisherPath(application: text, name: "")
  }

  /// The first element: the name of a stream.
  package var stream: String {
    String(Substring(path.utf8.prefix { $0 != Self.slash }))
  }

  /// The elements after the first: the key.
  package var key: String {
    String(Substring(path.utf8.drop { $0 != Self.slash }.dropFirst()))
  }
}
