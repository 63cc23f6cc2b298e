// SPDX-License-Identifier: Apache-2.0

import Capture
package import Sharing
import Time

/// An input that several streams may read over one connection.
///
/// The connection is open while a stream has joined. A thread of its own reads it and gives each
/// unit to the parts of all streams.
final class SharedInput: Sendable {
  /// The address, and what has to be equal for a shared connection.
  struct Key: Sendable, Equatable {
    let address: InputAddress
    let options: InputOptions
  }

  /// A stream's way to read the input.
  enum Joined {
    /// Its part of a shared connection.
    case shared(SharedInputReader)
    /// A connection of its own: the input is a file, which each stream reads at its own pace.
    /// `beside` is a stream that also does.
    case own(OpenedConnection, beside: String?)
  }

  /// The state of the connection; a thread runs unless it is idle.
  private enum Phase: Sendable { case idle, opening, open, closing }

  private struct State: Sendable {
    var phase = Phase.idle
    var readers: [SharedInputReader] = []
    /// The connection of the present phase.
    var link: SharedConnection?
    /// The last failure, and until when it is the answer to all streams.
    var failure: (error: InputError, until: MonotonicTime)?
    /// A connection for the first stream alone.
    var own: OpenedConnection?
    /// The stream that has read a connection of its own first.
    var owner: String?
  }

  /// How long after a failure it is not tried again: the streams try again at the same time, and
  /// cameras lock out clients that try a wrong password too often.
  private static let failureInterval = (
    usual: Interval.milliseconds(250), denied: Interval.seconds(25)
  )

  let key: Key
  /// Raised when a stream wants the texts of subtitles, and raised from then on.
  let texts = OnceFlag()
  /// Gets the calls of libraries.
  private let watch: CallWatchdog
  private let state = Monitor(State())

  /// An input without a connection.
  init(_ key: Key, _ watch: CallWatchdog) {
    self.key = key
    self.watch = watch
  }

  /// The streams at the connection.
  var names: [String] { state.read { $0.readers.map(\.name) } }

  // MARK: On the threads of streams

  /// Joins the connection, which is opened if it is not open; blocks until it is.
  ///
  /// - Throws: why there is none.
  func join(_ name: String, _ cancellation: InputCancellation) throws(InputError) -> Joined {
    while true {
      let reader = try register(name, cancellation)
      do throws(InputError) { try reader.waitUntilOpen(cancellation) } catch {
        leave(reader)
        throw error
      }
      if reader.hasOpened { return .shared(reader) }
      // The input is a file: the connection is for one stream, the others open another.
      let (own, owner) = state.update { state in
        state.readers.removeAll { $0 === reader }
        let owner = state.owner ?? name
        if state.own != nil { state.owner = owner }
        return (state.own.take(), owner)
      }
      if let own {
        own.cancellation.follow(cancellation)
        return .own(own, beside: owner == name ? nil : owner)
      }
    }
  }

  /// Adds a stream, and starts the connection for the first one.
  private func register(
    _ name: String, _ cancellation: InputCancellation
  ) throws(InputError) -> SharedInputReader {
    let reader = SharedInputReader(name)
    let found = state.wait { state -> Result<SharedConnection?, InputError>? in
      guard !cancellation.isCancelled else { return .failure(.cancelled) }
      switch state.phase {
      case .closing: return nil
      case .opening: break
      case .open: reader.open()
      case .idle:
        if let failure = state.failure, SystemClock.monotonicTime < failure.until {
          return .failure(failure.error)
        }
        // An unclaimed connection of its own is closed.
        state.own = nil
        let link = SharedConnection(self.key, texts: self.texts, self.watch)
        (state.phase, state.link) = (.opening, link)
        state.readers = [reader]
        return .success(link)
      }
      state.readers.append(reader)
      return .success(nil)
    }
    guard let link = try found.get() else { return reader }
    if OSThread(name: "connection", { [self] in run(link) }) == nil {
      finish(.failed(.failed("the system refuses another thread")))
    }
    return reader
  }

