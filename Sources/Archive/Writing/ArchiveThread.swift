// SPDX-License-Identifier: Apache-2.0

import Logging
import Packaging
import Sharing
import System
import Time

/// The work of the thread that writes an archive.
///
/// Confined to that thread.
struct ArchiveThread {
  private static let syncInterval = Interval.seconds(1)
  private static let retentionInterval = Interval.seconds(5)

  let root: ArchiveRoot
  let log: Log
  private let syncThread: SyncThread
  let removals: RemovalThread
  /// Called by the thread of the removals before each hour file.
  private let willRemove: @Sendable () -> Void
  /// Gives an order to this thread.
  private let give: @Sendable (WriterOrder) -> Void
  var streams: [StreamWriter] = []
  private var synced = MonotonicTime.distantPast
  private var retained: MonotonicTime
  /// The clock by which hours are too old; nil before its first reading.
  var ages: AgeClock?
  var ageFile: AgeClockFile
  /// Whether the wall clock is far from it.
  var isDistant = false
  /// Whether a file cannot be removed from the full disk.
  var isStuck = false
  var relief = SpaceRelief()
  /// Why nothing is written until the disk has room; nil if it has.
  var fullness: String?
  var others: OtherStreams?
  /// The streams with a folder that are not archived now.
  var left: [StreamWriter] = []
  let started: MonotonicTime

  init(
    _ root: ArchiveRoot, _ others: OtherStreams?, syncThread: SyncThread,
    removals: RemovalThread, willRemove: @escaping @Sendable () -> Void = {}, log: Log,
    give: @escaping @Sendable (WriterOrder) -> Void
  ) {
    (self.removals, self.willRemove, self.give) = (removals, willRemove, give)
    self.root = root
    self.others = others
    self.syncThread = syncThread
    self.log = log
    started = ArchiveClock.monotonicTime
    // The folders of the streams are read before.
    retained = started
    ageFile = AgeClockFile(root.path)
  }

  /// Writes until the orders are closed.
  ///
  /// - Parameter next: waits for a short time, and returns the orders since its last call, and
  ///   whether they are closed.
  consuming func run(_ next: (MonotonicTime) -> (orders: [WriterOrder], isClosed: Bool)) {
    var state = self
    state.readClocks(isRead: false)
    while true {
      let (orders, isClosed) = next(ArchiveClock.monotonicTime)
      for order in orders {
        state.beginStep()
        state.perform(order)
      }
      state.write(ArchiveClock.monotonicTime)
      guard isClosed else { continue }
      state.finish()
      // The lock of the folder is kept until the last change.
      state.removals.close()
      state.syncThread.drain()
      state.syncThread.close()
      return
    }
  }

  /// Finishes the open files of all streams.
  func finish() {
    for stream in streams {
      beginStep()
      stream.finish()
      log(stream.takeNotes(), of: stream)
    }
    root.watch.end(.writer)
  }

  /// A step that may wait for the disk begins; the one before has ended.
  func beginStep() { root.watch.begin(.writer, at: ArchiveClock.monotonicTime) }

  /// Reads the folder of a stream.
  func load(_ stream: StreamWriter) {
    let (removals, willRemove, give) = (removals, willRemove, give)
    stream.load { span in
      Self.remove(
        span, now: span.upperBound, stream, removals, willRemove, give, hidden: {},
        answer: { _ in })
    }
    log(stream.takeNotes(), of: stream)
  }

  func log(_ notes: [WriterNote], of stream: StreamWriter) {
    for note in notes { log.write(note.level, note.event, stream: stream.catalog.name, note.text) }
  }

  /// Accepts an order to remove a span; another thread performs it.
  private static func remove(
    _ span: Range<WallTime>, now: WallTime, _ stream: StreamWriter, _ removals: RemovalThread,
    _ willRemove: @escaping @Sendable () -> Void, _ give: @escaping @Sendable (WriterOrder) -> Void,
    hidden: @Sendable () -> Void, answer: @escaping @Sendable (String?) -> Void
  ) {
    switch stream.beginRemoval(of: span, now: now) {
    case .failure(let refusal): answer(refusal.reason)
    case .success(let removal):
      hidden()
      let catalog = stream.catalog
      removals.add { isCancelled in
        let failure = removal.run(
          order: give, willRead: willRemove, isCancelled: isCancelled)
        give(.endRemoval(catalog, removal.media, failure, answer))
      }
    }
  }

