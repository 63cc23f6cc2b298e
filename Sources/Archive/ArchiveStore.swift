// SPDX-License-Identifier: Apache-2.0

package import Logging
import Packaging
import Sharing
import System
package import Time

/// The archive below one folder: a thread that writes, a few that read, and the lock of the folder.
///
/// No other thread waits for the disk. A disk that is slow, full or gone costs archive only.
package final class ArchiveStore: Sendable {
  /// Why the folder cannot be used.
  package enum Refusal: Error, Sendable, CustomStringConvertible {
    /// Another program writes into it.
    case locked
    /// The machine has no libcurl, which the object store needs.
    case noClient
    case system(String)

    package var description: String {
      switch self {
      case .locked: "another program writes its archive there"
      case .noClient: "libcurl 7.85 or later is missing (Debian's package libcurl4)"
      case .system(let reason): reason
      }
    }
  }

  private struct Orders: Sendable {
    var waiting: [WriterOrder] = []
    var isClosed = false
  }

  /// How often the windows are read.
  private static let period = Interval.milliseconds(40)
  /// How long the program before this one may still have the lock.
  private static let lockLimit = Interval.seconds(2)

  /// The path of the folder.
  package let folder: String
  private let root: ArchiveRoot
  private let orders = Monitor(Orders())
  private let pool = ReaderPool()
  private let log: Log
  private let thread = Locked<OSThread?>(nil)
  private let streams = Locked<[String: StreamArchive]>([:])
  /// The healing of streams with twins.
  private let healers = Locked<[String: Healer]>([:])
  private let objects: ObjectThread?
  private let store: StoreReader?
  private let caches = RowCaches()
  private let publicAddress: ObjectStoreAddress?

  /// Opens the folder, creates it if it is missing, and takes its lock.
  ///
  /// - Parameters:
  ///   - folder: the path of the folder.
  ///   - store: the object store; nil for none.
  ///   - others: the retention of the folders of other streams; nil for none.
  ///   - willRemove: called before media is removed from an hour file, by the thread of that.
  ///   - log: the log.
  /// - Throws: ``Refusal`` if the folder cannot be used.
  package init(
    _ folder: String, _ store: ObjectStoreOptions? = nil, others: OtherStreams? = nil,
    willRemove: @escaping @Sendable () -> Void = {}, log: Log
  ) throws(Refusal) {
    self.folder = folder
    publicAddress = store?.publicAddress
    self.log = log
    let lock: DiskFile
    do throws(SystemError) {
      try DiskFolder.make(folder)
      lock = try DiskFile(ArchiveRoot.lockPath(folder), .locking)
    } catch { throw Self.refusal(error) }
    try Self.take(lock)
    let root = ArchiveRoot(folder, lock: lock)
    self.root = root
    if let store {
      guard let reader = StoreReader(store) else { throw .noClient }
      self.store = reader
    } else {
      self.store = nil
    }
    objects = try store.map { store throws(Refusal) in
      let lanes: ObjectLanes
      do throws(ObjectLanes.Refusal) { lanes = try ObjectLanes(store) } catch {
        throw error == .noClient ? .noClient : Self.noThread
      }
      guard let thread = ObjectThread(lanes, log: log) else { throw Self.noThread }
      return thread
    }
    let orders = orders
    guard let syncThread = SyncThread(root.watch), let removals = RemovalThread() else {
      throw Self.noThread
    }
    // The thread keeps the lock until its last write.
    let started = OSThread(name: "archive") {
      ArchiveThread(
        root, others, syncThread: syncThread, removals: removals, willRemove: willRemove, log: log
      ) { order in
        Self.give(order, to: orders)
      }.run { now in
        orders.wait(until: now + Self.period) { orders in
          guard !orders.waiting.isEmpty || orders.isClosed else { return nil }
          defer { orders.waiting = [] }
          return (orders.waiting, orders.isClosed)
        } ?? ([], false)
      }
      root.releaseLock()
    }
    guard let started else { throw Self.noThread }
    thread.withLock { $0 = started }
  }

  /// Tries whether a program of this user can write an archive to a folder, which it does not
  /// create.
  ///
  /// - Returns: the obstacle; nil for none.
  package static func obstacle(to folder: String) -> String? {
    var path = folder
    while !DiskFolder.exists(path), let slash = path.lastIndex(of: "/") {
      path = slash == path.startIndex ? "/" : String(path[..<slash])
    }
    guard let error = FolderAccess.obstacle(to: path.isEmpty ? "." : path) else { return nil }
    return "\(error)" + (FolderAccess.isOfRights(error) ? drop : "")
  }

  /// The settings of systemd that permit a folder.
  private static var drop: String {
    "; a unit of systemd writes to /var/lib/streamer/archive, or needs ReadWritePaths= in a drop-in"
      + " (systemctl edit streamer)"
  }

  /// An error of the system, with the remedy.
  private static func refusal(_ error: SystemError) -> Refusal {
    .system("\(error)" + (FolderAccess.isOfRights(error) ? drop : ""))
  }

  private static var noThread: Refusal { .system("the system refuses another thread") }

  private static func take(_ lock: DiskFile) throws(Refusal) {
    let deadline = SystemClock.monotonicTime + lockLimit
    while true {
      do throws(SystemError) {
        if try lock.lock() { return }
      } catch { throw .system("\(error)") }
      guard SystemClock.monotonicTime < deadline else { throw .locked }
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(50))
    }
  }

  /// Gives an order to the writer; it is refused after the end.
  private static func give(_ order: WriterOrder, to orders: Monitor<Orders>) {
    let isTaken = orders.update { orders in
      if !orders.isClosed { orders.waiting.append(order) }
      return !orders.isClosed
    }
    if !isTaken { order.refuse() }
  }

  /// The distance of the wall clock from the clock by which hours are too old; nil before the
  /// first reading.
  package var ageDistance: Interval? { root.ageDistance }

  /// The archive of a stream; its folder is read in the background.
  ///
  /// - Parameters:
  ///   - name: the name of the stream.
  ///   - policy: how it is archived.
  ///   - twins: the connections to the twins of the policy; nil without any.
  /// - Returns: the archive.
  package func stream(
    _ name: String, _ policy: ArchivePolicy, twins: () -> (any TwinConnections)? = { nil }
  ) -> StreamArchive {
    streams.withLock { streams in
      if let known = streams[name], known.policy.with(policy.retention) == policy {
        known.setRetention(policy.retention)
        return known
      }
      let catalog = streams[name]?.catalog ?? StreamCatalog(folder: "\(folder)/\(name)", in: root)
      let orders = orders
      let archive = StreamArchive(
        name: name, policy, catalog, pool, publicObjects: publicAddress, store: store,
        caches: caches
      ) { order in
        Self.give(order, to: orders)
      }
      if let objects {
        catalog.update { state in if state.objects == nil { state.objects = StreamObjects() } }
        objects.add(catalog)
      }
      orders.update { $0.waiting.append(.open(catalog, policy)) }
      streams[name] = archive
      healers.withLock { healers in
        healers[name]?.cancel()
        guard !policy.twins.isEmpty, let twins = twins() else { return }
        let healed = HealedArchive(
          name: name, catalog: catalog, segmentations: { [archive] in archive.segmentations },
          order: archive.order)
        healers[name] = Healer(healed, twins, after: healers[name], log)
      }
      return archive
    }
  }

  /// Removes hours of a stream by another rule from now on; the session that is written continues.
  package func setRetention(_ retention: Retention, of name: String) {
    streams.withLock { $0[name] }?.setRetention(retention)
  }

  /// Removes hours of streams that are not archived now by another rule.
  package func setRetentionOfOthers(_ retention: Retention) {
    Self.give(.retainOthers(retention), to: orders)
  }

  /// Notes that a publisher has created a stream with an archive; see ``created(answer:)``.
  package func markCreated(_ archive: StreamArchive) {
    archive.order(.markCreated(archive.catalog))
  }

  /// Lists the streams that publishers had created, also those of programs before; the answer comes
  /// on the writer's thread.
  package func created(answer: @escaping @Sendable ([String]) -> Void) {
    Self.give(.listCreated(answer), to: orders)
  }

  /// Writes what the windows have, finishes the files, and releases the lock; a disk that does not
  /// answer until `deadline` is left.
  package func close(until deadline: MonotonicTime) {
    let healers = healers.withLock { Array($0.values) }
    for healer in healers { healer.cancel() }
    orders.update { $0.isClosed = true }
    pool.close()
    store?.close()
    // Its marks are written before the writer releases the lock of the folder.
    objects?.close(log: log, until: deadline)
    if let thread = thread.withLock({ $0.take() }) { log.join(thread, until: deadline) }
    for healer in healers { healer.join(until: deadline) }
  }
}
