// SPDX-License-Identifier: Apache-2.0

import System

/// The files of an archive that belong to another user than the expected one: the program neither
/// reads nor removes them.
package struct ForeignFiles: Sendable, Equatable, CustomStringConvertible {
  /// The number of files, also below folders of other users.
  package private(set) var count = 0
  /// The user of the first one, and the expected one.
  private var owner: UInt32?
  private let expected: UInt32
  private let path: String

  /// The deepest files: `S/R/2026-11-23/04-HASH.cmfv` below the folder of the archive.
  private static let depth = 4

  /// The files below a folder.
  ///
  /// - Parameters:
  ///   - path: the path of the folder.
  ///   - expected: the number of the expected user.
  package init(in path: String, expected: UInt32 = DiskFolder.user) {
    self.expected = expected
    self.path = path
    let owner = DiskFolder.owner(path) ?? expected
    count(path, isForeign: owner != expected, depth: Self.depth)
    if count > 0, self.owner == nil { self.owner = owner }
  }

  private mutating func count(_ folder: String, isForeign: Bool, depth: Int) {
    guard depth > 0 else { return }
    let entries = DiskFolder.entries(folder, ofAnyUser: true)
    for file in entries.files {
      let user = DiskFolder.owner("\(folder)/\(file)") ?? expected
      guard isForeign || user != expected else { continue }
      // bounded: a number of files
      count += 1
      if user != expected, owner == nil { owner = user }
    }
    for name in entries.folders {
      let inner = "\(folder)/\(name)"
      let user = DiskFolder.owner(inner) ?? expected
      if user != expected, owner == nil { owner = user }
      count(inner, isForeign: isForeign || user != expected, depth: depth - 1)
    }
  }

  /// `3 files belong to root (expected streamer)`.
  package var description: String {
    let words = count == 1 ? "1 file belongs" : "\(count) files belong"
    let name = DiskFolder.name(ofUser: owner ?? expected)
    return "\(path): \(words) to \(name) (expected \(DiskFolder.name(ofUser: expected)))"
  }
}
