// SPDX-License-Identifier: Apache-2.0

package import Time

/// Held requests by the version each awaits: a pure state machine, without locks, clocks or tasks.
///
/// A version is a count of parts since 1970 and strictly increases. Part K of segment N exists from
/// version P(N) + K + 1, segment N from P(N+1); P(N) is the number of parts before segment N. If a
/// segment ends before an awaited part, the next segment's first part releases the request, as RFC
/// 8216bis §6.2.5.2 demands.
package struct HeldRequests<Waiter> {
  /// Identifies one held request; tickets rise.
  package typealias Ticket = UInt64

  private struct Entry {
    let ticket: Ticket
    let deadline: MonotonicTime
    var waiter: Waiter?
  }

  private var waitersByVersion: [Int64: [Entry]] = [:]
  private var lastTicket: Ticket = 0
  /// The number of held requests.
  package private(set) var count = 0
  /// The earliest deadline, or the earlier one of a cancelled request; the distant future if none
  /// is held.
  package private(set) var nextDeadline = MonotonicTime.distantFuture

  /// No held request.
  package init() {}

  /// Holds `waiter` until `version` or `deadline`.
  package mutating func hold(_ waiter: Waiter, until version: Int64, deadline: MonotonicTime)
    -> Ticket
  {
    lastTicket += 1
    waitersByVersion[version, default: []]
      .append(Entry(ticket: lastTicket, deadline: deadline, waiter: waiter))
    count += 1
    nextDeadline = min(nextDeadline, deadline)
    return lastTicket
  }

  /// Releases the requests that await `version` or an earlier one, oldest first.
  package mutating func published(_ version: Int64) -> [Waiter] {
    let due = waitersByVersion.keys.filter { $0 <= version }
    guard !due.isEmpty else { return [] }
    if due.count == 1 { return take(waitersByVersion.removeValue(forKey: due[0]) ?? []) }
    var released: [Entry] = []
    for key in due { released += waitersByVersion.removeValue(forKey: key) ?? [] }
    released.sort { $0.ticket < $1.ticket }
    return take(released)
  }

  /// Releases all requests, oldest first: the stream has ended.
  package mutating func ended() -> [Waiter] {
    let released = waitersByVersion.values.joined().sorted { $0.ticket < $1.ticket }
    waitersByVersion.removeAll()
    return take(released)
  }

  /// Removes a request whose client has disconnected; no effect if it is not held.
  package mutating func cancelled(_ ticket: Ticket, until version: Int64) {
    guard let index = position(of: ticket, in: waitersByVersion[version] ?? []),
      waitersByVersion[version]?[index].waiter != nil
    else { return }
    waitersByVersion[version]?[index].waiter = nil
    count -= 1
    if count == 0 { _ = ended() }
  }

  /// Releases the requests whose deadline is at or before `now`.
  package mutating func expired(_ now: MonotonicTime) -> [Waiter] {
    guard nextDeadline <= now else { return [] }
    var released: [Entry] = []
    nextDeadline = .distantFuture
    for key in waitersByVersion.keys.sorted() {
      let entries = waitersByVersion.removeValue(forKey: key) ?? []
      released += entries.filter { $0.deadline <= now }
      let kept = entries.filter { $0.deadline > now && $0.waiter != nil }
      if !kept.isEmpty { waitersByVersion[key] = kept }
      for entry in kept { nextDeadline = min(nextDeadline, entry.deadline) }
    }
    return take(released)
  }

  /// Binary search: entries are in the order of their tickets.
  private func position(of ticket: Ticket, in entries: [Entry]) -> Int? {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].ticket < ticket { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].ticket == ticket ? low : nil
  }

  private mutating func take(_ entries: [Entry]) -> [Waiter] {
    var waiters: [Waiter] = []
    waiters.reserveCapacity(entries.count)
    for entry in entries { if let waiter = entry.waiter { waiters.append(waiter) } }
    count -= waiters.count
    if count == 0 {
      // The remaining entries are cancelled.
      waitersByVersion.removeAll()
      nextDeadline = .distantFuture
    }
    return waiters
  }
}
