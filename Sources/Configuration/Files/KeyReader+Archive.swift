// SPDX-License-Identifier: Apache-2.0

extension KeyReader {
  /// The keys of `archive` of a stream, without `archive-`.
  private static let streamKeys = ["keep", "limit", "renditions", "heal"]
  /// The keys of `archive` at the top level of a file, and their options.
  private static let programKeys = [
    "folder": "archive", "objects": "archive-objects", "objectsPublic": "archive-objects-public",
    "objectsCredentials": "archive-objects-credentials",
  ]

  /// Takes out `"archive": {"folder": "/srv/archive", "objects": "https://…", "keep": "7d"}`; a
  /// text is the folder.
  mutating func takeProgramArchive() throws(UsageError) {
    guard let value = take("archive") else { return }
    if value.text != nil { return try add(value, "archive", at: location.key("archive")) }
    try takeArchive(value, Self.streamKeys + Self.programKeys.keys.sorted())
  }

  /// Takes out `"archive": {"keep": "7d", "limit": "500G", "renditions": "top", "heal": […]}`.
  mutating func takeStreamArchive() throws(UsageError) {
    if let value = take("archive") { try takeArchive(value, Self.streamKeys) }
  }

  private mutating func takeArchive(_ value: JSONValue, _ keys: [String]) throws(UsageError) {
    var inner = try inner(value, "archive", folder: location.folder)
    for key in keys {
      guard let value = inner.take(key) else { continue }
      try add(value, Self.programKeys[key] ?? "archive-\(key)", at: inner.location.key(key))
    }
    finish(inner)
  }
}
