// SPDX-License-Identifier: Apache-2.0

/// Where a setting was given.
package enum SettingLocation: Sendable, Hashable, CustomStringConvertible {
  /// On the command line, by this flag.
  case flag(String)
  /// In the environment, by this variable.
  case variable(String)
  /// In a file, or a request, under the path of a key; the path of a whole document is empty.
  case key(file: String, path: String)
  /// Nowhere: a default of Fast-ll.
  case fastLLDefault

  /// As printed before an error: the flag, the variable, or the file and the key path.
  package var description: String {
    switch self {
    case .flag(let flag): flag
    case .variable(let name): name
    case .key(let file, ""): file
    case .key(let file, let path): "\(file): \(path)"
    case .fastLLDefault: "default of Fast-ll"
    }
  }

  /// The location of an element of the array at this location.
  func element(_ index: Int) -> SettingLocation {
    guard case .key(let file, let path) = self else { return self }
    return .key(file: file, path: "\(path)[\(index)]")
  }

  /// Whether this location is within `outer`, which is an object of a file.
  func isWithin(_ outer: SettingLocation) -> Bool {
    guard case .key(let file, let path) = self, case .key(let outerFile, let outerPath) = outer
    else { return false }
    return file == outerFile && path.hasPrefix(outerPath)
  }
}
