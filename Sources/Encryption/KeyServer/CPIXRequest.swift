// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// A CPIX document that asks a key server for one key.
///
/// - Source: DASH-IF CPIX 2.3 §5; AWS SPEKE v2 (`X-Speke-Version: 2.0`, one key for all tracks)
package struct CPIXRequest: Sendable {
  /// The licence systems that are asked for: Widevine, PlayReady, FairPlay.
  package static let systems = [
    "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed", "9a04f079-9840-4286-ab92-e65be0885f95",
    "94ce86fb-07ff-4f43-adb8-93d2fa968ca2",
  ]

  /// The name of the content: letters, digits and `._-`, as names of streams.
  package let content: String
  /// The number of the key period since 1970; nil if the key never changes.
  package let period: Int64?

  /// The KID: a hash of content and period, so that a program that restarts asks for the same key.
  package var identifier: [UInt8] {
    let text = Array("streamer/\(content)/\(period ?? 0)".utf8)
    var digest = [UInt8](repeating: 0, count: 32)
    var count: UInt32 = 0
    guard unsafe EVP_Digest(text, text.count, &digest, &count, EVP_sha256(), nil) == 1 else {
      return []
    }
    var identifier = Array(digest.prefix(16))
    // A UUID of version 8, RFC 9562 §5.8.
    identifier[6] = identifier[6] & 0x0F | 0x80
    identifier[8] = identifier[8] & 0x3F | 0x80
    return identifier
  }

  /// The document.
  package var text: String {
    let kid = ContentKey(identifier: identifier, key: identifier)?.uuid ?? ""
    let systems = Self.systems.map { system in
      """
          <cpix:DRMSystem kid="\(kid)" systemId="\(system)">
            <cpix:PSSH/>
            <cpix:ContentProtectionData/>
            <cpix:HLSSignalingData playlist="media"/>
          </cpix:DRMSystem>

      """
    }
    let periods =
      period.map {
        """
          <cpix:ContentKeyPeriodList>
            <cpix:ContentKeyPeriod id="period" index="\($0)"/>
          </cpix:ContentKeyPeriodList>

        """
      } ?? ""
    let filter = period == nil ? "" : "\n      <cpix:KeyPeriodFilter periodId=\"period\"/>"
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <cpix:CPIX contentId="\(content)" version="2.3" xmlns:cpix="urn:dashif:org:cpix" \
      xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc">
        <cpix:ContentKeyList>
          <cpix:ContentKey kid="\(kid)" commonEncryptionScheme="cbcs"/>
        </cpix:ContentKeyList>
        <cpix:DRMSystemList>
      \(systems.joined())  </cpix:DRMSystemList>
      \(periods)  <cpix:ContentKeyUsageRuleList>
          <cpix:ContentKeyUsageRule kid="\(kid)" intendedTrackType="ALL">\(filter)
            <cpix:VideoFilter/>
            <cpix:AudioFilter/>
          </cpix:ContentKeyUsageRule>
        </cpix:ContentKeyUsageRuleList>
      </cpix:CPIX>

      """
  }
}
