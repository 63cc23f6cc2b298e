// SPDX-License-Identifier: Apache-2.0

import Checked

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
    guard !text.isEmpty, !text.allSatisfy(\.isNumber), let server = HostAndPort(text[...]),
      !server.isAmbiguous, !server.host.contains("/")
    else { return nil }
    let digits = server.port ?? ""
    guard let number = digits.isEmpty ? port : UInt16(digits) else { return nil }
    host = server.host.isEmpty ? nil : String(server.host)
    self.port = number
  }
}
