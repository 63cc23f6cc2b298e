// SPDX-License-Identifier: Apache-2.0

import Capture
import Glibc
import Isolation
import Logging
import Sharing
import Time

/// Ends a process of inputs that is stuck or exhausted: a call of a library does not return, or its
/// memory is used up.
final class ProcessFaults: Sendable {
  /// Gets the calls of libraries of all threads.
  let watch = CallWatchdog()
  private let logs = Locked<[String: Log]>([:])

  /// Notes a stream of the process, for its log.
  func add(_ stream: String, _ log: Log) { logs.withLock { $0[stream] = log } }

  /// Notes that a stream has left.
  func remove(_ stream: String) { logs.withLock { $0[stream] = nil } }

  /// Starts to look at calls and at the memory of a process that may have `memory` bytes of data.
  ///
  /// - Returns: false if the system refuses a thread.
  func begin(memory: Int64) -> Bool {
    OutOfMemory.whenNoted { [self] in
      Sandbox.releaseReserve()
      end(
        "out-of-memory",
        "the source needs more than \(memory >> 20) MB (--max-source-memory); ending the process")
    }
    return OSThread(name: "watch", { [self] in look() }) != nil
  }

  private func look() {
    while true {
      SystemClock.sleep(until: SystemClock.monotonicTime + OpenCalls.interval)
      guard let work = watch.stuck(at: SystemClock.monotonicTime) else { continue }
      let seconds = work.limit.wholeSeconds
      switch work {
      case .coding:
        end(
          "codec-hangs",
          "a decoder or encoder has not returned for \(seconds) s; ending the process")
      case .reading, .connecting:
        end("demuxer-hangs", "the demuxer has not returned for \(seconds) s; ending the process")
      }
    }
  }

  private func end(_ event: StaticString, _ text: String) -> Never {
    for (stream, log) in logs.withLock({ $0 }) {
      log.write(.error, event, stream: stream, text)
    }
    _exit(4)
  }
}
