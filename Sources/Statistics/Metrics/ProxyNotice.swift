// SPDX-License-Identifier: Apache-2.0

package import Logging
import Net
import Sharing

/// The warning about a proxy on this machine that `--trusted-proxy` does not name: once per start.
package final class ProxyNotice: Sendable {
  private let flag = OnceFlag()
  private let log: Log

  /// Nothing was reported yet.
  package init(log: Log) { self.log = log }

  /// Reports a proxy, unless one was reported before.
  func met(_ proxy: PeerAddress) {
    guard !flag.isRaised, flag.raise() else { return }
    log.write(
      .warning, "unnamed-proxy",
      "a proxy at \(proxy) passes on requests: its clients have no rights of this machine, and "
        + "share the limits of one address (--trusted-proxy \(proxy) names the proxy)")
  }
}
