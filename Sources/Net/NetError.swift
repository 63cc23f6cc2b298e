// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What can go wrong with sockets and loops; `description` is one line for the person who runs it.
package enum NetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The address cannot be bound: taken, not ours, or not allowed.
  case cannotListen(host: String, port: UInt16, reason: String)
  /// The name of the host to listen on cannot be resolved.
  case unknownHost(host: String, reason: String)
  /// A supervisor handed over a descriptor that is no listening TCP socket.
  case notAListeningSocket(descriptor: Int32)
  /// `LISTEN_FDS` is meant for this process and is no count of descriptors.
  case badSupervisorVariables(name: String, value: String)
  /// A system call failed that has no reason to.
  case system(call: String, code: Int32)

  package var description: String {
    switch self {
    case .cannotListen(let host, let port, let reason):
      let address = host.contains(":") ? "[\(host)]" : host
      return "cannot listen on \(address):\(port): \(reason)"
    case .unknownHost(let host, let reason):
      return "cannot listen on \(host): \(reason); allowed is a host name or an address"
    case .notAListeningSocket(let descriptor):
      return "descriptor \(descriptor), handed over by LISTEN_FDS, is no listening TCP socket"
    case .badSupervisorVariables(let name, let value):
      return "\(name)=\(value): allowed is the number of sockets handed over, from descriptor 3 on"
    case .system(let call, let code):
      return "\(call): \(Self.reason(code))"
    }
  }

  /// The system's text for an error number.
  static func reason(_ code: Int32) -> String {
    unsafe String(cString: strerror(code))
  }
}
