// SPDX-License-Identifier: Apache-2.0

import Glibc
import Packaging
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
  /// The largest index, CMAF header and segment that are read.
  static let (largestIndex, largestHeader, largestSegment) = (32 << 20, 1 << 20, 256 << 20)
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
  ///
  /// - Parameters:
  ///   - key: its key.
  ///   - limit: the most bytes.
  ///   - isRight: whether bytes are those of the object; others are not kept.
  /// - Returns: its bytes.
  /// - Throws: ``ArchiveFailure/wrong(_:)`` for other bytes; the next call asks the store again.
  func object(
    _ key: String, limit: Int, where isRight: (SharedBytes) -> Bool
  ) throws(ArchiveFailure) -> SharedBytes {
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
    var isWrong = false
    if case .success(let bytes) = result { isWrong = !isRight(bytes) }
    let failure: ArchiveFailure? = state.withLock { state in
      state.clients.append(client)
      switch result {
      case .success(let bytes):
        state.failure = nil
        guard !isWrong else { return .wrong("the object store: other bytes under \(key)") }
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

  /// Reads an object, and counts other bytes in its place.
  private func object(
    _ file: String, limit: Int, where isRight: (SharedBytes) -> Bool
  ) throws(ArchiveFailure) -> SharedBytes {
    do throws(ArchiveFailure) {
      return try reader.object(key(file), limit: limit, where: isRight)
    } catch {
      if case .wrong = error { catalog.update { $0.objects?.wrong += 1 } }
      throw error
    }
  }

  /// The rows of an hour, from its index: whole, with as many rows as were put, and with rows of
  /// the hour.
  func rows(
    of hour: StoredHour
  ) throws(ArchiveFailure) -> (rows: [SegmentRow], timescale: Int) {
    func known(_ rows: [IndexedSegment]) -> [SegmentRow] {
      rows.map(\.row).filter { hour.spans.contains($0.number) }
    }
    let bytes = try index(hour.name) { summary, found in
      hour.indexed == summary.count && !known(found).isEmpty
    }
    // The bytes may be those of an earlier request.
    return (
      known(HourIndex.records(bytes, hasFrames: false).segments),
      HourIndex.summary(bytes)?.timescale ?? 1
    )
  }

  /// The bytes of the index of an hour: whole, with valid sums, and as `isRight` accepts it.
  func index(
    _ name: HourName,
    where isRight: (HourIndex.Summary, [IndexedSegment]) -> Bool = { _, _ in true }
  ) throws(ArchiveFailure) -> [UInt8] {
    try object(name.indexPath, limit: StoreReader.largestIndex) { bytes in
      let bytes = bytes.array
      let found = HourIndex.records(bytes, hasFrames: false)
      guard let summary = HourIndex.summary(bytes), found.end == bytes.count,
        found.segments.count == summary.count
      else { return false }
      return isRight(summary, found.segments)
    }.array
  }

  /// The CMAF header with a hash.
  func header(_ hash: String) throws(ArchiveFailure) -> SharedBytes {
    try object("init-\(hash).mp4", limit: StoreReader.largestHeader) {
      TrackDescription.hash(of: $0.array) == hash
    }
  }

  /// The bytes of a segment, unless an operator has removed it meanwhile.
  func segment(_ row: SegmentRow) throws(ArchiveFailure) -> SharedBytes {
    let isThere = catalog.read { $0.objects?.tracks[rendition]?.start(of: row.number) != nil }
    guard isThere else { throw .missing }
    guard row.size <= StoreReader.largestSegment else {
      throw .wrong("the object store: a segment of \(row.size) bytes")
    }
    return try object("segment\(row.number).m4s", limit: row.size) { bytes in
      guard bytes.count == row.size else { return false }
      // The index of an earlier program has no digests.
      guard let tag = row.tag else { return true }
      return SegmentDigest.of(bytes).map { ContentTag($0) } == tag
    }
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
