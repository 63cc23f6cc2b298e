// SPDX-License-Identifier: Apache-2.0

import Logging
import Packaging
import Publishing
import Sharing
import Time

// Relayed streams: of the configuration, of requests, and of publishers.
extension ServerState {
  /// The relayed streams that the configuration or a request has created.
  package var relays: [RelayEntry] {
    streamTable.relays.entries.filter { !$0.isTemporary }
  }

  /// Adds a relayed stream; a relayed stream of the same name ends.
  package func addRelay(_ entry: RelayEntry) {
    let replaced = changeRelays { table, _ in table.add(entry) }
    if let replaced { end(replaced, at: SystemClock.monotonicTime) }
  }

  /// Ends and removes a relayed stream.
  ///
  /// - Returns: whether there was one of this name.
  package func removeRelay(_ name: String) -> Bool {
    guard let removed = changeRelays({ table, _ in table.remove(name) }) else { return false }
    end(removed, at: SystemClock.monotonicTime)
    return true
  }

  /// Ends a stream that is no longer in the table.
  private func end(_ entry: RelayEntry, at now: MonotonicTime) {
    entry.stream.end(at: now)
    relayPermits.withLock { $0.remove(entry.name) }
    if entry.isTemporary { allowance.release(entry.name) }
  }

  /// Whether a stream of any kind has this name.
  package func hasStream(_ name: String) -> Bool {
    let table = streamTable
    return table.stream(name) != nil || table.relays[name] != nil
  }

  /// The relayed stream of a publisher, which is created if it does not exist.
  func createRelay(_ name: String, at now: MonotonicTime) throws(RelayTable.Refusal) -> RelayEntry {
    let (entry, isNew) = try changeRelays {
      [options, allowance] table, streams throws(RelayTable.Refusal) -> (RelayEntry, Bool) in
      if let known = table[name] { return (known, false) }
      guard !streams.contains(where: { $0.name == name }) else { throw .name }
      let created = try table.create(
        name, options.relayLimits, key: options.publishKey, playbackKeys: options.playbackKeys,
        allowance, now: now)
      return (created, true)
    }
    if isNew {
      log.write(.info, "published", stream: name, "relayed: created by an upload")
    }
    return entry
  }

  /// Removes expired files, and streams whose publishers have been away for a time.
  func expireRelays(_ now: MonotonicTime) {
    let entries = streamTable.relays.entries
    for entry in entries { entry.stream.expire(at: now) }
    relayPermits.withLock { permits in
      permits.expire(now) { name in
        entries.first { $0.name == name }?.stream.statistics.isUploading ?? false
      }
    }
    guard entries.contains(where: \.isTemporary) else { return }
    var unchanged = streamTable.relays
    guard !unchanged.expire(now).isEmpty else { return }
    let removed = changeRelays { table, _ in table.expire(now) }
    for entry in removed {
      end(entry, at: now)
      log.write(
        .info, "unpublished", stream: entry.name,
        "relayed: no upload for \(PublishAllowance.lingerTime.wholeSeconds) s")
    }
  }
}
