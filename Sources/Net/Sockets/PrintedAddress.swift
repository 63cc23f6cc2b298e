// SPDX-License-Identifier: Apache-2.0

import Checked

/// A listening socket as the start prints it.
package struct PrintedAddress: Sendable {
  private let scheme: String
  /// The bound address, in the form of a URL.
  private let host: String
  private let port: UInt16
  /// The addresses of the machine, in the form of a URL; none for a socket that listens at one.
  private let network: [String]

  /// Creates the text for a socket.
  ///
  /// - Parameters:
  ///   - scheme: the scheme of its URL.
  ///   - bound: the bound address, without a port.
  ///   - port: the bound port.
  ///   - network: the addresses of the machine in the local network, the likeliest first.
  package init(
    _ scheme: String, bound: String, port: UInt16,
    network: (_ includesIPv6: Bool) -> [String] = LocalNetwork.current(includesIPv6:)
  ) {
    (self.scheme, self.port) = (scheme, port)
    host = HostAndPort.text(bound)
    self.network = Self.isAny(host) ? network(host == "[::]").map(HostAndPort.text) : []
  }

  /// The line of the log, such as `listening http://0.0.0.0:8080/, here http://localhost:8080/`.
  package var line: String {
    let text = "listening \(url(host))"
    guard Self.isAny(host) else { return text }
    return text + ", here \(url("localhost"))"
      + (network.isEmpty ? "" : ", in the network \(network.map(url).joined(separator: " "))")
  }

  /// The URL for another device; nil if none can reach the socket.
  package var reachable: String? {
    guard !Self.isAny(host) else { return network.first.map(url) }
    return host.hasPrefix("127.") || host == "[::1]" ? nil : url(host)
  }

  /// The URL of the page for a phone.
  ///
  /// - Parameter addresses: the sockets for viewers. One without TLS is preferred: a phone refuses
  ///   a generated certificate at first.
  /// - Returns: nil if no other device can reach it.
  package static func forPhones(_ addresses: [PrintedAddress]) -> String? {
    (addresses.first { $0.scheme == "http" } ?? addresses.first)?.reachable
  }

  private static func isAny(_ host: String) -> Bool { ["0.0.0.0", "[::]"].contains(host) }

  private func url(_ host: String) -> String { "\(scheme)://\(host):\(port)/" }
}
