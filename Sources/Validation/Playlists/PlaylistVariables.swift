// SPDX-License-Identifier: Apache-2.0

import Checked

/// The variables of a playlist: pure.
///
/// - Source: draft-pantos-hls-rfc8216bis-22 §4.3, §4.4.2.3
package struct PlaylistVariables: Sendable, Equatable {
  /// Names and values of EXT-X-DEFINE before the current line.
  private var values: [String: String] = [:]
  /// The variables of the Multivariant Playlist, for IMPORT.
  private let imported: [String: String]
  /// The address of the playlist, for QUERYPARAM.
  private let url: String
  /// References and definitions without a value, and names that are defined twice.
  private(set) var faults: [String] = []

  /// - Parameters:
  ///   - url: the address of the playlist, after redirects.
  ///   - multivariant: the variables of its Multivariant Playlist.
  package init(url: String = "", importing multivariant: PlaylistVariables? = nil) {
    self.url = url
    imported = multivariant?.values ?? [:]
  }

  /// Adds the variable of an EXT-X-DEFINE.
  mutating func define(_ attributes: AttributeList) {
    let name: String
    let value: String?
    if let given = attributes["NAME"] {
      (name, value) = (given, attributes["VALUE"])
    } else if let given = attributes["IMPORT"] {
      (name, value) = (given, imported[given])
    } else if let given = attributes["QUERYPARAM"] {
      (name, value) = (given, parameter(given))
    } else {
      return faults.append("#EXT-X-DEFINE without NAME, IMPORT or QUERYPARAM")
    }
    guard let value else { return faults.append("no value of \(name)") }
    if values.updateValue(value, forKey: name) != nil { faults.append("\(name) twice") }
  }

  /// The value of a query parameter of the address of the playlist.
  private func parameter(_ name: String) -> String? {
    let query = url.drop { $0 != "?" }.dropFirst().prefix { $0 != "#" }
    for pair in query.split(separator: "&") {
      let key = pair.prefix { $0 != "=" }
      guard percentDecoded(Array(key.utf8)[...]) == name else { continue }
      return percentDecoded(Array(pair.dropFirst(key.count + 1).utf8)[...])
    }
    return nil
  }

  /// A line with values for its references; a reference without a value is kept.
  mutating func replacing(_ line: Substring.UTF8View) -> Substring.UTF8View {
    guard line.contains(UInt8(ascii: "{")) else { return line }
    var rest = Substring(line)
    var result = ""
    while let start = rest.firstRange(of: "{$") {
      result += rest[..<start.lowerBound]
      rest = rest[start.upperBound...]
      let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
      guard !name.isEmpty, rest[name.endIndex...].first == "}" else {
        result += "{$"
        continue
      }
      rest = rest[name.endIndex...].dropFirst()
      if let value = values[String(name)] {
        result += value
      } else {
        faults.append("no value of \(name)")
        result += "{$\(name)}"
      }
    }
    return Substring(result + rest).utf8
  }
}
