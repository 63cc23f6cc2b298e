// SPDX-License-Identifier: Apache-2.0

/// The numbers of viewers by stream, rendition and transport.
package struct ViewerSums: Sendable {
  /// The number of viewers up to which a scrape of `/metrics` counts them.
  ///
  /// It takes 2 ms of a loop with viewers. More viewers are counted on another thread, every two
  /// seconds.
  package static let countedAtOnce = 1000

  /// The labels of a number.
  package struct Key: Hashable, Comparable, Sendable {
    package let stream: String
    package let rendition: String
    package let transport: ViewerTransport

    package static func < (a: Key, b: Key) -> Bool {
      (a.stream, a.rendition, a.transport.rawValue) < (b.stream, b.rendition, b.transport.rawValue)
    }
  }

  package private(set) var counts: [Key: Int] = [:]

  /// Counts viewers.
  package init(_ viewers: [ViewerReport]) {
    for viewer in viewers {
      let key = Key(
        stream: viewer.stream, rendition: viewer.rendition, transport: viewer.transport)
      counts[key, default: 0] += 1
    }
  }
}
