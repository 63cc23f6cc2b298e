// SPDX-License-Identifier: Apache-2.0

import Sharing
package import System

/// Waits on a thread of its own until the bytes of files are on the disk.
///
/// A disk that needs half a second for that delays no write: a crash of the process costs only
/// bytes that were not written.
package final class SyncThread: Sendable {
  private struct State: Sendable {
    var waiting: [FileSync] = []
    var isClosed = false
  }

  private let state = Monitor(State())

  /// Starts the thread.
  ///
  /// - Returns: nil if the system refuses a thread.
  package init?() {
    let state = state
    let thread = OSThread(name: "archive-sync") {
      while let file = Self.next(state) { file.run() }
    }
    guard thread != nil else { return nil }
  }

  deinit { close() }

  /// Ends the thread after its present file; it is not waited for.
  package func close() { state.update { $0.isClosed = true } }

  /// Adds a file to the queue.
  fileprivate func add(_ file: FileSync) { state.update { $0.waiting.append(file) } }

  /// The next file; nil after the end.
  private static func next(_ state: Monitor<State>) -> FileSync? {
    state.wait { state in
      if state.isClosed { return .some(nil) }
      return state.waiting.isEmpty ? nil : .some(state.waiting.removeFirst())
    }
  }
}

/// The synchronisation of one file: idle, waiting, or failed.
package final class FileSync: Sendable {
  private enum State: Sendable {
    case idle, waiting
    case failed(SystemError)
  }

  private let file: DiskFile
  private let state = Locked(State.idle)

  /// The synchronisation of `file`.
  package init(_ file: DiskFile) { self.file = file }

  /// Asks for a synchronisation of the bytes that are written.
  ///
  /// - Returns: false if the previous one is under way.
  /// - Throws: the error of the previous one.
  package func start(on thread: SyncThread) throws(SystemError) -> Bool {
    let before = state.withLock { state in
      let before = state
      if case .failed = before { state = .idle } else { state = .waiting }
      return before
    }
    switch before {
    case .waiting: return false
    case .failed(let error): throw error
    case .idle:
      thread.add(self)
      return true
    }
  }

  /// Synchronises; on the thread.
  fileprivate func run() {
    do throws(SystemError) {
      try file.sync()
      state.withLock { $0 = .idle }
    } catch { state.withLock { $0 = .failed(error) } }
  }
}
