/// What a configuration file says, with the file of streams that it names.
struct ConfigurationFile {
  /// What its top level says.
  let top: SettingsLayer
  /// Its streams; nil where it lists none and is about one.
  let streams: [StreamElement]?
  let remarks: [String]

  /// Reads the file at `path`.
  ///
  /// - Throws: what is wrong with it, in one line.
  init(path: String) throws(UsageError) {
    let place = KeyReader.Place(file: path, folder: FileContents.folder(of: path))
    var reader = try KeyReader(try Self.document(path, place: "-c"), at: place)
    streams = try Self.streams(&reader)
    try FastLL.takeTop(&reader)
    let isAboutOne = streams == nil
    if isAboutOne { try StreamElement.takeStream(&reader) }
    try reader.takeTable { isAboutOne || $0.name != "name" }
    reader.finish()
    top = SettingsLayer(reader.entries)
    remarks = reader.remarks + (streams ?? []).flatMap(\.remarks)
  }

  private static func document(_ path: String, place: String) throws(UsageError) -> JSONValue {
    let bytes = try FileContents.read(path, place: place)
    do throws(JSONFault) { return try JSONValue(parsing: bytes) } catch {
      throw UsageError("\(path): no JSON at \(error)")
    }
  }

  /// The streams, listed in place or in a file of their own.
  private static func streams(_ reader: inout KeyReader) throws(UsageError) -> [StreamElement]? {
    guard let value = reader.take("streams") else { return nil }
    switch value {
    case .array(let elements):
      return try Self.elements(elements, file: reader.place.file, "streams", reader.place.folder)
    case .string(let name) where !name.isEmpty:
      let path = FileContents.resolve(name, in: reader.place.folder)
      let document = try document(path, place: reader.place.key("streams"))
      guard case .array(let elements) = document else {
        throw UsageError("\(path): \(document.word) was given; allowed is an array of streams")
      }
      return try Self.elements(elements, file: path, "", FileContents.folder(of: path))
    default:
      throw UsageError(
        reader.place.key("streams"), given: value.word,
        allowed: "the path of a JSON file, or an array of streams")
    }
  }

  private static func elements(
    _ values: [JSONValue], file: String, _ path: String, _ folder: String
  ) throws(UsageError) -> [StreamElement] {
    var elements: [StreamElement] = []
    for (index, value) in values.enumerated() {
      let place = KeyReader.Place(file: file, path: "\(path)[\(index)]", folder: folder)
      let element = try StreamElement(value, at: place)
      if elements.contains(where: { $0.name == element.name }) {
        throw UsageError(
          place.key("stream"), given: element.name, allowed: "a name that no other stream has")
      }
      elements.append(element)
    }
    return elements
  }
}