  mutating func perform(_ order: WriterOrder) {
    switch order {
    case .open(let catalog, let policy):
      left.removeAll { $0.catalog.folder == catalog.folder }
      let known = streams.first { $0.catalog === catalog }
      // The session of before is written until the next one begins.
      known?.policy = policy
      let stream =
        known ?? StreamWriter(catalog, policy, syncThread: syncThread, removals: removals)
      if known == nil {
        streams.append(stream)
        load(stream)
      }
      logRule(of: stream)
    case .retain(let catalog, let retention):
      guard let stream = streams.first(where: { $0.catalog === catalog }) else { return }
      stream.policy.retention = retention
      logRule(of: stream)
    case .retainOthers(let retention):
      others?.retention = retention
      for stream in left { stream.policy.retention = retention }
    case .markCreated(let catalog): CreatedMark.write(catalog)
    case .listCreated(let answer): answer(CreatedMark.streams(in: root.path))
    case .follow(let catalog, let windows):
      stream(catalog)?.follow(windows, ArchiveClock.monotonicTime)
    case .protect(let catalog, let span, let isProtected, let answer):
      answer(failure ?? stream(catalog)?.protect(span, isProtected))
    case .remove(let catalog, let span, let hidden, let answer):
      guard let stream = stream(catalog) else { return answer("the stream has no archive") }
      if let failure { return answer(failure) }
      Self.remove(
        span, now: ArchiveClock.wallTime, stream, removals, willRemove, give, hidden: hidden,
        answer: answer)
    case .endRemoval(let catalog, let media, let failure, let answer):
      guard let stream = stream(catalog) else { return answer("the stream has no archive") }
      let failure = stream.endRemoval(of: media, failure)
      // The request may have been answered before.
      if let failure {
        log.write(
          .warning, "removal-failed", stream: catalog.name,
          "\(catalog.folder): \(failure); the span stays hidden, and the next start removes it")
      }
      answer(failure)
    case .hold(let catalog, let rendition, let name, let time, let answer):
      answer(stream(catalog)?.hold(name, of: rendition, until: time))
    case .replace(let catalog, let rendition, let replacement, let answer):
      guard let stream = stream(catalog) else { return answer("the stream has no archive") }
      answer(failure ?? stream.replace(replacement, of: rendition))
    }
  }

  private func logRule(of stream: StreamWriter) {
    let catalog = stream.catalog
    log.write(
      .info, "archive", stream: catalog.name,
      "\(catalog.folder): \(stream.policy.retention), \(stream.content)")
  }

  /// Why nothing may be written; nil if nothing is wrong.
  private var failure: String? {
    do throws(ArchiveRoot.Unusable) { try root.check() } catch { return "\(error)" }
    return nil
  }

  private func stream(_ catalog: StreamCatalog) -> StreamWriter? {
    streams.first { $0.catalog === catalog } ?? left.first { $0.catalog === catalog }
  }

  mutating func write(_ now: MonotonicTime) {
    beginStep()
    defer { root.watch.end(.writer) }
    let isSyncTime = now - synced >= Self.syncInterval
    let failure = isSyncTime ? failure : nil
    if let note = root.takeNote() { log.write(.warning, "archive-replaced", note) }
    if isSyncTime, failure == nil { readClocks(isRead: false) }
    if isSyncTime, let failure = failure ?? fullness {
      for stream in streams { stream.suspend(failure, now) }
    }
    for stream in streams {
      beginStep()
      let (hasChanged, error) = stream.advance(now)
      if hasChanged { report(error, of: stream) }
    }
    if isSyncTime {
      synced = now
      for stream in streams {
        stream.sync(on: syncThread, now)
        log(stream.takeNotes(), of: stream)
      }
    }
    if failure == nil, now - retained >= Self.retentionInterval {
      retained = now
      beginStep()
      guard self.failure == nil else { return }
      readClocks(isRead: true)
      retain()
    }
  }

  private func report(_ error: String?, of stream: StreamWriter) {
    let name = String(stream.catalog.folder.split(separator: "/").last ?? "")
    if let error {
      log.write(
        .warning, "archive-failed", stream: name,
        "\(stream.catalog.folder): \(error); the stream continues, its archive has a gap")
    } else {
      log.write(.info, "archive-recovered", stream: name, "\(stream.catalog.folder): written again")
    }
  }
}
