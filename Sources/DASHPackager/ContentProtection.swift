// SPDX-License-Identifier: Apache-2.0

import Encryption

/// The ContentProtection elements of an AdaptationSet.
///
/// - Source: ISO/IEC 23009-1 §5.8.4.1; ISO/IEC 23001-7 §11; DASH-IF IOP v5 part 6 (ClearKey, Laurl)
struct ContentProtection {
  /// The KID that the CMAF header names.
  let identifier: [UInt8]
  /// What licence systems tell players of the key.
  let signals: [ProtectionSignal]
  /// The URL of licences of ClearKey.
  let licences: String

  private static let common = ("xmlns:cenc", Optional("urn:mpeg:cenc:2013"))

  func write(to out: inout XMLText) {
    out.element(
      "ContentProtection",
      [
        Self.common, ("schemeIdUri", "urn:mpeg:dash:mp4protection:2011"), ("value", "cbcs"),
        ("cenc:default_KID", ContentKey.uuid(identifier)),
      ])
    out.element(
      "ContentProtection",
      [
        ("schemeIdUri", "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e"), ("value", "ClearKey1.0"),
      ]
    ) { out in
      out.element(
        "dashif:Laurl", [("xmlns:dashif", "https://dashif.org/CPS")], containing: licences)
    }
    for signal in signals where signal.content != nil || !signal.box.isEmpty {
      out.element(
        "ContentProtection",
        [Self.common, ("schemeIdUri", "urn:uuid:\(signal.system)"), ("value", "cbcs")]
      ) { out in
        if let content = signal.content {
          out.raw(content)
        } else {
          out.element("cenc:pssh", [], containing: signal.boxText)
        }
      }
    }
  }
}
