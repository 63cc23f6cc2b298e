// SPDX-License-Identifier: Apache-2.0

import Access
import Logging
import Net
import Packaging
import Publishing
import Sharing
import System
import Time

// Uploaded streams: of the configuration, of requests, and of publishers.
extension ServerState {
  /// The uploaded streams that the configuration or a request has created.
  package var uploads: [UploadEntry] {
    streamTable.uploads.entries.filter { !$0.isTemporary }
  }

  /// Adds an uploaded stream; an uploaded stream of the same name ends.
  package func addUploads(_ entry: UploadEntry) {
    let replaced = changeUploads { table, _ in table.add(entry) }
    if let replaced { end(replaced, at: SystemClock.monotonicTime) }
  }

  /// Ends and removes an uploaded stream.
  ///
  /// - Returns: whether there was one of this name.
  package func removeUploads(_ name: String) -> Bool {
    guard let removed = changeUploads({ table, _ in table.remove(name) }) else { return false }
    end(removed, at: SystemClock.monotonicTime)
    return true
  }

  /// Ends a stream that is no longer in the table.
  private func end(_ entry: UploadEntry, at now: MonotonicTime) {
    entry.stream.end(at: now)
    uploadGrants.withLock { $0.remove(entry.name) }
    if entry.isTemporary { createdStreams.release(entry.name) }
  }

  /// Whether a stream of any kind has this name.
  package func hasStream(_ name: String) -> Bool {
    let table = streamTable
    return table.stream(name) != nil || table.uploads[name] != nil
  }

  /// Whether a text is the key of publishers of any stream, which must not become a public name.
  package func isPublishKey(_ text: String) -> Bool {
    publishers.hasKey(text) || options.publishKey?.matches(text) == true
      || streamTable.uploads.entries.contains { $0.key?.matches(text) == true }
  }

  /// The uploaded stream of a publisher, which is created if it does not exist.
  func createUploads(
    _ name: String, at now: MonotonicTime
  ) throws(AccessRefusal) -> UploadEntry {
    let (entry, isNew) = try changeUploads {
      [options, createdStreams] table, streams throws(AccessRefusal) -> (UploadEntry, Bool) in
      if let known = table[name] { return (known, false) }
      guard !streams.contains(where: { $0.name == name }) else { throw .name }
      let created = try table.create(
        name, options.uploadLimits, key: options.publishKey, viewers: options.createdViewers,
        createdStreams, now: now)
      return (created, true)
    }
    if isNew {
      log.write(.info, "published", stream: name, "uploaded stream: created by an upload")
    }
    return entry
  }

  /// Removes expired files, and streams whose publishers have been away for a time.
  func expireUploads(_ now: MonotonicTime) {
    let entries = streamTable.uploads.entries
    for entry in entries { entry.stream.expire(at: now) }
    uploadGrants.withLock { grants in
      grants.expire(now) { name in
        entries.first { $0.name == name }?.stream.statistics.isUploading ?? false
      }
    }
    guard entries.contains(where: \.isTemporary) else { return }
    var unchanged = streamTable.uploads
    guard !unchanged.expire(now).isEmpty else { return }
    let removed = changeUploads { table, _ in table.expire(now) }
    for entry in removed {
      end(entry, at: now)
      log.write(
        .info, "unpublished", stream: entry.name,
        "uploaded stream: no upload for \(CreatedStreamLimit.lingerTime.wholeSeconds) s")
    }
  }
}
