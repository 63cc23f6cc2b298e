// SPDX-License-Identifier: Apache-2.0

package import Logging
import Sharing
package import Streams
package import Time

extension StreamSupervisor {
  /// Logs the failures of the stream.
  ///
  /// - Parameters:
  ///   - log: the log.
  ///   - onChange: called when the stream has failed or ended, on any thread.
  func reportFailures(to log: Log, onChange: @escaping @Sendable () -> Void) {
    let reported = Locked("")
    subscribe { [weak self] in
      guard let self else { return }
      switch phase {
      case .failed(let failure):
        if plan.isRetried {
          // Each retry that fails for the same reason is logged at debug level.
          let reason = "\(failure)"
          let isNew = reported.withLock { reported in
            defer { reported = reason }
            return reported != reason
          }
          log.write(
            isNew ? .error : .debug, "stream-failed", stream: name, "\(reason); retrying")
        }
        onChange()
      case .live: reported.withLock { $0 = "" }
      case .ended: onChange()
      case .idle, .starting: break
      }
    }
  }

  /// Waits until no thread of a removed stream is left, and logs if one is left at the deadline.
  package func waitUntilClosed(until deadline: MonotonicTime, _ log: Log) {
    if !waitUntilClosed(until: deadline) {
      log.write(.warning, "thread-left", stream: name, "the stream does not stop in time")
    }
  }
}
