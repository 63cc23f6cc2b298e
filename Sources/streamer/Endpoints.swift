// SPDX-License-Identifier: Apache-2.0

import Configuration
import Net

/// The listening sockets of the program: sockets of a supervisor, and own ones for other ports.
enum Endpoints {
  /// Assigns the sockets of a supervisor to HTTP and HTTPS by their ports, and binds a socket for
  /// each remaining port.
  ///
  /// - Throws: `UsageError` for a socket that suits no port; `NetError` for a port that is in use.
  static func open(
    _ settings: ProgramSettings, _ tls: TLSSetup?, handedOver: [ListeningSocket]
  ) throws -> [Endpoint] {
    var endpoints = try handedOver.map { try assign($0, settings, tls) }
    if case .port(let port) = settings.plainPort, !endpoints.contains(where: { $0.tls == nil }) {
      endpoints.insert(Endpoint(try bind(settings, port)), at: 0)
    }
    if let tls, !endpoints.contains(where: { $0.tls != nil }) {
      endpoints.append(Endpoint(try bind(settings, tls.port), tls: tls.context))
    }
    return endpoints
  }

  /// Binds the sockets of publishers.
  ///
  /// - Throws: `NetError` for a port that is in use.
  static func openPublishers(_ settings: ProgramSettings, _ tls: TLSSetup?) throws -> [Endpoint] {
    var endpoints: [Endpoint] = []
    if let address = settings.rtmp {
      endpoints.append(Endpoint(try bind(settings, address, "rtmp")))
    }
    if let address = settings.rtmps, let tls {
      endpoints.append(Endpoint(try bind(settings, address, "rtmps"), tls: tls.context))
    }
    return endpoints
  }

  private static func bind(_ settings: ProgramSettings, _ port: UInt16) throws -> ListeningSocket {
    try bind(settings, host: settings.host, port, "host")
  }

  private static func bind(
    _ settings: ProgramSettings, _ address: ListenAddress, _ option: String
  ) throws -> ListeningSocket {
    try bind(
      settings, host: address.host ?? settings.host, address.port,
      address.host == nil ? "host" : option)
  }

  private static func bind(
    _ settings: ProgramSettings, host: String, _ port: UInt16, _ option: String
  ) throws -> ListeningSocket {
    do { return try ListeningSocket(host: host, port: port) } catch {
      guard case .unknownHost(let host, let reason) = error else { throw error }
      throw UsageError(
        .option(option), .problem("\"\(host)\": \(reason)"),
        expected: "a host name or an address"
      ).located(settings.locations)
    }
  }

  private static func assign(
    _ socket: ListeningSocket, _ settings: ProgramSettings, _ tls: TLSSetup?
  ) throws(UsageError) -> Endpoint {
    if let tls, socket.boundPort == tls.port { return Endpoint(socket, tls: tls.context) }
    var expected: [String] = []
    if case .port(let port) = settings.plainPort {
      if port == 0 || socket.boundPort == port { return Endpoint(socket) }
      expected.append("--http-port, \(port)")
    }
    if let tls {
      if tls.port == 0 { return Endpoint(socket, tls: tls.context) }
      expected.append("--https-port, \(tls.port)")
    }
    throw UsageError(
      .other("LISTEN_FDS"), .problem("a socket on port \(socket.boundPort)"),
      expected: OptionText(expected.joined(separator: " or ")))
  }
}
