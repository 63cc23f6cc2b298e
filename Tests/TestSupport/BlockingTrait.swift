// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Testing

/// Runs the tests of a suite on threads of their own.
///
/// Swift's pool has one thread per processor. A test that waits for a thread, a socket, a device or
/// an encoder would hold one, and delay the results of all other tests.
package struct BlockingTrait: SuiteTrait, TestTrait, TestScoping {
  /// The suites inside a suite inherit the trait.
  package var isRecursive: Bool { true }

  fileprivate let threads: BlockingThreads

  /// Runs `function` on one of the threads.
  package func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @Sendable @concurrent () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(threads, operation: function)
  }
}

extension Trait where Self == BlockingTrait {
  /// The tests wait for threads, sockets, devices or encoders: they run on threads of their own.
  package static var blocking: Self { Self(threads: .shared) }

  /// The test waits for a process of its own (`processExitsWith`).
  ///
  /// Swift Testing polls from the end of the process until the test waits for it: behind other
  /// tests that takes seconds of a processor.
  package static var ownProcess: Self { Self(threads: .ofProcesses) }
}

/// The threads on which blocking tests run, in the order of their start.
private final class BlockingThreads: TaskExecutor {
  static let shared = BlockingThreads(count: 6)
  static let ofProcesses = BlockingThreads(count: 1)

  private let jobs = Monitor<[UnownedJob]>([])

  init(count: Int) {
    for index in 0..<count {
      _ = OSThread(name: "blocking-\(index)") { [self] in
        while true {
          let job = jobs.wait { $0.isEmpty ? nil : $0.removeFirst() }
          unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
      }
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // Wakes all: a signal to one of several may be lost, by glibc before 2.41 (bug 25847).
    jobs.update { $0.append(job) }
  }
}
