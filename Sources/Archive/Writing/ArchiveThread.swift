// SPDX-License-Identifier: Apache-2.0

import Logging
import Sharing
import System
import Time

/// The work of the thread that writes an archive.
///
/// Confined to that thread.
struct ArchiveThread {
  private static let syncInterval = Interval.seconds(1)
  private static let retentionInterval = Interval.seconds(5)

  private let folder: String
  private let log: Log
  private let syncThread: SyncThread
  private var streams: [StreamWriter] = []
  private var synced = MonotonicTime.distantPast
  private var retained = MonotonicTime.distantPast

  init(folder: String, syncThread: SyncThread, log: Log) {
    self.folder = folder
    self.syncThread = syncThread
    self.log = log
  }

  /// Writes until the orders are closed.
  ///
  /// - Parameter next: waits for a short time, and returns the orders since its last call, and
  ///   whether they are closed.
  consuming func run(_ next: (MonotonicTime) -> (orders: [WriterOrder], isClosed: Bool)) {
    var state = self
    while true {
      let (orders, isClosed) = next(SystemClock.monotonicTime)
      for order in orders { state.perform(order) }
      state.write(SystemClock.monotonicTime)
      guard isClosed else { continue }
      for stream in state.streams { stream.finish() }
      state.syncThread.close()
      return
    }
  }

  private mutating func perform(_ order: WriterOrder) {
    switch order {
    case .open(let catalog, let policy):
      let stream = StreamWriter(catalog, policy)
      if let index = streams.firstIndex(where: { $0.catalog === catalog }) {
        streams[index].finish()
        streams[index] = stream
      } else {
        streams.append(stream)
        stream.load()
      }
    case .follow(let catalog, let windows):
      stream(catalog)?.follow(windows, SystemClock.monotonicTime)
    case .protect(let catalog, let span, let isProtected, let answer):
      answer(stream(catalog)?.protect(span, isProtected))
    case .remove(let catalog, let span, let answer):
      answer(stream(catalog)?.removeSegments(in: span))
    case .hold(let catalog, let rendition, let name, let time, let answer):
      answer(stream(catalog)?.hold(name, of: rendition, until: time))
    case .replace(let catalog, let rendition, let replacement, let answer):
      guard let stream = stream(catalog) else { return answer("the stream has no archive") }
      answer(stream.replace(replacement, of: rendition))
    }
  }

  private func stream(_ catalog: StreamCatalog) -> StreamWriter? {
    streams.first { $0.catalog === catalog }
  }

  private mutating func write(_ now: MonotonicTime) {
    for stream in streams {
      let (hasChanged, error) = stream.advance(now)
      if hasChanged { report(error, of: stream) }
    }
    if now - synced >= Self.syncInterval {
      synced = now
      for stream in streams { stream.sync(on: syncThread, now) }
    }
    if now - retained >= Self.retentionInterval {
      retained = now
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
  private func retain() {
    for stream in streams { stream.retain(now: SystemClock.wallTime) }
    guard let space = DiskFolder.space(folder) else { return }
    let missing = Retention.missing(total: space.total, free: space.free)
    guard missing > 0 else { return }
    let files = streams.flatMap { stream in stream.files.map { (stream, $0) } }
    for index in Retention.freeing(missing, files.map(\.1.file)) {
      let (stream, file) = files[index]
      stream.remove(file.name, of: file.rendition)
      log.write(
        .warning, "archive-full",
        "the disk is nearly full: removed \(file.rendition)/\(file.name.path)")
    }
  }
}
