// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The resource usage of the process, from /proc.
package struct ProcessUsage {
  package let cpuSeconds: Double
  package let residentBytes: Double
  package let threads: Int
  package let descriptors: Int
  /// The most descriptors that the process may open.
  package let descriptorLimit: Double

  package init() {
    // The name in parentheses may contain spaces; the field after it, state, is field 3 (proc(5)).
    let stat = Self.read("/proc/self/stat")
    let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
    func field(_ number: Int) -> Double {
      let index = number - 2
      return index < fields.count ? Double(fields[index]) ?? 0 : 0
    }
    cpuSeconds = (field(14) + field(15)) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    residentBytes = field(24) * Double(max(1, sysconf(Int32(_SC_PAGESIZE))))
    threads = Int(field(20))
    descriptors = Self.entries("/proc/self/fd")
    descriptorLimit = Double(sysconf(Int32(_SC_OPEN_MAX)))
  }

  private static func read(_ path: String) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    }
    return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
  }

  private static func entries(_ path: String) -> Int {
    guard let directory = unsafe opendir(path) else { return 0 }
    defer { unsafe closedir(directory) }
    var count = 0
    while let entry = unsafe readdir(directory) {
      if unsafe entry.pointee.d_name.0 != 46 { count += 1 }  // not "." and ".."
    }
    return count - 1  // without the descriptor of this directory
  }
}
