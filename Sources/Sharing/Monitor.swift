// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Time

/// A value that threads change and wait for: a lock with a condition variable.
@safe
package final class Monitor<State>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var state: State

  /// A monitor around `state`, which has no other owner.
  package init(_ state: sending State) {
    self.state = state
    unsafe mutex = .allocate(capacity: 1)
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe pthread_mutex_init(mutex, nil)
    unsafe condition = .allocate(capacity: 1)
    unsafe condition.initialize(to: pthread_cond_t())
    // Deadlines are monotonic: a step of the wall clock does not move them.
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(condition, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe condition.deallocate()
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
  }

  /// Reads the state, and wakes no thread.
  package func read<Result>(_ body: (State) -> sending Result) -> sending Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return body(state)
  }

  /// Changes the state and wakes the waiting threads.
  package func update<Result>(_ body: (inout sending State) -> sending Result) -> sending Result {
    unsafe pthread_mutex_lock(mutex)
    defer {
      unsafe pthread_cond_broadcast(condition)
      unsafe pthread_mutex_unlock(mutex)
    }
    return body(&state)
  }

  /// Changes the state and wakes one of the waiting threads, each of which can use the change.
  package func updateForOne<Result>(
    _ body: (inout sending State) -> sending Result
  ) -> sending Result {
    unsafe pthread_mutex_lock(mutex)
    defer {
      unsafe pthread_cond_signal(condition)
      unsafe pthread_mutex_unlock(mutex)
    }
    return body(&state)
  }

  /// Blocks until `take` returns a value, and returns the value.
  package func wait<Result>(_ take: (inout sending State) -> sending Result?) -> sending Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while true {
      if let found = take(&state) { return found }
      unsafe pthread_cond_wait(condition, mutex)
    }
  }

  /// Blocks until `take` returns a value or until `deadline`.
  ///
  /// - Returns: the value; nil at the deadline.
  package func wait<Result>(
    until deadline: MonotonicTime, _ take: (inout sending State) -> sending Result?
  ) -> sending Result? {
    let nanoseconds = max(0, deadline.nanoseconds)
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    var limit = timespec(tv_sec: Int(seconds), tv_nsec: Int(rest))
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while true {
      if let found = take(&state) { return found }
      let code = unsafe pthread_cond_timedwait(condition, mutex, &limit)
      if code == ETIMEDOUT { return take(&state) }
    }
  }
}
