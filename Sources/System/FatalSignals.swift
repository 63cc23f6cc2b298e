// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The signals of faults: a segmentation fault, an illegal instruction, `abort`.
///
/// The Swift runtime handles them if it finds `swift-backtrace`: the handler stops all threads and
/// waits for a trace of each. A server ends at once, so that its supervisor starts the next one.
package enum FatalSignals {
  /// The variable with the settings of the Swift runtime for traces.
  package static let variable = "SWIFT_BACKTRACE"
  /// The value of ``variable`` for no traces.
  package static let withoutTrace = "enable=no"

  /// Restores the default actions, and dumps no core, whose writing delays the end.
  ///
  /// No effect if ``variable`` enables or disables traces: an operator wants them, or a core file.
  package static func endAtOnce() {
    guard !decidesOnTraces(SystemEnvironment.value(variable) ?? "") else { return }
    for number in [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGQUIT] {
      _ = clinux_default_signal(number)
    }
    clinux_dump_no_core()
  }

  /// Whether a value of ``variable`` contains `enable`; other settings only describe the traces.
  static func decidesOnTraces(_ value: String) -> Bool {
    value.split(separator: ",").contains { $0.hasPrefix("enable=") }
  }
}
