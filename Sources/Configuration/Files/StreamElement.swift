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
  /// The name of requests in locations of settings.
  private static let request = KeyReader.Location(file: KeyReader.requestName, folder: "")
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
    try reader.takeStreamArchive()
    try reader.takeAudioTracks()
    try reader.takeCaptions()
    try reader.takeEncryption()
    try reader.takePushes()
    try reader.takeTable { $0.isForStream && $0.name != "name" }
    try reader.finish(isStream: true)
    layer = SettingsLayer(reader.entries)
    self.location = location.whole
    warnings = reader.warnings
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
