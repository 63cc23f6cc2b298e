// SPDX-License-Identifier: Apache-2.0

import Checked
package import Time

/// Held requests by the version each awaits: a pure state machine, without locks, clocks or tasks.
///
/// A version is a count of parts since 1970 and strictly increases. Part K of segment N exists from
/// version P(N) + K + 1, segment N from P(N+1); P(N) is the number of parts before segment N. If a
/// segment ends before an awaited part, the next segment's first part releases the request, as RFC
/// 8216bis §6.2.5.2 demands.
package struct RequestsByVersion<Waiter> {
  /// Identifies one held request; a later request has a larger number.
  package typealias Ticket = UInt64

  /// A held request; a cancelled one has no waiter.
  struct Entry {
    fileprivate let ticket: Ticket
    fileprivate let deadline: MonotonicTime
    fileprivate(set) var waiter: Waiter?

    /// Removes and returns the waiter.
    mutating func takeWaiter() -> Waiter? {
      var taken: Waiter?
      swap(&taken, &waiter)
      return taken
    }
  }

  /// The requests that await one version, in the order of their tickets.
  private struct Bucket {
    let version: Int64
    var entries: [Entry] = []
  }

  /// Few buckets: clients request only the next parts.
  private var buckets: [Bucket] = []
  private var lastTicket: Ticket = 0
  /// The number of held requests.
  package private(set) var count = 0
  /// The earliest deadline of all entries, including those of cancelled requests.
  ///
  /// The distant future if there is no entry.
  package private(set) var nextDeadline = MonotonicTime.distantFuture

  /// A state without held requests.
  package init() {}

  /// Holds `waiter` until `version` or `deadline`.
  package mutating func hold(_ waiter: Waiter, until version: Int64, deadline: MonotonicTime)
    -> Ticket
  {
    lastTicket += 1
    let bucket: Int
    if let found = index(of: version) {
      bucket = found
    } else {
      bucket = buckets.count
      buckets.append(Bucket(version: version))
    }
    buckets[bucket].entries.append(
      Entry(ticket: lastTicket, deadline: deadline, waiter: waiter))
    count += 1
    nextDeadline = min(nextDeadline, deadline)
    return lastTicket
  }

  /// The bucket of a version; the newest one is the likeliest.
  private func index(of version: Int64) -> Int? {
    for index in stride(from: buckets.count - 1, through: 0, by: -1)
    where buckets[index].version == version {
      return index
    }
    return nil
  }

  /// Releases the requests that await `version` or an earlier one, oldest first.
  package mutating func published(_ version: Int64) -> [Waiter] {
    Self.waiters(entries(upTo: version))
  }

  /// Releases all requests, oldest first: the stream has ended.
  package mutating func ended() -> [Waiter] { published(.max) }

  /// As ``published(_:)``, without a copy: the caller takes each waiter out of its entry.
  mutating func entries(upTo version: Int64) -> [Entry] {
    var released: [Entry] = []
    var isSorted = true
    var index = 0
    while index < buckets.count {
      guard buckets[index].version <= version else {
        index += 1
        continue
      }
      let entries = buckets.remove(at: index).entries
      if released.isEmpty {
        released = entries
      } else {
        released += entries
        isSorted = false
      }
    }
    if !isSorted { released.sort { $0.ticket < $1.ticket } }
    forget(released)
    return released
  }

  /// Removes a request whose client has disconnected; no effect if it is not held.
  package mutating func cancelled(_ ticket: Ticket, until version: Int64) {
    guard let bucket = index(of: version),
      let position = position(of: ticket, in: buckets[bucket].entries),
      buckets[bucket].entries[position].takeWaiter() != nil
    else { return }
    count -= 1
    forgetCancelled()
  }

  /// Releases the requests whose deadline is at or before `now`.
  package mutating func expired(_ now: MonotonicTime) -> [Waiter] {
    guard nextDeadline <= now else { return [] }
    var released: [Entry] = []
    nextDeadline = .distantFuture
    var kept: [Bucket] = []
    for bucket in buckets.sorted(by: { $0.version < $1.version }) {
      released += bucket.entries.filter { $0.deadline <= now }
      let entries = bucket.entries.filter { $0.deadline > now && $0.waiter != nil }
      if !entries.isEmpty { kept.append(Bucket(version: bucket.version, entries: entries)) }
      for entry in entries { nextDeadline = min(nextDeadline, entry.deadline) }
    }
    buckets = kept
    forget(released)
    return Self.waiters(released)
  }

  /// Binary search: entries are in the order of their tickets.
  private func position(of ticket: Ticket, in entries: [Entry]) -> Int? {
    let index = entries.partition { $0.ticket < ticket }
    return index < entries.count && entries[index].ticket == ticket ? index : nil
  }

  private static func waiters(_ entries: [Entry]) -> [Waiter] {
    entries.compactMap { $0.waiter }
  }

  /// Subtracts released requests.
  private mutating func forget(_ released: [Entry]) {
    for index in 0..<released.count where released[index].waiter != nil { count -= 1 }
    forgetCancelled()
  }

  /// Without held requests all remaining entries are of cancelled requests.
  private mutating func forgetCancelled() {
    guard count == 0 else { return }
    buckets.removeAll()
    nextDeadline = .distantFuture
  }
}
