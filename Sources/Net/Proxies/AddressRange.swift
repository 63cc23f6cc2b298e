// SPDX-License-Identifier: Apache-2.0

/// A range of Internet addresses, as in `192.0.2.0/24`, `2001:db8::/32` or `192.0.2.1` (CIDR).
///
/// - Source: RFC 4632 §3.1; RFC 4291 §2.3
package struct AddressRange: Sendable, Hashable, CustomStringConvertible {
  private let first: PeerAddress
  /// The number of leading bits that all addresses share.
  private let prefix: Int

  /// Reads a range; nil for any other text.
  ///
  /// Bits after the prefix are ignored.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let first = PeerAddress(parts[0]) else { return nil }
    let length = first.isVersion6 ? 128 : 32
    self.first = first
    guard parts.count == 2 else {
      prefix = length
      return
    }
    guard parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let bits = Int(parts[1]),
      bits <= length
    else { return nil }
    prefix = bits
  }

  /// Whether the address is within the range; the port has no meaning.
  package func contains(_ peer: PeerAddress) -> Bool {
    guard peer.isVersion6 == first.isVersion6 else { return false }
    let (high, low) = (peer.high ^ first.high, peer.low ^ first.low)
    guard first.isVersion6 else { return low >> (32 - UInt64(prefix)) == 0 }
    // bounded: a shift by 64 or more gives 0, and a prefix is at most 128
    return prefix <= 64
      ? high >> (64 - UInt64(prefix)) == 0
      : high == 0 && low >> (128 - UInt64(prefix)) == 0
  }

  package var description: String { "\(first)/\(prefix)" }
}
