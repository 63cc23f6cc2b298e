// SPDX-License-Identifier: Apache-2.0

import Checked

/// A configuration file, with the file of streams that it names.
struct ConfigurationFile {
  /// The settings of the top level.
  let top: SettingsLayer
  /// Nil if the file lists no streams and describes one.
  let streams: [StreamElement]?
  /// The name for people of the one stream that the file describes.
  let label: String?
  let warnings: [SettingNote]

  /// Reads the file at `path`, which was given at `location`.
  ///
  /// - Parameters:
  ///   - path: of the file.
  ///   - location: of the option that names it.
  ///   - isLenient: whether unknown keys are warnings.
  /// - Throws: the errors of all wrong values, or of the first fault of the syntax.
  init(path: String, location: SettingLocation, isLenient: Bool) throws(UsageError) {
    let root = KeyReader.Location(
      file: path, folder: FileContents.folder(of: path), isLenient: isLenient)
    var reader = try KeyReader(
      try Self.document(path, .location(location)), at: root)
    let describesStream = reader.peek("streams") == nil
    let found = reader.collect { reader throws(UsageError) in try Self.streams(&reader) }
    reader.collect { reader throws(UsageError) in try FastLLConfiguration.takeTop(&reader) }
    label = describesStream ? reader.takeNames() : nil
    reader.collect { reader throws(UsageError) in try reader.takeProgramArchive() }
    reader.takeStreamValues()
    reader.takeTable { $0.name != "name" }
    reader.finish()
    if let fault = UsageError(all: reader.faults) { throw fault }
    streams = found ?? nil
    top = SettingsLayer(reader.entries)
    warnings = reader.warnings + (streams ?? []).flatMap(\.notes)
  }

  private static func document(
    _ path: String, _ subject: UsageError.Subject
  ) throws(UsageError) -> JSONValue {
    let bytes = try FileContents.read(path, for: subject)
    do throws(JSONFault) { return try JSONValue(parsing: bytes, allowsComments: true) } catch {
      throw error.usageError(at: .key(file: path, path: ""))
    }
  }

  /// The streams, listed in this file or in a file of their own.
  private static func streams(_ reader: inout KeyReader) throws(UsageError) -> [StreamElement]? {
    guard let value = reader.take("streams") else { return nil }
    let location = reader.location
    switch value {
    case .array(let elements):
      var location = location
      location.path = "streams"
      return try Self.elements(elements, at: location)
    case .string(let name) where !name.isEmpty:
      let path = FileContents.resolve(name, in: location.folder)
      let document = try document(path, .location(location.key("streams")))
      guard case .array(let elements) = document else {
        throw UsageError(
          .location(.key(file: path, path: "")), .value(document.summary),
          expected: "an array of streams")
      }
      return try Self.elements(
        elements,
        at: KeyReader.Location(
          file: path, folder: FileContents.folder(of: path), isLenient: location.isLenient))
    default:
      throw UsageError(
        .location(location.key("streams")), .value(value.summary),
        expected: "the path of a JSON file, or an array of streams")
    }
  }

  private static func elements(
    _ values: [JSONValue], at list: KeyReader.Location
  ) throws(UsageError) -> [StreamElement] {
    var elements: [StreamElement] = []
    var faults: [UsageError] = []
    for (index, value) in values.enumerated() {
      var location = list
      location.path += "[\(index)]"
      do throws(UsageError) {
        let element = try StreamElement(value, at: location)
        if elements.contains(where: { $0.name == element.name }) {
          throw UsageError(
            .location(location.key("stream")), .value(element.name),
            expected: "a name that no other stream has")
        }
        elements.append(element)
      } catch { faults.append(error) }
    }
    if let fault = UsageError(all: faults) { throw fault }
    return elements
  }
}
