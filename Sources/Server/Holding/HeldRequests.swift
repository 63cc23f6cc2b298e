// SPDX-License-Identifier: Apache-2.0

/// Which held requests wait for which version of a rendition: a pure state machine, without locks, clocks or tasks.
///
/// Everything a request can wait for is a version, since versions only rise: part (N, K) is there from version
/// P(N) + K + 1 on, segment N from P(N+1) on, P(N) being the parts before segment N. A request ahead of what a short segment has is answered by the first
/// part of the next segment, as RFC 8216bis §6.2.5.2 demands.
package struct HeldRequests<Waiter> {
  /// Names one held request; tickets rise.
  package typealias Ticket = UInt64

  private struct Entry {
    let ticket: Ticket
    let deadline: Int64
    var waiter: Waiter?
  }

  private var waiting: [Int64: [Entry]] = [:]
  private var lastTicket: Ticket = 0
  /// How many requests are held.
  package private(set) var count = 0
  /// The earliest deadline, or an earlier one of a request that has gone; `.max` where none is held.
  package private(set) var nextDeadline = Int64.max

  /// Nobody waits.
  package init() {}

  /// Holds `waiter` until `version` or `deadline` (the caller's clock, any unit).
  package mutating func hold(_ waiter: Waiter, until version: Int64, deadline: Int64) -> Ticket {
    lastTicket += 1
    waiting[version, default: []]
      .append(Entry(ticket: lastTicket, deadline: deadline, waiter: waiter))
    count += 1
    nextDeadline = min(nextDeadline, deadline)
    return lastTicket
  }

  /// Frees whom `version` answers, oldest first.
  package mutating func published(_ version: Int64) -> [Waiter] {
    let due = waiting.keys.filter { $0 <= version }
    guard !due.isEmpty else { return [] }
    if due.count == 1 { return take(waiting.removeValue(forKey: due[0]) ?? []) }
    var freed: [Entry] = []
    for key in due { freed += waiting.removeValue(forKey: key) ?? [] }
    freed.sort { $0.ticket < $1.ticket }
    return take(freed)
  }

  /// Frees all, oldest first: the stream has ended.
  package mutating func ended() -> [Waiter] {
    let freed = waiting.values.joined().sorted { $0.ticket < $1.ticket }
    waiting.removeAll()
    return take(freed)
  }

  /// Forgets a request whose client has gone; nothing happens if it is no longer held.
  package mutating func cancelled(_ ticket: Ticket, until version: Int64) {
    guard let place = position(of: ticket, in: waiting[version] ?? []),
      waiting[version]?[place].waiter != nil
    else { return }
    waiting[version]?[place].waiter = nil
    count -= 1
    if count == 0 { _ = ended() }
  }

  /// Frees whose deadline is not after `now`.
  package mutating func expired(_ now: Int64) -> [Waiter] {
    guard nextDeadline <= now else { return [] }
    var freed: [Entry] = []
    nextDeadline = .max
    for key in waiting.keys.sorted() {
      let entries = waiting.removeValue(forKey: key) ?? []
      freed += entries.filter { $0.deadline <= now }
      let kept = entries.filter { $0.deadline > now && $0.waiter != nil }
      if !kept.isEmpty { waiting[key] = kept }
      for entry in kept { nextDeadline = min(nextDeadline, entry.deadline) }
    }
    return take(freed)
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
      // What is left has gone.
      waiting.removeAll()
      nextDeadline = .max
    }
    return waiters
  }
}
