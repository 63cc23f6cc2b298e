// SPDX-License-Identifier: Apache-2.0

import Glibc
import Sharing
import System
import Time

/// Reads objects of the store for viewers of the past, on threads of their own.
///
/// The objects that were read last stay in memory, up to a number of bytes for all streams. Each
/// call may block for as long as a request does: eight seconds. While the store fails, calls fail
/// at once.
final class StoreReader: Sendable {
  private struct State: Sendable {
    var clients: [ObjectClient] = []
    /// The objects in the order of their last requests, and their bytes.
    var objects: [(key: String, bytes: SharedBytes)] = []
    var size = 0
    /// The last failure of the store, and until when no request is sent.
    var failure: (reason: String, until: MonotonicTime)?

    mutating func known(_ key: String) -> SharedBytes? {
      guard let index = objects.firstIndex(where: { $0.key == key }) else { return nil }
      let found = objects.remove(at: index)
      objects.append(found)
      return found.bytes
    }

    mutating func keep(_ key: String, _ bytes: SharedBytes) {
      guard bytes.count <= StoreReader.keptSize, !objects.contains(where: { $0.key == key }) else {
        return
      }
      objects.append((key, bytes))
      size += bytes.count
      while size > StoreReader.keptSize {
        size -= objects.removeFirst().bytes.count
      }
    }
  }

  /// The most requests under way.
  private static let threads = 4
  /// The bytes of the objects that are kept.
  private static let keptSize = 32 << 20
  /// The largest index and the largest CMAF header that are read.
  static let (largestIndex, largestHeader) = (32 << 20, 1 << 20)
  /// How long no request is sent after a failure.
  private static let pause = Interval.seconds(1)

  /// The threads of the calls.
  let pool: ReaderPool
  private let state: Locked<State>
  private let clients: [ObjectClient]

  /// A reader of a store; nil if the machine has no libcurl.
  init?(_ options: ObjectStoreOptions) {
    let clients = (0..<Self.threads).compactMap { _ in ObjectClient(options) }
    guard clients.count == Self.threads else { return nil }
    self.clients = clients
    state = Locked(State(clients: clients))
    pool = ReaderPool(threads: Self.threads, name: "archive-get")
  }

  /// Reads an object of at most `limit` bytes.
  func object(_ key: String, limit: Int) throws(ArchiveFailure) -> SharedBytes {
    let now = SystemClock.monotonicTime
    let (known, reason, client) = state.withLock { state in
      let known = state.known(key)
      let reason = state.failure.flatMap { $0.until > now ? $0.reason : nil }
      return (known, reason, known == nil && reason == nil ? state.clients.popLast() : nil)
    }
    if let known { return known }
    if let reason { throw .disk(reason) }
    guard let client else { throw .busy }
    let result = Result { () throws(ObjectClient.Failure) in try client.get(key, limit: limit) }
    let failure: ArchiveFailure? = state.withLock { state in
      state.clients.append(client)
      switch result {
      case .success(let bytes):
        state.failure = nil
        state.keep(key, bytes)
        return nil
      case .failure(let failure):
        // The object was removed from the store by others.
        if failure.isMissing { return .missing }
        let reason = "the object store: \(failure.reason)"
        state.failure = (reason, SystemClock.monotonicTime + Self.pause)
        return .disk(reason)
      }
    }
    if let failure { throw failure }
    guard case .success(let bytes) = result else { throw .missing }
    return bytes
  }

  /// Ends the requests under way soon, and the threads after them.
  func close() {
    for client in clients { client.stop() }
    pool.close()
  }
}

/// The objects of an hour in the store.
struct StoredObjects: Sendable, Equatable {
  let reader: StoreReader
  let catalog: StreamCatalog
  let rendition: String

  static func == (left: StoredObjects, right: StoredObjects) -> Bool {
    left.reader === right.reader && left.catalog === right.catalog
      && left.rendition == right.rendition
  }

  private func key(_ file: String) -> String { "\(catalog.name)/\(rendition)/\(file)" }

  /// The bytes of the index of an hour.
  func index(_ name: HourName) throws(ArchiveFailure) -> [UInt8] {
    try reader.object(key(name.indexPath), limit: StoreReader.largestIndex).array
  }

  /// The CMAF header with a hash.
  func header(_ hash: String) throws(ArchiveFailure) -> SharedBytes {
    try reader.object(key("init-\(hash).mp4"), limit: StoreReader.largestHeader)
  }

  /// The bytes of a segment, unless an operator has removed it meanwhile.
  func segment(_ row: SegmentRow) throws(ArchiveFailure) -> SharedBytes {
    let isThere = catalog.read { $0.objects?.tracks[rendition]?.start(of: row.number) != nil }
    guard isThere else { throw .missing }
    let bytes = try reader.object(key("segment\(row.number).m4s"), limit: row.size)
    guard bytes.count == row.size else { throw .missing }
    return bytes
  }
}

/// A segment in the store as bytes of a response, which are read when they are sent.
final class StoredSegment: ReadableBytes {
  private let objects: StoredObjects
  private let row: SegmentRow

  init(_ objects: StoredObjects, _ row: SegmentRow) {
    self.objects = objects
    self.row = row
  }

  private func bytes() throws(SystemError) -> SharedBytes {
    do throws(ArchiveFailure) { return try objects.segment(row) } catch {
      throw SystemError("the object store", EIO)
    }
  }

  @unsafe func fill(
    _ memory: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int {
    let bytes = try bytes()
    let count = max(0, min(memory.count, bytes.count - offset))
    unsafe memory.copyMemory(
      from: UnsafeRawBufferPointer(start: bytes.start + min(offset, bytes.count), count: count))
    return count
  }

  func send(_ range: Range<Int>, to socket: Int32) throws(SystemError) -> Int? {
    try bytes().send(range, to: socket)
  }
}
