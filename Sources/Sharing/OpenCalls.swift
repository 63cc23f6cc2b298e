// SPDX-License-Identifier: Apache-2.0

package import Time

/// The calls of libraries that have begun and not ended: a pure state machine.
package struct OpenCalls: Sendable {
  /// The interval between two checks.
  package static let interval = Interval.milliseconds(250)
  /// The time between two checks that shows that this process did not run meanwhile: it was paused,
  /// or its machine was.
  static let maximumInterval = Interval.seconds(1)

  private var next: UInt64 = 0
  private var calls: [UInt64: (work: CallWatchdog.Work, alive: MonotonicTime)] = [:]
  private var checked: MonotonicTime?

  /// No calls.
  package init() {}

  /// Notes a call that begins.
  ///
  /// - Returns: its number.
  package mutating func begin(_ work: CallWatchdog.Work, at now: MonotonicTime) -> UInt64 {
    next &+= 1  // bounded: numbers may wrap
    calls[next] = (work, now)
    return next
  }

  /// Notes a sign of life of a call.
  package mutating func refresh(_ number: UInt64, at now: MonotonicTime) {
    calls[number]?.alive = now
  }

  /// Notes the end of a call.
  package mutating func end(_ number: UInt64) { calls[number] = nil }

  /// What does not return; nil if nothing.
  package mutating func stuck(at now: MonotonicTime) -> CallWatchdog.Work? {
    let hasPaused = checked.map { now - $0 > Self.maximumInterval } ?? false
    checked = now
    guard !hasPaused else {
      for number in calls.keys { calls[number]?.alive = now }
      return nil
    }
    return calls.values.first { now - $0.alive > $0.work.limit }?.work
  }
}
