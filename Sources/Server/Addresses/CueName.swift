// SPDX-License-Identifier: Apache-2.0

/// The name of a document with cues below a text rendition: `cues.json`, or `cues-R.json` for the
/// cues after revision R.
///
/// The revision is a part of the path, since caches ignore queries.
package struct CueName: Equatable {
  /// The number of the newest cue that the client has; nil: all cues are wanted.
  let revision: UInt32?

  /// `cues.json`.
  static let all = CueName(revision: nil)

  private init(revision: UInt32?) { self.revision = revision }

  /// Reads a name; nil for other names.
  init?(_ name: String) {
    guard name.hasPrefix("cues"), name.hasSuffix(".json") else { return nil }
    self.init(revision: UInt32(name.dropFirst(5).dropLast(5)))
    guard text == name else { return nil }
  }

  /// The name.
  var text: String { revision.map { "cues-\($0).json" } ?? "cues.json" }
}
