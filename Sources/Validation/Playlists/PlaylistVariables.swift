// SPDX-License-Identifier: Apache-2.0

import Checked

/// The variables of a playlist: pure.
///
/// A value may refer to variables before it, so values can double from line to line. Lines and
/// their sum are bounded: a line beyond a limit stays as it is, and is a fault.
///
/// - Source: draft-pantos-hls-rfc8216bis-22 §4.3, §4.4.2.3
package struct PlaylistVariables: Sendable, Equatable {
  /// The most definitions that are read.
  static let maximumDefinitions = 1000
  /// The most bytes of a line with the values of its variables.
  package static let longestLine = 65_536
  /// The most bytes that values add to all lines of a playlist together.
  package static let maximumGrowth = 16 << 20
  /// The most faults that are kept; the first one is reported.
  private static let maximumFaults = 8

  /// Names and values of EXT-X-DEFINE before the current line.
  private var values: [String: String] = [:]
  /// The variables of the Multivariant Playlist, for IMPORT.
  private let imported: [String: String]
  /// The address of the playlist, for QUERYPARAM.
  private let url: String
  private var definitions = 0
  /// The bytes that values have added to lines, or would have.
  private var growth = 0
  /// References and definitions without a value, names that are defined twice, and lines beyond a
  /// limit, each with its number.
  private(set) var faults: [String] = []

  /// - Parameters:
  ///   - url: the address of the playlist, after redirects.
  ///   - multivariant: the variables of its Multivariant Playlist.
  package init(url: String = "", importing multivariant: PlaylistVariables? = nil) {
    self.url = url
    imported = multivariant?.values ?? [:]
  }

  /// Adds the variable of an EXT-X-DEFINE in the line with this number, from 1.
  mutating func define(_ attributes: AttributeList, _ number: @autoclosure () -> Int) {
    definitions += 1  // bounded: by the number of lines
    guard definitions <= Self.maximumDefinitions else {
      return note("more than \(Self.maximumDefinitions) variables", number())
    }
    let name: String
    let value: String?
    if let given = attributes["NAME"] {
      (name, value) = (given, attributes["VALUE"])
    } else if let given = attributes["IMPORT"] {
      (name, value) = (given, imported[given])
    } else if let given = attributes["QUERYPARAM"] {
      (name, value) = (given, parameter(given))
    } else {
      return note("#EXT-X-DEFINE without NAME, IMPORT or QUERYPARAM", number())
    }
    guard let value else { return note("no value of \(name.prefix(40))", number()) }
    if values.updateValue(value, forKey: name) != nil {
      note("\(name.prefix(40)) twice", number())
    }
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

  /// A line with values for its references.
  ///
  /// A reference without a value is kept, and so is a line beyond a limit.
  ///
  /// - Parameters:
  ///   - line: the line.
  ///   - number: its number, from 1.
  /// - Returns: the line, or another one.
  mutating func replacing(
    _ line: Substring.UTF8View, _ number: @autoclosure () -> Int
  ) -> Substring.UTF8View {
    guard line.contains(UInt8(ascii: "{")) else { return line }
    var rest = line
    var result: [UInt8] = []
    while let brace = rest.firstIndex(of: UInt8(ascii: "{")) {
      result += rest[..<brace]
      rest = rest[brace...].dropFirst()
      let name = rest.dropFirst().prefix { NameCharacters.isLetterOrDigit($0) || Self.isSign($0) }
      guard rest.first == UInt8(ascii: "$"), !name.isEmpty,
        rest[name.endIndex...].first == UInt8(ascii: "}")
      else {
        result.append(UInt8(ascii: "{"))
        continue
      }
      rest = rest[name.endIndex...].dropFirst()
      guard let value = values[String(Substring(name))] else {
        note("no value of \(Substring(name).prefix(40))", number())
        result += Array("{$".utf8) + name + [UInt8(ascii: "}")]
        continue
      }
      // bounded: by the limit, and the value of a line within it
      growth += value.utf8.count
      guard growth <= Self.maximumGrowth else {
        // bounded: the last value was within the limit of a line, or of the document
        growth = Self.maximumGrowth + 1
        note("variables add more than \(Self.maximumGrowth) bytes to the playlist", number())
        return line
      }
      guard result.count + value.utf8.count <= Self.longestLine else {
        note("variables make a line of more than \(Self.longestLine) bytes", number())
        return line
      }
      result += value.utf8
    }
    return Substring(String(decoding: result + rest, as: UTF8.self)).utf8
  }

  /// Keeps a fault, unless enough are kept.
  private mutating func note(_ text: String, _ number: @autoclosure () -> Int) {
    guard faults.count < Self.maximumFaults else { return }
    faults.append("line \(number()): \(text)")
  }

  private static func isSign(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
  }
}
