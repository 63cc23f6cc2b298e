// SPDX-License-Identifier: Apache-2.0

/// The addresses at which other devices of the local network reach this machine: pure, but for
/// ``current(includesIPv6:)``.
package enum LocalNetwork {
  /// The most addresses that are of use to people.
  package static let most = 3

  /// The addresses of the interfaces of this machine, the likeliest first.
  package static func current(includesIPv6: Bool) -> [String] {
    addresses(MachineNames.current.addresses, includesIPv6: includesIPv6)
  }

  /// At most ``most`` of `all`, without those of this machine alone, the likeliest first:
  /// 192.168.0.0/16, 10.0.0.0/8, other IPv4, 172.16.0.0/12 (often bridges of containers), IPv6.
  /// - Source: RFC 1918 §3
  package static func addresses(_ all: [String], includesIPv6: Bool) -> [String] {
    let ranked = all.enumerated().compactMap { index, address in
      rank(address, includesIPv6).map { (rank: $0, index: index, address: address) }
    }
    let sorted = ranked.sorted { ($0.rank, $0.index) < ($1.rank, $1.index) }
    return sorted.prefix(most).map { $0.address }
  }

  /// Nil for an address that others cannot reach.
  private static func rank(_ address: String, _ includesIPv6: Bool) -> Int? {
    guard !address.contains(":") else { return includesIPv6 && address != "::1" ? 4 : nil }
    let bytes = address.split(separator: ".").compactMap { UInt8($0) }
    guard bytes.count == 4 else { return nil }
    return switch (bytes[0], bytes[1]) {
    case (127, _), (169, 254): nil
    case (192, 168): 0
    case (10, _): 1
    case (172, 16...31): 3
    default: 2
    }
  }
}
