// SPDX-License-Identifier: Apache-2.0

/// Why a request of a client has no response.
package enum ClientError: Error, Equatable, CustomStringConvertible {
  /// The name of the host cannot be resolved.
  case unknownHost(String)
  /// The host is this machine, or has an address of the link, which is not permitted.
  case local
  /// No connection.
  case noConnection(String)
  /// The server's certificate is not valid for its name, or its signer is not trusted.
  case untrusted(String)
  /// Another error of TLS.
  case insecure(String)
  /// No byte before the deadline.
  case noResponse
  /// The client has given up.
  case cancelled

  package var description: String {
    switch self {
    case .unknownHost(let reason): "unknown host: \(reason)"
    case .local: "the host is the local machine"
    case .noConnection(let reason): "no connection: \(reason)"
    case .untrusted(let reason), .insecure(let reason): "TLS: \(reason)"
    case .noResponse: "no response in time"
    case .cancelled: "cancelled"
    }
  }
}
