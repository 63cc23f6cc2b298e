// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Sharing
import System
import Time

@testable import Archive

/// The archive of one process on the present disk: its threads are steps that a test takes.
///
/// Confined to one thread.
final class SimulatedProgram {
  static let folder = "/archive"
  static let stream = "live"
  static let rendition = "video"

  /// A segment that readers find.
  struct Listed {
    let number: Int64
    /// The path of its hour file on the disk.
    let path: String
    let span: Range<WallTime>
    /// Its bytes, or the reason of a failure.
    let bytes: Result<[UInt8], ArchiveFailure>
  }

  /// Gives the orders of other threads to the writer.
  private final class Orders: @unchecked Sendable {
    weak var program: SimulatedProgram?

    func perform(_ order: WriterOrder) {
      guard let program else { return order.refuse() }
      program.thread.perform(order)
    }
  }

  private let root: ArchiveRoot
  private let catalog: StreamCatalog
  private var thread: ArchiveThread
  private let synchronisation = SyncThread.withoutThread()
  private let removals = RemovalThread.withoutThread()
  private let orders = Orders()
  private let log: Log
  private let lines: Locked<[String]>
  private var healing: HealingPass?

  /// Starts the archive; nil if the disk or another process refuses it.
  init?(_ retention: Retention) {
    let lines = Locked<[String]>([])
    self.lines = lines
    log = Log(format: .json, least: .debug, lines: .max) { line in
      lines.withLock { $0.append(line) }
    }
    do {
      try DiskFolder.make(Self.folder)
      let lock = try DiskFile(ArchiveRoot.lockPath(Self.folder), .locking)
      guard try lock.lock() else { return nil }
      root = ArchiveRoot(Self.folder, lock: lock)
    } catch { return nil }
    catalog = StreamCatalog(folder: "\(Self.folder)/\(Self.stream)", in: root)
    let orders = orders
    thread = ArchiveThread(
      root, nil, syncThread: synchronisation, removals: removals, log: log
    ) { orders.perform($0) }
    orders.program = self
    thread.readClocks(isRead: false)
    load(retention)
  }

  /// Reads the folder of the stream: at the start, and after a change of its rule.
  func load(_ retention: Retention) {
    thread.perform(.open(catalog, ArchivePolicy(retention: retention)))
  }

  /// Writes the window of a session from now on.
  func follow(_ session: SimulatedSession) {
    thread.perform(.follow(catalog, [(Self.rendition, session.window)]))
  }

  /// One iteration of the thread that writes.
  func write() { thread.write(ArchiveClock.monotonicTime) }

  /// Runs the thread that waits for the disk until its queue is empty.
  func synchronise() {
    // A task that fails is repeated, at most three times.
    for _ in 0..<100 where !synchronisation.runNext() { return }
  }

  /// Orders the removal of a span; `hidden` is called when it is accepted.
  func remove(
    _ span: Range<WallTime>, hidden: @escaping @Sendable () -> Void,
    answer: @escaping @Sendable (String?) -> Void
  ) { thread.perform(.remove(catalog, span, hidden: hidden, answer)) }

  /// Runs the thread that removes media until its queue is empty.
  func runRemovals() {
    for _ in 0..<100 where !removals.runNext() { return }
  }

  /// Looks for missing segments at a twin once.
  func heal(_ session: SimulatedSession, from twin: SimulatedTwin) {
    let orders = orders
    let segmentation = session.window.segmentation
    let archive = HealedArchive(
      name: Self.stream, catalog: catalog, segmentations: { [Self.rendition: segmentation] }
    ) { orders.perform($0) }
    var pass =
      healing
      ?? HealingPass(archive, [twin], log) { time in
        ArchiveClock.wait(until: time)
        return false
      }
    pass.run()
    healing = pass
  }

  /// Ends the program in order.
  func close() {
    thread.finish()
    removals.close()
    synchronise()
    root.releaseLock()
  }

  // MARK: The views of others

  /// The lines of the log since the last call.
  func takeLines() -> [String] {
    lines.withLock { lines in
      defer { lines = [] }
      return lines
    }
  }

  /// The state for operators.
  var status: ArchiveStatus { catalog.status }

  /// The segments of a span of numbers, as readers find them.
  func listed(_ numbers: ClosedRange<Int64>) throws(ArchiveFailure) -> [Listed] {
    let reader = ArchiveReader(catalog)
    return try reader.segments(numbers, of: Self.rendition).map { segment in
      let bytes: Result<[UInt8], ArchiveFailure>
      do throws(ArchiveFailure) { bytes = .success(try reader.bytes(of: segment).array) } catch {
        bytes = .failure(error)
      }
      return Listed(
        number: segment.number, path: segment.folder.file(segment.name),
        span: segment.row.start..<segment.row.end(timescale: segment.timescale), bytes: bytes)
    }
  }

  /// The ranges of numbers that the hours have; numbers between hours may be missing.
  var ranges: [ClosedRange<Int64>] {
    catalog.read { state in
      (state.tracks[Self.rendition]?.summaries ?? []).map {
        $0.summary.first...max($0.summary.first, $0.summary.last)
      }
    }
  }

  /// The faults that `streamer archive check` names.
  static func faults() -> [String] {
    let inspection = ArchiveInspection(folder, stream: nil)
    var faults = inspection.files.flatMap { file -> [String] in
      do throws(SystemError) {
        return try ArchiveInspection.faults(file).map { "\(file.path): \($0)" }
      } catch { return ["\(file.path): \(error)"] }
    }
    let foreign = inspection.foreign
    if foreign.count > 0 { faults.append("\(foreign)") }
    return faults
  }

  /// Repairs each file, as `streamer archive repair` does.
  ///
  /// - Returns: the paths of hour files of which it says something.
  static func repair() -> [String] {
    ArchiveInspection(folder, stream: nil).files.compactMap { file in
      guard (try? ArchiveInspection.repair(file)) != nil else { return nil }
      return "\(folder)/\(file.stream)/\(file.rendition)/\(file.name.path)"
    }
  }

  /// Sets the clock of the ages, as `streamer archive clock --set` does.
  static func setClock() { _ = AgeClockFile.set(AgeClock(ArchiveClock.wallTime), of: folder) }
}
