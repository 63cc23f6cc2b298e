// SPDX-License-Identifier: Apache-2.0

import CLinux
import CSeccomp
import Glibc
import Sharing
import System

/// The rights that a process with foreign media gives up.
///
/// Applied by the first thread before it starts another; threads inherit it.
package enum Sandbox {
  /// The protections that are in force.
  package struct Protections: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Landlock: no file but the permitted ones.
    package static let files = Protections(rawValue: 1)
    /// seccomp: no system call but the permitted ones.
    package static let calls = Protections(rawValue: 2)
    /// Limits of memory and descriptors, no privileges, no life after the parent's.
    package static let limits = Protections(rawValue: 4)

    private static let names: [(Protections, String)] = [
      (.files, "Landlock"), (.calls, "seccomp"), (.limits, "limits"),
    ]
    private static let wasTaken = OnceFlag()

    /// A sentence about the protections that this system lacks, once per run of the program: each
    /// process lacks the same.
    ///
    /// - Returns: nil if nothing is missing, or another process had the sentence.
    package func takeLack() -> String? {
      let missing = Self.names.filter { !contains($0.0) }.map(\.1)
      guard !missing.isEmpty, Self.wasTaken.raise() else { return nil }
      return "this system lacks \(missing.joined(separator: ", ")): processes with foreign media "
        + "keep these rights"
    }
  }

  /// The network that is permitted.
  package enum Network: Sendable, Equatable, Codable {
    /// No sockets.
    case none
    /// UDP, and TCP to these ports only, if the kernel can limit them.
    case ports(Set<UInt16>)
    /// UDP and TCP.
    case all

    /// The network for both.
    package func and(_ other: Network) -> Network {
      switch (self, other) {
      case (.all, _), (_, .all): .all
      case (.none, let some), (let some, .none): some
      case (.ports(let own), .ports(let others)): .ports(own.union(others))
      }
    }
  }

  /// The bytes of data with which a process reports that it has used up its own.
  private static let reserve: UInt64 = 16 << 20
  /// The most bytes of addresses beyond those of data.
  ///
  /// Libraries, files and unused stacks take a few GB; page tables take 0.2 % of the addresses.
  private static let addresses: UInt64 = 16 << 30
  /// The most open descriptors.
  private static let descriptors: UInt64 = 256

  /// Files for the C library's names, certificates of authorities, and libraries.
  private static let readable = [
    "/usr", "/lib", "/lib64", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/gnutls",
    "/etc/ca-certificates", "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf",
    "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols", "/etc/localtime",
    "/etc/ld.so.cache", "/etc/alternatives", "/proc/self", "/proc/cpuinfo", "/proc/meminfo",
    "/proc/stat", "/proc/net/if_inet6", "/sys/devices/system/cpu",
    "/dev/urandom", "/dev/random", "/dev/null", "/dev/zero",
  ]

  /// The starts of the names in /dev of graphics processors and video devices, with which encoders
  /// work.
  private static let deviceNames = ["dri", "nvidia", "video", "media", "dma_heap", "mpp_service"]

  /// DNS, for answers that are too long for UDP.
  private static let namePort: UInt16 = 53

  /// Gives up the rights.
  ///
  /// - Parameters:
  ///   - files: the paths of the input.
  ///   - network: the network that the input needs; ports of name servers and proxies are added.
  ///   - usesDevices: whether an encoder needs the files of devices.
  ///   - memory: the most bytes of data, stacks of threads included.
  /// - Returns: what is in force; a part of it on a kernel that lacks the rest.
  package static func enter(
    files: [String], network: Network, usesDevices: Bool, memory: UInt64
  ) -> Protections {
    var protections: Protections = []
    // Drivers reserve addresses.
    let (sum, isTooLarge) = memory.addingReportingOverflow(addresses)
    let space = usesDevices || isTooLarge ? 0 : sum
    if clinux_confine(memory, reserve, space, descriptors) == 0 { protections.insert(.limits) }
    if confineFiles(files, network, usesDevices) { protections.insert(.files) }
    if cseccomp_permit_needed_calls(network != .none, usesDevices) == 0 {
      protections.insert(.calls)
    }
    return protections
  }

  /// Permits some more memory to a process that has used up its own.
  package static func releaseReserve() { clinux_release_reserve() }

  private static func confineFiles(
    _ files: [String], _ network: Network, _ usesDevices: Bool
  ) -> Bool {
    var version: Int32 = 0
    let rules = unsafe clinux_landlock_begin(&version, network != .all)
    guard rules >= 0 else { return false }
    if case .ports(let ports) = network, version >= 4 {
      for port in ports.union(proxyPorts).union([namePort]) {
        _ = clinux_landlock_permit_port(rules, port)
      }
    }
    // A path that does not exist needs no right.
    let certificates = ["SSL_CERT_FILE", "SSL_CERT_DIR"].compactMap { SystemEnvironment.value($0) }
    for path in readable + certificates + files {
      _ = unsafe clinux_landlock_permit(rules, version, path, false)
    }
    if usesDevices {
      for path in devices() { _ = unsafe clinux_landlock_permit(rules, version, path, true) }
      _ = unsafe clinux_landlock_permit(rules, version, "/sys", false)
      // libavcodec looks for the video device of an encoder in the list.
      _ = unsafe clinux_landlock_permit_list(rules, "/dev")
    }
    return clinux_landlock_apply(rules) == 0
  }

  /// The ports of the proxies that libavformat asks for connections with TLS.
  private static var proxyPorts: [UInt16] {
    ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"].compactMap { name in
      SystemEnvironment.value(name).flatMap(port(ofProxy:))
    }
  }

  /// The port of the URL of a proxy, by default 80; nil if it is empty or invalid.
  static func port(ofProxy url: String) -> UInt16? {
    guard !url.isEmpty else { return nil }
    let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
    let place = rest.prefix { $0 != "/" }
    let host = place.lastIndex(of: "@").map { place[place.index(after: $0)...] } ?? place
    // A colon before a bracket is part of an address.
    guard let colon = host.lastIndex(of: ":"), host.lastIndex(of: "]").map({ $0 < colon }) ?? true
    else { return 80 }
    return UInt16(host[host.index(after: colon)...])
  }

  /// The files and folders of encoders that exist.
  private static func devices() -> [String] {
    DiskFolder.names("/dev").filter { name in deviceNames.contains { name.hasPrefix($0) } }
      .map { "/dev/" + $0 }
  }
}
