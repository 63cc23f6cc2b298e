// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Logging
import Net
import Sharing
import Time

/// The addresses of the program at its start: lines of the log, and a QR code for a phone.
enum StartAddresses {
  /// How long the log lines before the QR code may take.
  private static let flushLimit = Interval.milliseconds(500)

  /// The line about a socket for viewers, or for publishers by RTMP.
  static func line(_ endpoint: Endpoint, scheme: String = "http") -> String {
    printed(endpoint, scheme: scheme).line
  }

  /// Prints the address of the page in the local network as a QR code; only if the settings ask for
  /// it, or standard error is a terminal with a log for people.
  static func showQRCode(_ settings: ProgramSettings, _ endpoints: [Endpoint]) {
    let isTerminal = isatty(STDERR_FILENO) == 1 && settings.logFormat == .text
    guard settings.showsQRCode ?? isTerminal,
      let address = settings.publicURL.map({ $0 + "/" })
        ?? PrintedAddress.forPhones(endpoints.map { printed($0, scheme: "http") }),
      let code = QRCode(address)
    else { return }
    LogWriter.standardError.flush(until: SystemClock.monotonicTime + flushLimit)
    Log.standardError(code.terminalText + address + "\n")
  }

  private static func printed(_ endpoint: Endpoint, scheme: String) -> PrintedAddress {
    PrintedAddress(
      endpoint.tls == nil ? scheme : scheme + "s",
      bound: endpoint.socket.boundAddress.description, port: endpoint.socket.boundPort)
  }
}
