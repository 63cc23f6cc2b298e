// SPDX-License-Identifier: Apache-2.0

/// What a configuration file says, with the file of streams that it names.
struct ConfigurationFile {
  /// What its top level says.
  let top: SettingsLayer
  /// Its streams; nil where it lists none and is about one.
  let streams: [StreamElement]?
  let warnings: [String]

  /// Reads the file at `path`.
  ///
  /// - Throws: what is wrong with it, in one line.
  init(path: String) throws(UsageError) {
    let location = KeyReader.Location(file: path, folder: FileContents.folder(of: path))
    var reader = try KeyReader(try Self.document(path, location: "-c"), at: location)
    streams = try Self.streams(&reader)
    try FastLL.takeTop(&reader)
    let isAboutOne = streams == nil
    if isAboutOne { try StreamElement.takeStream(&reader) }
    try reader.takeTable { isAboutOne || $0.name != "name" }
    reader.finish()
    top = SettingsLayer(reader.entries)
    warnings = reader.warnings + (streams ?? []).flatMap(\.warnings)
  }

  private static func document(_ path: String, location: String) throws(UsageError) -> JSONValue {
    let bytes = try FileContents.read(path, location: location)
    do throws(JSONFault) { return try JSONValue(parsing: bytes) } catch {
      throw UsageError("\(path): no JSON at \(error)")
    }
  }

  /// The streams, listed in location or in a file of their own.
  private static func streams(_ reader: inout KeyReader) throws(UsageError) -> [StreamElement]? {
    guard let value = reader.take("streams") else { return nil }
    switch value {
    case .array(let elements):
      return try Self.elements(
        elements, file: reader.location.file, "streams", reader.location.folder)
    case .string(let name) where !name.isEmpty:
      let path = FileContents.resolve(name, in: reader.location.folder)
      let document = try document(path, location: reader.location.key("streams"))
      guard case .array(let elements) = document else {
        throw UsageError("\(path): \(document.word) was given; allowed is an array of streams")
      }
      return try Self.elements(elements, file: path, "", FileContents.folder(of: path))
    default:
      throw UsageError(
        reader.location.key("streams"), given: value.word,
        allowed: "the path of a JSON file, or an array of streams")
    }
  }

  private static func elements(
    _ values: [JSONValue], file: String, _ path: String, _ folder: String
  ) throws(UsageError) -> [StreamElement] {
    var elements: [StreamElement] = []
    for (index, value) in values.enumerated() {
      let location = KeyReader.Location(file: file, path: "\(path)[\(index)]", folder: folder)
      let element = try StreamElement(value, at: location)
      if elements.contains(where: { $0.name == element.name }) {
        throw UsageError(
          location.key("stream"), given: element.name, allowed: "a name that no other stream has")
      }
      elements.append(element)
    }
    return elements
  }
}
