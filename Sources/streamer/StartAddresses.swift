// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Logging
import Net
import Sharing
import Time

/// The addresses of the program as the start prints them: for this machine, for the local network,
/// and as a QR code for a phone.
enum StartAddresses {
  /// How long the log lines before the QR code may take.
  private static let flushLimit = Interval.milliseconds(500)

  /// The line about a listening socket.
  static func line(_ scheme: String, _ address: PeerAddress, _ port: UInt16) -> String {
    let host = bracketed(address.description)
    let text = "listening \(scheme)://\(host):\(port)/"
    guard isAny(host) else { return text }
    let network = network(host).map { "\(scheme)://\($0):\(port)/" }
    return text + ", here \(scheme)://localhost:\(port)/"
      + (network.isEmpty ? "" : ", in the network \(network.joined(separator: " "))")
  }

  /// Prints the address of the page in the local network as a QR code; only if the settings ask for
  /// it, or standard error is a terminal with a log for people.
  static func showQRCode(_ settings: ProgramSettings, _ endpoints: [Endpoint]) {
    let isTerminal = isatty(STDERR_FILENO) == 1 && settings.logFormat == .text
    guard settings.showsQRCode ?? isTerminal, let address = page(settings, endpoints),
      let code = QRCode(address)
    else { return }
    LogWriter.standardError.flush(until: SystemClock.monotonicTime + flushLimit)
    Log.standardError(code.terminalText + address + "\n")
  }

  /// The address of the page for other devices; nil if no socket is reachable for them.
  private static func page(_ settings: ProgramSettings, _ endpoints: [Endpoint]) -> String? {
    if let address = settings.publicURL { return address + "/" }
    // A generated certificate is refused by phones at first.
    guard let endpoint = endpoints.first(where: { $0.tls == nil }) ?? endpoints.first else {
      return nil
    }
    let host = bracketed(endpoint.socket.boundAddress.description)
    let scheme = endpoint.tls == nil ? "http" : "https"
    guard let reachable = isAny(host) ? network(host).first : host,
      !reachable.hasPrefix("127."), reachable != "[::1]"
    else { return nil }
    return "\(scheme)://\(reachable):\(endpoint.socket.boundPort)/"
  }

  private static func isAny(_ host: String) -> Bool { ["0.0.0.0", "[::]"].contains(host) }

  private static func network(_ host: String) -> [String] {
    LocalNetwork.current(includesIPv6: host == "[::]").map(bracketed)
  }

  private static func bracketed(_ address: String) -> String {
    address.contains(":") && !address.hasPrefix("[") ? "[\(address)]" : address
  }
}
