// SPDX-License-Identifier: Apache-2.0

import CLinux
import CSeccomp
import Glibc

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
    /// seccomp: no dangerous system call.
    package static let calls = Protections(rawValue: 2)
    /// Limits of memory and descriptors, no new privileges, no life after the parent's.
    package static let limits = Protections(rawValue: 4)

    /// All of them.
    package static let all: Protections = [.files, .calls, .limits]
  }

  /// The bytes of data with which a process reports that it has used up its own.
  private static let reserve: UInt64 = 16 << 20
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

  /// Gives up the rights.
  ///
  /// - Parameters:
  ///   - files: the paths of the input.
  ///   - usesDevices: whether an encoder needs the files of devices.
  ///   - memory: the most bytes of data, stacks of threads included.
  /// - Returns: what is in force; a part of it on a kernel that lacks the rest.
  package static func enter(files: [String], usesDevices: Bool, memory: UInt64) -> Protections {
    var protections: Protections = []
    if clinux_confine(memory, reserve, descriptors) == 0 { protections.insert(.limits) }
    if confineFiles(files, usesDevices) { protections.insert(.files) }
    if cseccomp_refuse_dangerous_calls() == 0 { protections.insert(.calls) }
    return protections
  }

  /// Permits some more memory to a process that has used up its own.
  package static func releaseReserve() { clinux_release_reserve() }

  private static func confineFiles(_ files: [String], _ usesDevices: Bool) -> Bool {
    var version: Int32 = 0
    let rules = unsafe clinux_landlock_begin(&version)
    guard rules >= 0 else { return false }
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

  /// The files and folders of encoders that exist.
  private static func devices() -> [String] {
    guard let folder = unsafe opendir("/dev") else { return [] }
    defer { unsafe closedir(folder) }
    var found: [String] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      if deviceNames.contains(where: { name.hasPrefix($0) }) { found.append("/dev/" + name) }
    }
    return found
  }
}
