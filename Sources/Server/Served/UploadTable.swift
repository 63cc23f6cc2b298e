// SPDX-License-Identifier: Apache-2.0

package import Access
import Net
package import Packaging
import Publishing
package import System
import Time

/// The uploaded streams of the server: a pure state machine.
struct UploadTable: Sendable {
  /// In the order of their addition.
  private(set) var entries: [UploadEntry] = []

  subscript(name: String) -> UploadEntry? { entries.first { $0.name == name } }

  /// Adds a stream; it replaces a stream of the same name.
  ///
  /// - Returns: the replaced stream, which the caller must end.
  mutating func add(_ entry: UploadEntry) -> UploadEntry? {
    guard let index = entries.firstIndex(where: { $0.name == entry.name }) else {
      entries.append(entry)
      return nil
    }
    defer { entries[index] = entry }
    return entries[index]
  }

  /// Adds a stream for a publisher, whom `limit` must permit.
  mutating func create(
    _ name: String, _ limits: UploadLimits, key: SecretDigest?,
    viewers: ViewerAccess = .everybody,
    _ limit: CreatedStreamLimit, now: MonotonicTime
  ) throws(AccessRefusal) -> UploadEntry {
    guard StreamName.isValid(name), !["auto", "play"].contains(name) else { throw .name }
    if let refusal = limit.take(name).refusal { throw refusal == .taken ? .name : refusal }
    var entry = UploadEntry(UploadedStream(name: name, limits: limits, now: now))
    entry.key = key
    entry.viewers = viewers
    entry.isTemporary = true
    entries.append(entry)
    return entry
  }

  /// Replaces the permission to watch a stream.
  mutating func setViewers(_ viewers: ViewerAccess, of name: String) {
    guard let index = entries.firstIndex(where: { $0.name == name }) else { return }
    entries[index].viewers = viewers
  }

  /// Removes and returns a stream, which the caller must end.
  mutating func remove(_ name: String) -> UploadEntry? {
    guard let index = entries.firstIndex(where: { $0.name == name }) else { return nil }
    return entries.remove(at: index)
  }

  /// Removes and returns the streams of publishers that have been away for the time that the
  /// allowance names.
  mutating func expire(_ now: MonotonicTime) -> [UploadEntry] {
    let old = entries.filter { entry in
      guard entry.isTemporary else { return false }
      let statistics = entry.stream.statistics
      return !statistics.isUploading && now - statistics.lastUpload >= CreatedStreamLimit.lingerTime
    }
    entries.removeAll { entry in old.contains { $0.stream === entry.stream } }
    return old
  }
}

/// One uploaded stream of the server.
package struct UploadEntry: Sendable {
  /// Its files.
  package let stream: UploadedStream
  /// The key of its publisher; nil for none.
  package var key: SecretDigest?
  /// The access of viewers.
  package var viewers = ViewerAccess.everybody
  /// The keys of playback tokens; without one all clients may play.
  package var playbackKeys: [TokenKey] { viewers.keys }
  /// The stream's name for people; nil if it has none.
  package var label: String?
  /// Whether the stream is removed when it has had no upload for a time, since a publisher has
  /// created it.
  package var isTemporary = false
  /// The options of the stream as text: streams with equal texts are the same stream.
  package var requestedOptions: [String] = []

  /// A stream that the configuration or a request has created.
  package init(_ stream: UploadedStream) { self.stream = stream }

  /// The first element of its URLs.
  package var name: String { stream.name }
}
