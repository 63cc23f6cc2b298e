// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite("The ports of the program, and what inherited sockets are used for")
struct EndpointPlanTests {
  /// Flags, and the ports that are bound, as "use host port (option of the host)".
  struct Row: Sendable, CustomTestStringConvertible {
    let flags: String
    var tlsPort: UInt16?
    let bound: [String]
    var testDescription: String { flags.isEmpty ? "no flags" : flags }
  }

  static let rows = [
    Row(flags: "", bound: ["http 0.0.0.0 8080 (host)"]),
    Row(flags: "--http-port off", bound: []),
    Row(
      flags: "--host 127.0.0.1 --http-port 0", tlsPort: 8443,
      bound: ["http 127.0.0.1 0 (host)", "https 127.0.0.1 8443 (host)"]),
    Row(flags: "--http-port off", tlsPort: 0, bound: ["https 0.0.0.0 0 (host)"]),
    Row(
      flags: "--rtmp 1935 --rtmps 10.0.0.1:443", tlsPort: 8443,
      bound: [
        "http 0.0.0.0 8080 (host)", "https 0.0.0.0 8443 (host)", "rtmp 0.0.0.0 1935 (host)",
        "rtmps 10.0.0.1 443 (rtmps)",
      ]),
  ]

  private func plan(_ flags: String, tlsPort: UInt16? = nil) throws -> EndpointPlan {
    let words = flags.split(separator: " ").map(String.init)
    let settings = SettingsLayer(try CommandLineReader.entries(words)).program
    return EndpointPlan(settings, tlsPort: tlsPort)
  }

  @Test("one port is bound for each use that the settings have", arguments: rows)
  func bound(_ row: Row) throws {
    let entries = try plan(row.flags, tlsPort: row.tlsPort).entries
    #expect(
      entries.map { "\($0.use.rawValue) \($0.host) \($0.port) (\($0.hostOption))" } == row.bound)
  }

  /// An inherited socket of a program with these flags, and its use.
  struct Inherited: Sendable, CustomTestStringConvertible {
    var flags = "--http-port 80 --rtmp 1935"
    var tlsPort: UInt16? = 443
    var name: String?
    let port: UInt16
    let use: EndpointPlan.Use
    var testDescription: String { "\(flags), \(name ?? "unnamed") on \(port)" }
  }

  static let inherited = [
    Inherited(port: 80, use: .http), Inherited(port: 443, use: .https),
    Inherited(port: 1935, use: .rtmp),
    // The name decides before the port.
    Inherited(name: "https", port: 80, use: .https), Inherited(name: "rtmp", port: 9, use: .rtmp),
    // A name of systemd that is no use, such as that of the unit.
    Inherited(name: "streamer.socket", port: 443, use: .https),
    Inherited(name: "rtmps", port: 1935, use: .rtmp),
    // A port that is free to choose takes any socket.
    Inherited(flags: "--http-port 0", port: 9, use: .http),
    Inherited(flags: "--http-port off", tlsPort: 0, port: 9, use: .https),
    Inherited(flags: "--http-port 0 --rtmp 1935", port: 1935, use: .rtmp),
  ]

  @Test(
    "an inherited socket is used by its name, its port, or for any free port",
    arguments: inherited)
  func used(_ row: Inherited) throws {
    let plan = try plan(row.flags, tlsPort: row.tlsPort)
    #expect(try plan.use(ofSocketNamed: row.name, on: row.port) == row.use)
  }

  @Test("a socket that suits no port is an error that names the ports")
  func refused() throws {
    let plan = try plan("--http-port 80 --rtmp 1935", tlsPort: 443)
    do {
      _ = try plan.use(ofSocketNamed: nil, on: 8080)
      Issue.record("port 8080 is used")
    } catch {
      #expect(error.subjects == [.other("LISTEN_FDS")])
      #expect("\(error)".contains("a socket on port 8080"))
      #expect(error.expected == "--http-port, 80 or --https-port, 443 or --rtmp, 1935")
    }
  }
}
