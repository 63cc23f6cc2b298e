// SPDX-License-Identifier: Apache-2.0

import Configuration
import Logging
import Net
import Publishing

/// The listening sockets of the program: sockets of a supervisor, and own ones for other ports.
enum Endpoints {
  /// The use of a listening socket; the value is the name that a supervisor may give the socket.
  private enum Use: String, CaseIterable {
    case http, https, rtmp, rtmps
  }

  /// Assigns the sockets of a supervisor to viewers and publishers by their names or ports, and
  /// binds a socket for each remaining port.
  ///
  /// - Throws: `UsageError` for a socket that suits no port; `NetError` for a port that is in use.
  static func open(
    _ settings: ProgramSettings, _ tls: TLSSetup?, handedOver: [NamedSocket]
  ) throws -> (viewers: [Endpoint], publishers: [Endpoint]) {
    var taken: [Use: [ListeningSocket]] = [:]
    for socket in handedOver {
      taken[try use(of: socket, settings, tlsPort: tls?.port), default: []].append(socket.socket)
    }
    for use in Use.allCases where taken[use] == nil {
      if let socket = try bind(use, settings, tlsPort: tls?.port) { taken[use] = [socket] }
    }
    for socket in taken.values.joined() { socket.limitRetransmission() }
    func endpoints(_ plain: Use, _ secure: Use) -> [Endpoint] {
      (taken[plain] ?? []).map { Endpoint($0) }
        + (taken[secure] ?? []).map { Endpoint($0, tls: tls?.context) }
    }
    return (endpoints(.http, .https), endpoints(.rtmp, .rtmps))
  }

  /// Sets the congestion control of all sockets, and so of the connections that they accept.
  ///
  /// - Returns: a line for the log if the default is not available; nil otherwise.
  /// - Throws: `UsageError` for a requested name that the kernel refuses.
  static func setCongestion(
    _ settings: ProgramSettings, _ endpoints: [Endpoint]
  ) throws(UsageError) -> String? {
    let name = settings.congestion ?? CongestionControl.preferred
    var note: String?
    for endpoint in endpoints {
      guard let refusal = CongestionControl.set(name, on: endpoint.socket) else { continue }
      guard settings.congestion == nil else {
        throw settings.refusal("congestion", .value(name))
      }
      note = CongestionControl.note(on: refusal)
    }
    return note
  }

  /// Binds the sockets that a supervisor hands over.
  ///
  /// - Throws: `NetError` for a port that is in use.
  static func openAll(_ settings: ProgramSettings, tlsPort: UInt16?) throws -> [NamedSocket] {
    try Use.allCases.compactMap { use in
      try bind(use, settings, tlsPort: tlsPort).map { NamedSocket($0, name: use.rawValue) }
    }
  }

  /// A socket for a use; nil if the settings have no port for it.
  private static func bind(
    _ use: Use, _ settings: ProgramSettings, tlsPort: UInt16?
  ) throws -> ListeningSocket? {
    switch use {
    case .http:
      guard case .port(let port) = settings.plainPort else { return nil }
      return try bind(settings, port)
    case .https: return try tlsPort.map { try bind(settings, $0) }
    case .rtmp: return try settings.rtmp.map { try bind(settings, host: $0.host, $0.port, "rtmp") }
    case .rtmps:
      return try settings.rtmps.map { try bind(settings, host: $0.host, $0.port, "rtmps") }
    }
  }

  /// Binds the socket of publishers by SRT; nil without `--srt`.
  ///
  /// It cannot be handed over: a supervised program waits until the one before releases the port.
  ///
  /// - Throws: `NetError` for a port that is in use.
  static func openSRT(
    _ settings: ProgramSettings, _ access: SRTAccess, isSupervised: Bool, log: Log
  ) throws -> SRTService? {
    guard let address = settings.srt else { return nil }
    var options = SRTOptions(host: address.host ?? settings.host, port: address.port)
    options.latency = settings.srtLatency
    options.waitsForPort = isSupervised
    do { return try SRTService(options, access, log: log) } catch {
      throw located(error, settings, address.host == nil ? "host" : "srt")
    }
  }

  private static func bind(
    _ settings: ProgramSettings, host: String? = nil, _ port: UInt16, _ option: String = "host"
  ) throws -> ListeningSocket {
    do { return try ListeningSocket(host: host ?? settings.host, port: port) } catch {
      throw located(error, settings, host == nil ? "host" : option)
    }
  }

  /// An unknown host as an error of its option; other errors as they are.
  private static func located(
    _ error: NetError, _ settings: ProgramSettings, _ option: String
  ) -> any Error {
    guard case .unknownHost(let host, let reason) = error else { return error }
    return settings.refusal(
      option, .problem("\"\(host)\": \(reason)"), expected: "a host name or an address")
  }

  /// The use of a socket of a supervisor.
  private static func use(
    of handedOver: NamedSocket, _ settings: ProgramSettings, tlsPort: UInt16?
  ) throws(UsageError) -> Use {
    let port = handedOver.socket.boundPort
    var wanted: [(use: Use, option: String, port: UInt16)] = []
    if case .port(let port) = settings.plainPort { wanted.append((.http, "http-port", port)) }
    if let tlsPort { wanted.append((.https, "https-port", tlsPort)) }
    if let rtmp = settings.rtmp { wanted.append((.rtmp, "rtmp", rtmp.port)) }
    if let rtmps = settings.rtmps { wanted.append((.rtmps, "rtmps", rtmps.port)) }
    let found =
      wanted.first { $0.use.rawValue == handedOver.name } ?? wanted.first { $0.port == port }
      ?? wanted.first { $0.port == 0 }
    if let found { return found.use }
    let expected = wanted.map { "--\($0.option), \($0.port)" }.joined(separator: " or ")
    throw UsageError(
      .other("LISTEN_FDS"), .problem("a socket on port \(port)"), expected: OptionText(expected))
  }
}
