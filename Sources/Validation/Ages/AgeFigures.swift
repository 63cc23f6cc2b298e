// SPDX-License-Identifier: Apache-2.0

package import Time

/// The ages of chunks at their arrival, and the counts of faults: a pure value.
///
/// The age of a chunk is the time from the capture of its first frame to its last byte here.
package struct AgeFigures: Sendable {
  /// The figures of one interval, and the counts since the start.
  package struct Summary: Sendable {
    /// Milliseconds; nil without a chunk in the interval.
    package let age: (p50: Double, p95: Double, p99: Double)?
    /// The clocks of the ages in the interval.
    package let clocks: [AgeClock]
    /// Chunks in the interval.
    package let count: Int
    /// Chunks, stalls and errors since the start.
    package let chunks: Int64
    package let stalls: Int64
    package let errors: Int64
    /// Rules that were broken since the start, each once per kind of address.
    package let broken: Int64
  }

  /// The most ages of an interval that are kept; later ones are counted only.
  private static let capacity = 100_000

  private var ages: [Interval] = []
  private var clocks: Set<AgeClock> = []
  private var count = 0
  private var chunks: Int64 = 0
  private var stalls: Int64 = 0
  private var errors: Int64 = 0
  private var broken: Int64 = 0
  private var newest: MonotonicTime?

  /// A chunk that arrived at `now`.
  ///
  /// - Parameters:
  ///   - age: its age; negative if the clocks of the two machines differ.
  ///   - clock: the clock of its capture.
  ///   - stallTime: a longer time without a chunk is a stall.
  ///   - now: the arrival.
  package mutating func add(
    _ age: Interval, _ clock: AgeClock, stallTime: Interval, now: MonotonicTime
  ) {
    clocks.insert(clock)
    if let newest, now - newest > stallTime { stalls += 1 }
    newest = now
    chunks += 1
    count += 1
    if ages.count < Self.capacity { ages.append(age) }
  }

  /// A request failed, or a response was cut.
  package mutating func fail() { errors += 1 }

  /// A rule was broken for the first time at addresses of a kind.
  package mutating func breakRule() { broken += 1 }

  /// The figures of the interval that ends here; the next one begins.
  package mutating func summary() -> Summary {
    defer {
      ages = []
      clocks = []
      count = 0
    }
    let ordered = ages.sorted()
    func age(_ percent: Int) -> Double {
      // bounded: at most 100,000 ages
      ordered[min(ordered.count - 1, ordered.count * percent / 100)].seconds * 1000
    }
    let known = AgeClock.allCases.filter(clocks.contains)
    return Summary(
      age: ordered.isEmpty ? nil : (age(50), age(95), age(99)), clocks: known, count: count,
      chunks: chunks, stalls: stalls, errors: errors, broken: broken)
  }
}
