// SPDX-License-Identifier: Apache-2.0

package import Sharing
package import Time

/// An uploaded stream: files that a publisher uploads and readers get unchanged, while they arrive.
///
/// For any thread.
package final class UploadedStream: Sendable {
  /// Whether a name may change its meaning, by the number of its complete file; nil without one.
  package typealias Condition = (_ serial: UInt64?) -> Bool

  /// The effect of a new upload.
  package enum Begin: Sendable {
    /// The upload is accepted; it may replace an earlier file of the name.
    case begun(UploadedFile, replaces: Bool)
    /// An upload of the same name is open.
    case busy
    /// The condition does not hold for the file of the name, or for its absence.
    case unmet
    /// The stream was removed.
    case ended
  }

  /// A file that a request asks for.
  package enum Lookup: Sendable {
    case found(UploadedFile)
    /// The newest upload of the name was cut.
    case broken
    /// The file was deleted or has left the window.
    case removed
    /// No such file was uploaded.
    case unknown
  }

  /// The effect of a deletion.
  package enum Removal: Sendable {
    case removed
    /// The upload of the file is open.
    case busy
    /// The condition does not hold for the file, or for its absence.
    case unmet
    case unknown
  }

  /// The present contents of the window, for people.
  package struct Statistics: Sendable {
    package let fileCount: Int
    package let byteCount: Int
    package let isUploading: Bool
    /// When the newest upload began, or the last one ended.
    package let lastUpload: MonotonicTime
    /// The names of playlists and MPDs.
    package let indexes: [UploadName]
  }

  private struct State: Sendable {
    var window: UploadWindow
    var watchers: [(ticket: Int, body: @Sendable () -> Void)] = []
    var lastTicket = 0
    var hasEnded = false
  }

  private static let serials = Locked<UInt64>(0)
  /// The maximum number of names in ``Statistics``.
  private static let indexLimit = 32

  /// The first element of its URLs.
  package let name: String
  /// The limits of its window.
  package let limits: UploadLimits
  private let state: Locked<State>

  /// A stream without files.
  package init(name: String, limits: UploadLimits, now: MonotonicTime) {
    self.name = name
    self.limits = limits
    state = Locked(State(window: UploadWindow(limits, now: now)))
  }

  /// Responses may keep the files too: they are past media from now on.
  deinit { Self.release(state.withLock { $0.window.allFiles }, after: limits.span) }

  // MARK: For publishers

  /// Begins an upload, if `condition` holds for the present file of the name.
  package func begin(
    _ name: UploadName, if condition: Condition = { _ in true }, at now: MonotonicTime
  ) -> Begin {
    let serial = Self.serials.withLock { last in
      last += 1
      return last
    }
    return change { state in
      if state.hasEnded { return .ended }
      return state.window.begin(name, serial: serial, if: condition, now: now)
    }
  }

  /// Adds bytes to an upload; all readers get them.
  ///
  /// - Returns: false if the window is full of open uploads, or the stream was removed; then the
  ///   upload has failed.
  package func append(_ bytes: SharedBytes, to file: UploadedFile, at now: MonotonicTime) -> Bool {
    change { state in
      guard !state.hasEnded, state.window.grow(file, by: bytes.count) else {
        state.window.fail(file, now: now)
        file.end(.broken)
        return false
      }
      file.append(bytes)
      return true
    }
  }

  /// The upload is complete.
  package func complete(_ file: UploadedFile, at now: MonotonicTime) {
    change { state in
      state.window.complete(file, now: now)
      file.end(.complete)
    }
  }

  /// The upload was cut.
  package func fail(_ file: UploadedFile, at now: MonotonicTime) {
    change { state in
      state.window.fail(file, now: now)
      file.end(.broken)
    }
  }

  /// Deletes a file, if `condition` holds for it.
  package func remove(
    _ name: UploadName, if condition: Condition = { _ in true }
  ) -> Removal {
    change { $0.window.remove(name, if: condition) }
  }

  /// Ends the stream: open uploads are broken, and there are no more.
  package func end(at now: MonotonicTime) {
    change { state in
      state.hasEnded = true
      for file in state.window.openFiles {
        state.window.fail(file, now: now)
        file.end(.broken)
      }
    }
  }

  // MARK: For readers

  /// The file that a name means now.
  package func lookup(_ name: UploadName) -> Lookup {
    state.withLock { $0.window.lookup(name) }
  }

  /// Rises when a name gets another meaning.
  package var revision: UInt64 { state.withLock { $0.window.revision } }

  /// Calls `body` after each change, on any thread, until ``unwatch(_:)``.
  package func watch(_ body: @escaping @Sendable () -> Void) -> Int {
    state.withLock { state in
      state.lastTicket += 1
      state.watchers.append((state.lastTicket, body))
      return state.lastTicket
    }
  }

  /// Ends the calls for a ticket of ``watch(_:)``.
  package func unwatch(_ ticket: Int) {
    state.withLock { state in state.watchers.removeAll { $0.ticket == ticket } }
  }

  // MARK: For the server

  /// Removes the media files whose time has passed.
  package func expire(at now: MonotonicTime) {
    let removed = state.withLock { state in
      state.window.expire(now)
      return state.window.takeRemoved()
    }
    Self.release(removed, after: limits.span)
  }

  /// The present contents.
  package var statistics: Statistics {
    state.withLock { state in
      Statistics(
        fileCount: state.window.fileCount, byteCount: state.window.charged,
        isUploading: state.window.isUploading, lastUpload: state.window.lastUpload,
        indexes: state.window.indexes(limit: Self.indexLimit))
    }
  }

  private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
    let (result, watchers, removed) = state.withLock { state in
      let result = body(&state)
      return (result, state.watchers, state.window.takeRemoved())
    }
    Self.release(removed, after: limits.span)
    for watcher in watchers { watcher.body() }
    return result
  }
  /// Files that have left the window may be sent for as long again as they are kept.
  private static func release(_ files: [UploadedFile], after span: Interval) {
    guard !files.isEmpty else { return }
    PastMedia.add(files.flatMap { $0.read().chunks }, until: SystemClock.monotonicTime + span)
  }
}
