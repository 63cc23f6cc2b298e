// SPDX-License-Identifier: Apache-2.0

/// The header of the PROXY protocol, version 2: the client's address before its first byte.
///
/// Pure. Version 1, which is text, is not read.
/// - Source: HAProxy, "The PROXY protocol", section 2.2
package enum ProxyHeader {
  /// The meaning of the first bytes of a connection.
  package enum Outcome: Equatable, Sendable {
    /// The bytes begin with no header.
    case none
    /// The bytes may be the start of a header.
    case incomplete
    /// A header of `size` bytes; `client` is nil for a connection of the proxy itself.
    case header(size: Int, client: PeerAddress?)
    /// The signature of a header, and a content that is invalid.
    case malformed
  }

  /// The first bytes of each header.
  package static let signature: [UInt8] = [
    0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
  ]
  /// The bytes before the addresses.
  private static let fixedSize = 16
  /// The largest size of addresses and additional values (TLV); real headers have about 100 bytes.
  private static let contentLimit = 2048
  /// The largest size of a header.
  package static let sizeLimit = fixedSize + contentLimit

  /// Reads the header at the start of `bytes`.
  package static func read(_ bytes: ArraySlice<UInt8>) -> Outcome {
    let known = bytes.prefix(signature.count)
    guard known.elementsEqual(signature.prefix(known.count)) else { return .none }
    guard bytes.count >= fixedSize else { return .incomplete }
    func byte(_ offset: Int) -> UInt8 {
      // bounded: the callers' offsets are below the checked sizes
      bytes[bytes.startIndex + offset]
    }
    func number(_ offset: Int, _ count: Int) -> UInt64 {
      // bounded: at most eight bytes
      (offset..<offset + count).reduce(0) { $0 << 8 | UInt64(byte($1)) }
    }
    let (version, command, family) = (byte(12) >> 4, byte(12) & 15, byte(13))
    let length = Int(number(14, 2))
    guard version == 2, command <= 1, length <= contentLimit else { return .malformed }
    // bounded: length is at most `contentLimit`
    let size = fixedSize + length
    guard bytes.count >= size else { return .incomplete }
    // LOCAL: the proxy's own connection, as for its health checks.
    guard command == 1 else { return .header(size: size, client: nil) }
    switch family {
    // TCP over IPv4: two addresses, two ports.
    case 0x11:
      guard length >= 12 else { return .malformed }
      return .header(
        size: size,
        client: PeerAddress(
          high: 0, low: number(16, 4), port: UInt16(number(24, 2)), isVersion6: false))
    // TCP over IPv6.
    case 0x21:
      guard length >= 36 else { return .malformed }
      let (high, low) = (number(16, 8), number(24, 8))
      let port = UInt16(number(48, 2))
      // ::ffff:0:0/96 is an address of IPv4.
      guard high == 0, low >> 32 == 0xFFFF else {
        return .header(
          size: size, client: PeerAddress(high: high, low: low, port: port, isVersion6: true))
      }
      return .header(
        size: size,
        client: PeerAddress(high: 0, low: low & 0xFFFF_FFFF, port: port, isVersion6: false))
    // Unspecified, or a local socket of the proxy: no address.
    case 0x00, 0x31: return .header(size: size, client: nil)
    default: return .malformed
    }
  }
}
