// SPDX-License-Identifier: Apache-2.0

import Capture
import Checked
import Net
import Push
import Streams

/// The restrictions on streams that clients of `/api` add: sources on the network, cameras and
/// sound cards of this machine, and none of its files.
package enum RequestedStreamCheck {
  package static func check(_ settings: StreamSettings) throws(UsageError) {
    do throws(UsageError) { try checkSource(settings) } catch {
      throw error.located(settings.locations, stream: settings.location)
    }
  }

  private static func checkSource(_ settings: StreamSettings) throws(UsageError) {
    for input in settings.inputs where input.kind == .file || input.kind == .standardInput {
      let schemes = InputAddress.schemes.filter { $0 != "file" }
      throw UsageError(
        .option("input"), .value("\(input)"),
        expected: "in a request, a URL of \(schemes.joined(separator: ", "))")
    }
    if settings.slate != nil {
      throw UsageError(.option("slate"), .problem("is a file, which a request cannot name"))
    }
    if settings.overlayFont != nil {
      throw UsageError(.option("overlay-font"), .problem("is a file, which a request cannot name"))
    }
    if case .file = settings.upstreamTrust {
      throw UsageError(
        .option("relay-verify"), .problem("is a file, which a request cannot name"))
    }
    // A stream that a request adds has those of the program.
    for option in ["push-verify", "client-cert", "client-key"] {
      guard case .key(KeyReader.requestName, _)? = settings.locations[option] else { continue }
      if option == "push-verify", [.system, .unverified].contains(settings.pushTLS.trust) {
        continue
      }
      throw UsageError(.option(option), .problem("is a file, which a request cannot name"))
    }
    try checkEncryption(settings)
    if let device = settings.device, !device.hasPrefix("/dev/video") || device.contains("..") {
      throw UsageError(
        .option("device"), .value(device),
        expected: "in a request, a camera such as /dev/video0")
    }
    // Names of ALSA can be of plugins that write files and run commands.
    for case .device(let name) in settings.audio ?? [] where !isAudioCard(name) {
      throw UsageError(
        .option("audio"), .value(name),
        expected: "in a request, tone, none, default, or a card such as hw:1,0")
    }
  }

  /// Keys of another stream, and certificates of the program, are in files.
  private static func checkEncryption(_ settings: StreamSettings) throws(UsageError) {
    if let keys = settings.encryptionKeys, !EncryptionCheck.isServer(keys) {
      throw UsageError(
        .option("encryption-keys"), .problem("is a file, which a request cannot name"),
        expected: "in a request, an https URL")
    }
    for (option, path) in [
      ("encryption-certificate", settings.encryptionCertificate),
      ("encryption-authority", settings.encryptionAuthority),
    ] where path != nil {
      throw UsageError(.option(option), .problem("is a file, which a request cannot name"))
    }
  }

  private static func isAudioCard(_ name: String) -> Bool {
    guard name != "default" else { return true }
    let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    return parts.count == 2 && ["hw", "plughw", "sysdefault", "front", "dsnoop"].contains(parts[0])
      && NameCharacters.isMade(parts[1], with: ",=_-")
  }
}
