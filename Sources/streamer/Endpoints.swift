// SPDX-License-Identifier: Apache-2.0

import Configuration
import Logging
import Net
import Publishing

/// The listening sockets of the program: sockets of a supervisor, and own ones for other ports.
enum Endpoints {
  /// Assigns the sockets of a supervisor to viewers and publishers by their names or ports, and
  /// binds a socket for each remaining port.
  ///
  /// - Throws: `UsageError` for a socket that suits no port; `NetError` for a port that is in use.
  static func open(
    _ settings: ProgramSettings, _ tls: TLSSetup?, handedOver: [NamedSocket]
  ) throws -> (viewers: [Endpoint], publishers: [Endpoint]) {
    let plan = EndpointPlan(settings, tlsPort: tls?.port)
    var taken: [EndpointPlan.Use: [ListeningSocket]] = [:]
    for socket in handedOver {
      let use = try plan.use(ofSocketNamed: socket.name, on: socket.socket.boundPort)
      taken[use, default: []].append(socket.socket)
    }
    for entry in plan.entries where taken[entry.use] == nil {
      taken[entry.use] = [try bind(entry, settings)]
    }
    for socket in taken.values.joined() { socket.limitRetransmission() }
    func endpoints(_ plain: EndpointPlan.Use, _ secure: EndpointPlan.Use) -> [Endpoint] {
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
    try EndpointPlan(settings, tlsPort: tlsPort).entries.map { entry in
      NamedSocket(try bind(entry, settings), name: entry.use.rawValue)
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
    _ entry: EndpointPlan.Entry, _ settings: ProgramSettings
  ) throws -> ListeningSocket {
    do { return try ListeningSocket(host: entry.host, port: entry.port) } catch {
      throw located(error, settings, entry.hostOption)
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
}
