// SPDX-License-Identifier: Apache-2.0

import Glibc
import System

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
    let stat = String(decoding: PrivateFile.contents("/proc/self/stat") ?? [], as: UTF8.self)
    let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
    func field(_ number: Int) -> Double {
      let index = number - 2
      return index < fields.count ? Double(fields[index]) ?? 0 : 0
    }
    cpuSeconds = (field(14) + field(15)) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    residentBytes = field(24) * Double(max(1, sysconf(Int32(_SC_PAGESIZE))))
    threads = Int(field(20))
    // Without the descriptor of this folder.
    descriptors = max(0, DiskFolder.names("/proc/self/fd").count - 1)
    descriptorLimit = Double(sysconf(Int32(_SC_OPEN_MAX)))
  }
}
