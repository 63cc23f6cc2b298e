// SPDX-License-Identifier: Apache-2.0

package import FuzzBodies
import Glibc
import Logging

/// The body of this process; set once before the driver runs.
nonisolated(unsafe) private var tried: FuzzBody?

/// The entry that libFuzzer calls; an input that traps or violates a property is a bug.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafeRawPointer?, _ size: Int) -> CInt {
  let bytes = unsafe Array(UnsafeRawBufferPointer(start: start, count: size))
  if let violation = unsafe tried?.run(bytes) {
    Log.standardError("\(violation)\n")
    abort()
  }
  return 0
}

private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments>,
  _ body: @convention(c) (UnsafeRawPointer?, Int) -> CInt
) -> CInt

/// Runs libFuzzer on `body` with the arguments of the process, and ends it.
package func runFuzzer(_ body: FuzzBody?) -> Never {
  guard let body else { exit(2) }
  unsafe tried = body
  var count = CommandLine.argc
  var arguments = unsafe CommandLine.unsafeArgv
  exit(unsafe runDriver(&count, &arguments) { unsafe fuzzOneInput($0, $1) })
}
