// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Time

/// A request for values that `--stats`, `--metrics` or `--timestamps-access` may protect.
struct ProtectedRead {
  let request: Request
  let access: ReadAccess
  /// The name of the option for `access`.
  let option: String
  /// Whether a browser may ask for the token: not for times, which the player page requests by
  /// itself.
  var asksForPassword = true

  /// The response for a client that may not read; nil if it may.
  func refusal(by admin: AdminAccess, at now: MonotonicTime) -> PreparedResponse? {
    admin.decide(on: AdminAccess.Client(request), reading: access, at: now)
      .refusal?.response(to: .reading(self))
  }

  /// Whether the client gave a bearer token.
  var hasBearer: Bool { Authorization(request)?.bearer != nil }

  /// The line for a client without a token.
  var missingToken: String {
    "missing token"
      + (request.peer.isLoopback && access == .token
        ? ": the password is the admin token; --\(option) loopback needs none on this machine" : "")
  }

  /// The line for a client that needs a token, if there is no admin token.
  var remedy: String {
    let remedy =
      if request.peer.isLoopback {
        "for this machine start the server with --\(option) loopback, for others with "
          + "--admin-token TOKEN"
      } else if request.peer.isUnstated {
        "a proxy has the rights of this machine for no client; it requires --admin-token TOKEN, "
          + "or --trusted-proxy ADDRESS if the proxy states addresses of clients"
      } else {
        "it requires --admin-token or --\(option)"
      }
    return "\(request.path) is off: \(remedy)"
  }
}
