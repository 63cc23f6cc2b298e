// SPDX-License-Identifier: Apache-2.0

/// One stream as a file, or a request, describes it.
struct StreamElement {
  /// The first element of its URLs.
  let name: String
  /// What people call it.
  let label: String?
  let location: String
  /// What lies beneath the top of the file.
  let defaults: SettingsLayer
  let layer: SettingsLayer
  let warnings: [String]

  /// Reads an element of a list of streams.
  ///
  /// - Throws: what is wrong with it, in one line.
  init(_ value: JSONValue, at location: KeyReader.Location) throws(UsageError) {
    var reader = try KeyReader(value, at: location)
    label = try reader.takeText("name", allowed: "a text")
    try Self.takeStream(&reader)
    guard let name = reader.entries.first?.value else {
      throw UsageError(
        "\(location.key("stream")): is missing; allowed is \(Self.nameOption.allowed)")
    }
    self.name = name
    defaults = try FastLL.takeStream(&reader)
    try reader.takeTable { $0.isForStream && $0.name != "name" }
    reader.finish(isStream: true)
    layer = SettingsLayer(reader.entries)
    self.location = location.whole
    warnings = reader.warnings
  }

  /// Reads an element that came with a request.
  ///
  /// - Throws: what is wrong with it, in one line.
  init(parsing bytes: [UInt8]) throws(UsageError) {
    let value: JSONValue
    do throws(JSONFault) { value = try JSONValue(parsing: bytes) } catch {
      throw UsageError("request: no JSON at \(error)")
    }
    try self.init(value, at: KeyReader.Location(file: "request", folder: ""))
  }

  /// Takes `stream`, which is the flag `--name`.
  static func takeStream(_ reader: inout KeyReader) throws(UsageError) {
    try reader.take("stream", as: "name")
    var settings = Settings()
    try SettingsLayer(reader.entries.filter { $0.option.name == "name" }).apply(to: &settings)
  }

  private static var nameOption: Option { Option.table.first { $0.name == "name" } ?? .table[0] }
}
