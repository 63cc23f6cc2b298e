// SPDX-License-Identifier: Apache-2.0

/// The TCP ports of the program, and what an inherited socket is used for: pure.
package struct EndpointPlan: Sendable, Equatable {
  /// The use of a listening socket; the value is the name that a supervisor may give the socket.
  package enum Use: String, Sendable, CaseIterable {
    case http, https, rtmp, rtmps
  }

  /// A port.
  package struct Entry: Sendable, Equatable {
    /// What is served on it.
    package let use: Use
    /// The option that has the port, without dashes.
    package let portOption: String
    /// The address to bind.
    package let host: String
    /// The option that has the address, without dashes.
    package let hostOption: String
    /// The port; 0: any free port.
    package let port: UInt16
  }

  /// The ports, at most one for each use.
  package let entries: [Entry]

  /// The ports of the settings.
  ///
  /// - Parameters:
  ///   - settings: the settings of the program.
  ///   - tlsPort: the port for HTTPS; nil without a certificate.
  package init(_ settings: ProgramSettings, tlsPort: UInt16?) {
    var entries: [Entry] = []
    func add(_ use: Use, _ option: String, _ port: UInt16, host: String? = nil) {
      entries.append(
        Entry(
          use: use, portOption: option, host: host ?? settings.host,
          hostOption: host == nil ? "host" : option, port: port))
    }
    if case .port(let port) = settings.plainPort { add(.http, "http-port", port) }
    if let tlsPort { add(.https, "https-port", tlsPort) }
    if let rtmp = settings.rtmp { add(.rtmp, "rtmp", rtmp.port, host: rtmp.host) }
    if let rtmps = settings.rtmps { add(.rtmps, "rtmps", rtmps.port, host: rtmps.host) }
    self.entries = entries
  }

  /// The use of an inherited socket: by its name, else by its port, else for any free port.
  ///
  /// - Parameters:
  ///   - name: the name that a supervisor gave the socket; nil for none.
  ///   - port: the port on which it listens.
  /// - Returns: the use.
  /// - Throws: an error that names the expected ports for a socket that suits none.
  package func use(ofSocketNamed name: String?, on port: UInt16) throws(UsageError) -> Use {
    let found =
      entries.first { $0.use.rawValue == name } ?? entries.first { $0.port == port }
      ?? entries.first { $0.port == 0 }
    if let found { return found.use }
    let expected = entries.map { "--\($0.portOption), \($0.port)" }.joined(separator: " or ")
    throw UsageError(
      .other("LISTEN_FDS"), .problem("a socket on port \(port)"), expected: OptionText(expected))
  }
}
