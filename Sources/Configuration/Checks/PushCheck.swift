// SPDX-License-Identifier: Apache-2.0

import Net
import Push

/// Checks the receivers of a stream.
enum PushCheck {
  /// The most receivers of a stream.
  static let most = 16

  /// - Throws: an error for the first fault.
  static func check(_ settings: StreamSettings) throws(UsageError) {
    if (settings.clientCertificate == nil) != (settings.clientKey == nil) {
      let given = settings.clientKey == nil ? "client-cert" : "client-key"
      let missing = settings.clientKey == nil ? "client-key" : "client-cert"
      throw UsageError(.option(given), .problem("requires \(option: missing)"))
    }
    guard !settings.pushes.isEmpty else { return }
    guard settings.published != .uploads else {
      throw UsageError(
        [.option("push"), .setting("source", "uploads")], .combination,
        expected: "a stream with another source")
    }
    let isClear = settings.encryption == .none
    if let other = settings.pushes.first(where: { !isClear && $0.address.kind != .cmaf }) {
      throw UsageError(
        [.option("push"), .setting("encryption", settings.encryption.rawValue)], .combination,
        expected: "a receiver of CMAF instead of \(other.address)")
    }
    guard settings.pushes.count <= most else {
      throw UsageError(
        .option("push"), .problem("given \(settings.pushes.count) times"),
        expected: "at most \(most)")
    }
    do throws(TLSError) { _ = try settings.completePushTLS.context() } catch {
      let option = settings.clientCertificate == nil ? "push-verify" : "client-cert"
      throw UsageError(.option(option), .problem("\(error)"))
    }
  }
}
