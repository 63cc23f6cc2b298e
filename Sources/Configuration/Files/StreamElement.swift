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
  /// Remarks about its keys.
  let notes: [SettingNote]
  /// The lines of these remarks.
  package var warnings: [String] { notes.map(\.description) }

  /// Reads an element of a list of streams.
  ///
  /// - Throws: the errors of all keys with wrong values.
  init(_ value: JSONValue, at location: KeyReader.Location) throws(UsageError) {
    var reader = try KeyReader(value, at: location)
    let label = reader.collect { reader throws(UsageError) in
      try reader.takeText("name", expected: "a text")
    }
    reader.take("stream", as: "name")
    let name = reader.entries.first?.value
    if name == nil, reader.faults.isEmpty {
      reader.refuse(
        UsageError(
          .location(location.key("stream")), .missingValue,
          expected: OptionText(Option.named("name")?.expected ?? "")))
    }
    let defaults = reader.collect { reader throws(UsageError) in
      try FastLLConfiguration.takeStream(&reader)
    }
    // At the top level of a file `rtmp` is the port of the server.
    reader.take("rtmp", as: "rtmp-path")
    reader.collect { reader throws(UsageError) in try reader.takeStreamArchive() }
    reader.takeStreamValues()
    reader.takeTable { $0.isForStream && $0.name != "name" }
    reader.finish(isStream: true)
    if let fault = UsageError(all: reader.faults) { throw fault }
    self.name = name ?? ""
    self.label = label ?? nil
    self.defaults = defaults ?? SettingsLayer([])
    layer = SettingsLayer(reader.entries)
    self.location = location.whole
    notes = reader.warnings
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
  /// - Throws: the errors of all keys with wrong values.
  package init(parsing bytes: [UInt8]) throws(UsageError) {
    let value: JSONValue
    do throws(JSONFault) { value = try JSONValue(parsing: bytes) } catch {
      throw error.usageError(at: Self.request.whole)
    }
    try self.init(value, at: Self.request)
  }
}
