// SPDX-License-Identifier: Apache-2.0

import Checked

/// One stream as described by an object of a file or of a request.
package struct StreamElement: Sendable {
  /// The first element of the stream's URLs.
  package let name: String
  /// The name for people.
  package let label: String?
  package let location: SettingLocation
  /// A layer below the top level of the file.
  let defaults: SettingsLayer
  let layer: SettingsLayer
  private static let request = KeyReader.Location(file: "request", folder: "")
  package let warnings: [String]

  /// Reads an element of a list of streams.
  ///
  /// - Throws: an error for the first key with a wrong value.
  init(_ value: JSONValue, at location: KeyReader.Location) throws(UsageError) {
    var reader = try KeyReader(value, at: location)
    label = try reader.takeText("name", expected: "a text")
    try reader.take("stream", as: "name")
    guard let name = reader.entries.first?.value else {
      throw UsageError(
        .location(location.key("stream")), .missingValue,
        expected: OptionText(Option.named("name")?.expected ?? ""))
    }
    self.name = name
    defaults = try FastLLConfiguration.takeStream(&reader)
    // At the top level of a file `rtmp` is the port of the server.
    try reader.take("rtmp", as: "rtmp-path")
    try Self.takeArchive(&reader)
    try reader.takeTable { $0.isForStream && $0.name != "name" }
    reader.finish(isStream: true)
    layer = SettingsLayer(reader.entries)
    self.location = location.whole
    warnings = reader.warnings
  }

  /// Takes out `"archive": {"keep": "7d", "limit": "500G", "renditions": "top", "heal": […]}`.
  private static func takeArchive(_ reader: inout KeyReader) throws(UsageError) {
    guard let value = reader.take("archive") else { return }
    let location = reader.location
    let path = location.path.isEmpty ? "archive" : "\(location.path).archive"
    var inner = try KeyReader(
      value, at: KeyReader.Location(file: location.file, path: path, folder: location.folder))
    for key in ["keep", "limit", "renditions", "heal"] {
      guard let value = inner.take(key) else { continue }
      try reader.add(value, "archive-\(key)", at: inner.location.key(key))
    }
    inner.finish(isStream: false)
    reader.add(warningsOf: inner)
  }

  /// A stream that a publisher creates.
  ///
  /// - Throws: an error if it cannot have the name.
  package init(publishedAs name: String) throws(UsageError) {
    try self.init(
      .object(["stream": .string(name), "source": .string("rtmp")]), at: Self.request)
  }

  /// Reads the content of a request.
  ///
  /// - Throws: an error for the first key with a wrong value.
  package init(parsing bytes: [UInt8]) throws(UsageError) {
    let value: JSONValue
    do throws(JSONFault) { value = try JSONValue(parsing: bytes) } catch {
      throw error.usageError(at: Self.request.whole)
    }
    try self.init(value, at: Self.request)
  }
}
