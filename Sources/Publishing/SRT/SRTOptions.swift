// SPDX-License-Identifier: Apache-2.0

/// The port of a listener for SRT callers.
package struct SRTOptions: Sendable {
  /// A name or an address; of several addresses the first usable one.
  package var host: String
  /// 0 for any free port.
  package var port: UInt16
  /// The least latency of a caller, in milliseconds.
  package var latency = 120
  /// Whether another process may have the port, and will release it.
  package var waitsForPort = false

  /// A port with the default latency.
  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }
}
