// SPDX-License-Identifier: Apache-2.0

import CLinux
import Checked
import System

/// An error of sockets and loops; `description` is one line for the operator.
package enum NetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The address cannot be bound: in use, not of this machine, or not permitted.
  case cannotListen(host: String, port: UInt16, reason: String)
  /// The name of the host to listen on cannot be resolved.
  case unknownHost(host: String, reason: String)
  /// A supervisor handed over a descriptor that is not a listening TCP socket.
  case notAListeningSocket(descriptor: Int32)
  /// `LISTEN_FDS` is for this process and is not a number of descriptors.
  case badSupervisorVariables(name: String, value: String)
  /// A system call failed unexpectedly.
  case system(call: String, code: Int32)

  package var description: String {
    switch self {
    case .cannotListen(let host, let port, let reason):
      return "cannot listen on \(HostAndPort.text(host)):\(port): \(reason)"
    case .unknownHost(let host, let reason):
      return "cannot listen on \(host): \(reason) (expected a host name or an address)"
    case .notAListeningSocket(let descriptor):
      return "descriptor \(descriptor), handed over by LISTEN_FDS, is not a listening TCP socket"
    case .badSupervisorVariables(let name, let value):
      return "\(name)=\(value): invalid value (expected a number of sockets from descriptor 3 on)"
    case .system(let call, let code):
      return "\(call): \(SystemError.reason(code))"
    }
  }
}
