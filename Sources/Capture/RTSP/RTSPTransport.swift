// SPDX-License-Identifier: Apache-2.0

import Checked

/// The value of a field Transport with one transport: its parameters in their order.
/// - Source: RFC 2326 §12.39
struct RTSPTransport: Sendable, Equatable {
  private var parameters: [String]

  /// The parameters of `text`, between semicolons.
  init(_ text: String) {
    parameters = text.split(separator: ";").map(\.trimmed)
  }

  /// As it is written.
  var text: String { parameters.joined(separator: ";") }

  /// The value of a parameter; nil without one.
  private func value(_ name: String) -> String? {
    parameters.first { $0.lowercased().hasPrefix(name + "=") }
      .map { String($0.dropFirst(name.count + 1)) }  // bounded: the length of a name
  }

  /// The two ports of a parameter; nil without a valid one.
  ///
  /// A missing second port follows the first.
  func ports(_ name: String) -> (first: UInt16, second: UInt16)? {
    let found = value(name)?.split(separator: "-").map { UInt16($0) } ?? []
    guard let stated = found.first, let first = stated, first > 0, first < .max else { return nil }
    // bounded: less than the largest
    return (first, found.count > 1 ? found[1] ?? first + 1 : first + 1)
  }

  /// The transport with two ports from `port` on as the only value of a parameter.
  func with(_ name: String, _ port: UInt16) -> RTSPTransport {
    // bounded: ports of a pair are even
    with(name, "\(port)-\(port &+ 1)")
  }

  private func with(_ name: String, _ value: String) -> RTSPTransport {
    var found = self
    let index = parameters.firstIndex { $0.lowercased().hasPrefix(name + "=") }
    found.parameters.removeAll { $0.lowercased().hasPrefix(name + "=") }
    let place = min(index ?? found.parameters.count, found.parameters.count)
    found.parameters.insert("\(name)=\(value)", at: place)
    return found
  }

  /// Whether media are sent in datagrams to one address.
  var isUnicastDatagrams: Bool {
    let lower = text.lowercased()
    return !["/tcp", "interleaved", "multicast"].contains { lower.contains($0) }
  }

  /// The server's end; nil if its ports or its address are unknown.
  func server(peer: String?) -> RTSPMediaServer? {
    guard let ports = ports("server_port"), let host = value("source") ?? peer else { return nil }
    return RTSPMediaServer(host: host, port: ports.first, reportPort: ports.second)
  }

  /// The transport with the server's address, if its media are datagrams to this client.
  ///
  /// libavformat sends reports there; it would take the host of its URL.
  func withSource(_ peer: String?) -> RTSPTransport {
    guard let peer, value("server_port") != nil, isUnicastDatagrams else { return self }
    // Some devices do not know their own address.
    let stated = value("source")?.prefix { $0 != "," } ?? ""
    return stated.isEmpty || stated == "0.0.0.0" ? with("source", peer) : self
  }

  /// The transport as libavformat gets it, whose server is this process.
  func relayed(from own: UInt16, to library: UInt16, _ host: String) -> RTSPTransport {
    with("client_port", library).with("server_port", own).with("source", host)
  }
}

/// The end of an RTSP server that sends datagrams: its address, and the ports of RTP and RTCP.
package struct RTSPMediaServer: Sendable, Equatable {
  package let host: String
  package let port: UInt16
  package let reportPort: UInt16
}
