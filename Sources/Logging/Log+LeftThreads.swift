// SPDX-License-Identifier: Apache-2.0

package import Sharing
package import Time

extension Log {
  /// Waits for the end of a thread, at most until `deadline`.
  ///
  /// A thread that still runs then is left running and named in the log; `stream` is its stream,
  /// nil if it has none.
  package func join(_ thread: OSThread, until deadline: MonotonicTime, stream: String? = nil) {
    if !thread.join(until: deadline) { reportLeft(thread.name, stream: stream) }
  }

  /// Logs that a thread did not end in time.
  package func reportLeft(_ thread: String, stream: String? = nil) {
    write(
      .warning, "thread-left", stream: stream,
      "the thread \"\(thread)\" does not end within \(OSThread.joinLimit.wholeSeconds) s; "
        + "continuing without it")
  }
}
