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

  private let root: ArchiveRoot
  private let log: Log
  private let syncThread: SyncThread
  private let removals: RemovalThread
  /// Called by the thread of the removals before each hour file.
  private let willRemove: @Sendable () -> Void
  /// Gives an order to this thread.
  private let give: @Sendable (WriterOrder) -> Void
  private var streams: [StreamWriter] = []
  private var synced = MonotonicTime.distantPast
  private var retained: MonotonicTime
  /// The clock by which hours are too old.
  private var ages = AgeClock()
  /// Whether the disk is full, and nothing can be removed from it.
  private var isStuck = false
  private let others: OtherStreams?
  /// The streams with a folder that are not archived now.
  private var left: [StreamWriter] = []
  private let started: MonotonicTime

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
    started = SystemClock.monotonicTime
    // The folders of the streams are read before: they tell whether the clock may be right.
    retained = started
  }

  /// Writes until the orders are closed.
  ///
  /// - Parameter next: waits for a short time, and returns the orders since its last call, and
  ///   whether they are closed.
  consuming func run(_ next: (MonotonicTime) -> (orders: [WriterOrder], isClosed: Bool)) {
    var state = self
    while true {
      let (orders, isClosed) = next(SystemClock.monotonicTime)
      for order in orders {
        state.beginStep()
        state.perform(order)
      }
      state.write(SystemClock.monotonicTime)
      guard isClosed else { continue }
      for stream in state.streams {
        state.beginStep()
        stream.finish()
      }
      state.root.watch.end(.writer)
      // The lock of the folder is kept until the last change.
      state.removals.close()
      state.syncThread.drain()
      state.syncThread.close()
      return
    }
  }

  /// A step that may wait for the disk begins; the one before has ended.
  private func beginStep() { root.watch.begin(.writer, at: SystemClock.monotonicTime) }

  /// Reads the folder of a stream.
  private mutating func load(_ stream: StreamWriter) {
    let (removals, willRemove, give) = (removals, willRemove, give)
    stream.load { span in
      Self.remove(
        span, now: span.upperBound, stream, removals, willRemove, give, hidden: {},
        answer: { _ in })
    }
    guard let newest = stream.catalog.status.newest else { return }
    ages.found(newest: newest, wall: SystemClock.wallTime, at: SystemClock.monotonicTime)
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

  private mutating func perform(_ order: WriterOrder) {
    switch order {
    case .open(let catalog, let policy):
      let index = streams.firstIndex { $0.catalog === catalog }
      let stream = StreamWriter(
        catalog, policy, after: index.map { streams[$0] }, syncThread: syncThread,
        removals: removals)
      left.removeAll { $0.catalog.folder == catalog.folder }
      if let index {
        streams[index].finish()
        streams[index] = stream
      } else {
        streams.append(stream)
        load(stream)
      }
      log.write(
        .info, "archive", stream: catalog.name,
        "\(catalog.folder): \(policy.retention), \(stream.content)")
    case .markCreated(let catalog): CreatedMark.write(catalog)
    case .listCreated(let answer): answer(CreatedMark.streams(in: root.path))
    case .follow(let catalog, let windows):
      stream(catalog)?.follow(windows, SystemClock.monotonicTime)
    case .protect(let catalog, let span, let isProtected, let answer):
      answer(failure ?? stream(catalog)?.protect(span, isProtected))
    case .remove(let catalog, let span, let hidden, let answer):
      guard let stream = stream(catalog) else { return answer("the stream has no archive") }
      if let failure { return answer(failure) }
      Self.remove(
        span, now: SystemClock.wallTime, stream, removals, willRemove, give, hidden: hidden,
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

  /// Why nothing may be written; nil if nothing is wrong.
  private var failure: String? {
    do throws(ArchiveRoot.OtherDisk) { try root.check() } catch { return "\(error)" }
    return nil
  }

  private func stream(_ catalog: StreamCatalog) -> StreamWriter? {
    streams.first { $0.catalog === catalog } ?? left.first { $0.catalog === catalog }
  }

  private mutating func write(_ now: MonotonicTime) {
    beginStep()
    defer { root.watch.end(.writer) }
    let isSyncTime = now - synced >= Self.syncInterval
    let failure = isSyncTime ? failure : nil
    if let failure {
      for stream in streams { stream.suspend(failure, now) }
    }
    for stream in streams {
      beginStep()
      let (hasChanged, error) = stream.advance(now)
      if hasChanged { report(error, of: stream) }
    }
    if isSyncTime {
      synced = now
      for stream in streams { stream.sync(on: syncThread, now) }
    }
    if failure == nil, now - retained >= Self.retentionInterval {
      retained = now
      beginStep()
      guard self.failure == nil else { return }
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

  /// Removes hours that are too old or too many, and the oldest ones before the disk is full.
  private mutating func retain() {
    if let others, SystemClock.monotonicTime - started >= others.delay { adopt(others.retention) }
    let streams = streams + left
    let now = ages.time(SystemClock.wallTime, at: SystemClock.monotonicTime)
    for stream in streams {
      beginStep()
      stream.retain(now: now)
    }
    guard let space = DiskFolder.space(root.path) else { return }
    let missing = Retention.missing(total: space.total, free: space.free)
    guard missing > 0 else { return isStuck = false }
    let files = streams.flatMap { stream in stream.files.map { (stream, $0) } }
    var left: String?
    for index in Retention.freeing(missing, files.map(\.1.file)) {
      let (stream, file) = files[index]
      let isLost = !file.isDamaged && stream.waitsForStore(file.name, file.rendition)
      if stream.remove(file) {
        if isLost { stream.catalog.update { $0.objects?.lost += 1 } }
        log.write(
          .warning, "archive-full",
          "the disk is nearly full: removed \(file.path)"
            + (isLost ? ", of which the object store lacks a part" : ""))
      } else {
        left = file.path
      }
    }
    if let left, !isStuck {
      log.write(
        .warning, "archive-full", "the disk is nearly full: \(left) cannot be removed")
    }
    isStuck = left != nil
  }

  /// Reads one folder of a stream that is not archived now: its hours take space, too.
  private mutating func adopt(_ retention: Retention) {
    let known = Set((streams + left).map(\.catalog.folder))
    for name in DiskFolder.entries(root.path).folders.sorted() where StreamName.isValid(name) {
      let folder = "\(root.path)/\(name)"
      guard !known.contains(folder) else { continue }
      let stream = StreamWriter(
        StreamCatalog(folder: folder, in: root), ArchivePolicy(retention: retention),
        removals: removals)
      load(stream)
      return left.append(stream)
    }
  }
}
