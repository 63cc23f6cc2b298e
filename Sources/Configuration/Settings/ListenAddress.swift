// SPDX-License-Identifier: Apache-2.0

/// The address and the port of a server, as `[HOST:]PORT`.
package struct ListenAddress: Sendable, Equatable {
  /// The address; nil for `--host`.
  package let host: String?
  /// The port; 0: any free port.
  package let port: UInt16

  /// Reads `PORT`, `:PORT`, `HOST`, `HOST:` or `HOST:PORT`; nil for anything else.
  ///
  /// - Parameters:
  ///   - text: the value; an address of IPv6 is in brackets.
  ///   - port: the port if the text has none.
  init?(_ text: String, default port: UInt16) {
    if let number = UInt16(text) {
      (host, self.port) = (nil, number)
      return
    }
    let isBracketed = text.hasPrefix("[")
    let end = isBracketed ? text.firstIndex(of: "]").map { text.index(after: $0) } : nil
    let colon = end ?? text.lastIndex(of: ":") ?? text.endIndex
    let name = String(text[..<colon])
    let rest = text[colon...]
    guard !text.isEmpty, !text.allSatisfy(\.isNumber), rest.isEmpty || rest.hasPrefix(":"),
      !isBracketed || end != nil,
      isBracketed || !name.contains(":"), !name.contains("/")
    else { return nil }
    let digits = rest.dropFirst()
    guard let number = digits.isEmpty ? port : UInt16(digits) else { return nil }
    let bare = isBracketed ? String(name.dropFirst().dropLast()) : name
    host = bare.isEmpty ? nil : bare
    self.port = number
  }
}