  /// Wakes the streams that wait, since one of them was stopped.
  func wake() {
    for reader in state.update({ $0.readers }) { reader.wake() }
  }

  /// Leaves the connection, which the last stream closes.
  func leave(_ reader: SharedInputReader) {
    let link = state.update { state -> SharedConnection? in
      state.readers.removeAll { $0 === reader }
      if state.phase == .idle { state.own = nil }
      guard state.readers.isEmpty, state.phase == .opening || state.phase == .open else {
        return nil
      }
      state.phase = .closing
      return state.link
    }
    guard let link else { return }
    link.cancellation.cancel()
    // The source is free when the stream has stopped. A stream whose connection does not close
    // waits no longer than ThreadGroup.limit, and names this thread, which must not end before.
    let limit = ThreadGroup.limit + .seconds(1)
    _ = state.wait(until: SystemClock.monotonicTime + limit) { state in
      state.phase == .closing ? nil : true
    }
  }

  // MARK: On the thread of the connection

  private func run(_ link: SharedConnection) {
    let standby = StandbyConnection(link)
    // It ends with the cancellation; a refused thread costs the second connection only.
    _ = OSThread(name: "standby") { standby.run() }
    let end: SharedInputReader.End
    do throws(InputError) {
      try link.read(standby, opened: { opened in take(opened) }) { entry in
        for reader in state.read({ $0.readers }) { reader.add(entry) }
      } replaced: {
        for reader in state.read({ $0.readers }) { reader.end(.replaced) }
      }
      end = .closed
    } catch {
      end = .failed(error)
    }
    link.cancellation.cancel()
    finish(end)
  }

  /// Notes an open connection.
  ///
  /// - Returns: whether it is shared; else it was given to the first stream.
  private func take(_ opened: OpenedConnection?) -> Bool {
    state.update { state in
      guard opened == nil else {
        state.own = opened
        return false
      }
      if state.phase == .opening { state.phase = .open }
      for reader in state.readers { reader.open() }
      return true
    }
  }

  private func finish(_ end: SharedInputReader.End) {
    let (readers, isOwn) = state.update { [key] state in
      let readers = state.readers
      let isOwn = state.own != nil
      (state.phase, state.readers, state.link) = (.idle, [], nil)
      if case .failed(let error) = end, error != .cancelled {
        let isDenied = if case .denied = error { true } else { false }
        let interval = isDenied ? Self.failureInterval.denied : Self.failureInterval.usual
        // A listener must not miss its sender.
        state.failure =
          key.address.isListener ? nil : (error, SystemClock.monotonicTime + interval)
      }
      return (readers, isOwn)
    }
    for reader in readers { reader.end(isOwn ? .closed : end) }
  }
}

/// The shared inputs of a process, by address and options.
package final class SharedInputs: Sendable {
  private struct Entry: Sendable {
    weak var input: SharedInput?
  }

  /// Gets the calls of libraries.
  let watch: CallWatchdog
  private let entries = Locked<[Entry]>([])

  /// No inputs; `watch` gets the calls of libraries.
  package init(watch: CallWatchdog = CallWatchdog()) { self.watch = watch }

  /// The input with this address and these options; nil if it cannot be shared.
  func input(_ address: InputAddress, _ options: InputOptions) -> SharedInput? {
    guard address.isShareable else { return nil }
    let key = SharedInput.Key(address: address, options: options)
    return entries.withLock { entries in
      entries.removeAll { $0.input == nil }
      for entry in entries {
        if let input = entry.input, input.key == key { return input }
      }
      let input = SharedInput(key, watch)
      entries.append(Entry(input: input))
      return input
    }
  }
}

extension InputAddress {
  /// Whether streams can share a connection: files are read by each stream at its own pace, and
  /// publishers belong to one stream.
  package var isShareable: Bool {
    switch kind {
    case .rtsp, .srt, .rtmp, .udp, .http: true
    case .file, .standardInput, .publisher: false
    }
  }
}
