// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP

// The values of a request about which the target `Access` decides.
extension Authorization {
  /// The secret of a request; nil without the field, and for any other scheme.
  init?(_ request: Request) { self.init(field: request.header("authorization")) }
}

extension KnownHosts {
  /// Whether the `Host` of a request is an address or a name of this server.
  func contain(_ request: Request) -> Bool { contain(field: request.header("host")) }

  /// Why a request may be that of another site's page in a browser on this machine; nil if it comes
  /// from a program or from a page of this server.
  func foreignPage(_ request: Request) -> String? {
    foreignPage(host: request.header("host"), origin: request.header("origin"))
  }
}

extension SocketOrigins {
  /// Whether a request may open a WebSocket.
  func permit(_ request: Request) -> Bool {
    permit(origin: request.header("origin"), host: request.header("host"))
  }
}
