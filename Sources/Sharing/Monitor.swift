// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A state that one thread changes and another waits for: a lock with a condition.
@safe
package final class Monitor<State>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var state: State

  /// Makes a mailbox around `state`, which nobody else holds any longer.
  package init(_ state: sending State) {
    self.state = state
    unsafe mutex = .allocate(capacity: 1)
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe pthread_mutex_init(mutex, nil)
    unsafe condition = .allocate(capacity: 1)
    unsafe condition.initialize(to: pthread_cond_t())
    // Deadlines are monotonic: a step of the wall clock moves none.
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

  /// Changes the state and wakes who waits.
  package func update<Result>(_ body: (inout sending State) -> sending Result) -> sending Result {
    unsafe pthread_mutex_lock(mutex)
    defer {
      unsafe pthread_cond_broadcast(condition)
      unsafe pthread_mutex_unlock(mutex)
    }
    return body(&state)
  }

  /// Blocks until `take` finds what it waits for, and returns it.
  package func wait<Result>(_ take: (inout sending State) -> sending Result?) -> sending Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while true {
      if let found = take(&state) { return found }
      unsafe pthread_cond_wait(condition, mutex)
    }
  }

  /// The same, but gives up at `deadline`, in monotonic nanoseconds, and returns nil then.
  package func wait<Result>(
    until deadline: Int64, _ take: (inout sending State) -> sending Result?
  ) -> sending Result? {
    var limit = timespec(
      tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while true {
      if let found = take(&state) { return found }
      let code = unsafe pthread_cond_timedwait(condition, mutex, &limit)
      if code == ETIMEDOUT { return take(&state) }
    }
  }
}
