// SPDX-License-Identifier: Apache-2.0

import Sharing
package import System
import Time

/// Waits on a thread of its own until the bytes of files are on the disk, and finishes hour files.
///
/// A disk that needs half a second for that delays no write: a crash of the process costs only
/// bytes that were not written.
package final class SyncThread: Sendable {
  private enum Task: Sendable {
    case sync(FileSync)
    case finish(HourFinish, attempts: Int)
    /// The names of a file, at this path.
    case names(String, attempts: Int)

    /// The path of the file that is finished.
    var finished: String? {
      guard case .finish(let finish, _) = self else { return nil }
      return finish.path
    }
  }

  private struct State: Sendable {
    var waiting: [Task] = []
    var running: Task?
    var isClosed = false
  }

  /// How often a task is tried that the disk refuses; the next start of the program finishes files.
  private static let maximumAttempts = 3

  private let state: Monitor<State>

  /// Starts the thread.
  ///
  /// Nil if the system refuses a thread.
  ///
  /// - Parameter watch: learns of the progress.
  package init?(_ watch: DiskWatch? = nil) {
    let state = Monitor(State())
    self.state = state
    let thread = OSThread(name: "archive-sync") {
      while let task = Self.next(state) {
        watch?.begin(.synchronisation, at: SystemClock.monotonicTime)
        let rest = Self.run(task)
        watch?.end(.synchronisation)
        state.update { state in
          state.running = nil
          if let rest { state.waiting.append(rest) }
        }
      }
    }
    guard thread != nil else { return nil }
  }

  private init(_ state: State) { self.state = Monitor(state) }

  /// A queue whose tasks ``runNext()`` performs: for tests without threads.
  static func withoutThread() -> SyncThread { SyncThread(State()) }

  /// Performs the next task of the queue.
  ///
  /// - Returns: false if the queue is empty.
  func runNext() -> Bool {
    let task: Task? = state.update { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    guard let task else { return false }
    if let rest = Self.run(task) { state.update { $0.waiting.append(rest) } }
    return true
  }

  deinit { close() }

  /// Ends the thread after its present file; it is not waited for.
  package func close() { state.update { $0.isClosed = true } }

  /// Waits until all files in the queue are finished, unless the thread is closed.
  func drain() {
    state.wait { $0.isClosed || $0.waiting.isEmpty && $0.running == nil ? () : nil }
  }

  /// Finishes a file soon.
  func add(_ finish: HourFinish) {
    state.update { $0.waiting.append(.finish(finish, attempts: 1)) }
  }

  /// Synchronises the names that lead to the file at a path soon.
  func addNames(of path: String) {
    state.update { $0.waiting.append(.names(path, attempts: 1)) }
  }

  /// The file at a path is continued: it is not finished; waits if that has begun.
  func cancelFinish(of path: String) {
    state.wait { state in
      state.waiting.removeAll { $0.finished == path }
      return state.running?.finished == path ? nil : ()
    }
  }

  /// Adds a file to the queue.
  fileprivate func add(_ file: FileSync) { state.update { $0.waiting.append(.sync(file)) } }

  /// The next task; nil after the end.
  private static func next(_ state: Monitor<State>) -> Task? {
    state.wait { state in
      if state.isClosed { return .some(nil) }
      guard !state.waiting.isEmpty else { return nil }
      state.running = state.waiting.removeFirst()
      return .some(state.running)
    }
  }

  /// Performs a task.
  ///
  /// - Returns: the task that follows a failure; else nil.
  private static func run(_ task: Task) -> Task? {
    switch task {
    case .sync(let file): file.run()
    case .finish(let finish, let attempts):
      do throws(SystemError) { try finish.run() } catch {
        // bounded: at most `maximumAttempts`
        return attempts < maximumAttempts ? .finish(finish, attempts: attempts + 1) : nil
      }
    case .names(let path, let attempts):
      do throws(SystemError) { try HourFolder.syncNames(of: path) } catch {
        // bounded: at most `maximumAttempts`
        return attempts < maximumAttempts ? .names(path, attempts: attempts + 1) : nil
      }
    }
    return nil
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
  /// Whether the names that lead to the file are on the disk.
  private let isNamed = Locked(false)

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
      if !isNamed.withLock({ $0 }) {
        try HourFolder.syncNames(of: file.path)
        isNamed.withLock { $0 = true }
      }
      state.withLock { $0 = .idle }
    } catch { state.withLock { $0 = .failed(error) } }
  }
}
