// SPDX-License-Identifier: Apache-2.0

/// The handlers of the streams on one loop, by name.
///
/// A recording has a handler from its first request on: each handler costs every publication a
/// look, and there may be a thousand recordings.
///
/// Confined to the loop's thread.
final class StreamHandlers {
  /// The open handlers.
  private(set) var all: [StreamHandler] = []
  private var byName: [String: StreamHandler] = [:]
  private var recordings: [String: StreamEntry] = [:]
  private var defaultName: String?
  /// The handler of the previous request: most requests are for the same stream.
  private var last: (name: String, handler: StreamHandler)?

  /// Opens, updates and closes handlers to match the table of streams; `make` makes them.
  func follow(_ table: StreamTable, _ make: (StreamEntry) -> StreamHandler) {
    let before = byName
    (all, byName, last) = ([], [:], nil)
    defaultName = table.stream(nil)?.name
    recordings = Dictionary(table.recordings.map { ($0.name, $0) }) { first, _ in first }
    let entries = table.streams + table.recordings.filter { before[$0.name] != nil }
    for entry in entries { add(before[entry.name] ?? make(entry), entry) }
    for (name, handler) in before where byName[name] == nil { handler.close() }
    for (handler, entry) in zip(all, entries) { handler.update(entry) }
  }

  /// The handler of the stream `name`, or of the default stream if `name` is nil; `make` makes that
  /// of a recording.
  func handler(_ name: String?, _ make: (StreamEntry) -> StreamHandler) -> StreamHandler? {
    if let last, last.name == name { return last.handler }
    guard let wanted = name ?? defaultName, let found = byName[wanted] ?? open(wanted, make) else {
      return nil
    }
    if let name { last = (name, found) }
    return found
  }

  private func open(
    _ name: String, _ make: (StreamEntry) -> StreamHandler
  ) -> StreamHandler? {
    guard let entry = recordings[name] else { return nil }
    let handler = make(entry)
    add(handler, entry)
    handler.update(entry)
    return handler
  }

  private func add(_ handler: StreamHandler, _ entry: StreamEntry) {
    all.append(handler)
    byName[entry.name] = handler
  }
}
