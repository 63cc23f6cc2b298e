// SPDX-License-Identifier: Apache-2.0

import Media
package import Packaging
package import Sharing
package import System
package import Time

/// The archive of one stream: what it has, and its bytes, for all threads.
///
/// No call blocks. Answers come on a thread of the readers, or at once if too many requests wait;
/// orders are answered on the writer's thread.
package final class StreamArchive: Sendable {
  /// The name of the stream.
  package let name: String
  /// How the stream is archived.
  package var policy: ArchivePolicy { rule.withLock { $0 } }
  private let rule: Locked<ArchivePolicy>
  let catalog: StreamCatalog
  /// Reads the disk, and knows the hours that only the object store has.
  private let reader: ArchiveReader
  /// Reads the object store too, on its own threads; nil without one.
  private let storeReader: ArchiveReader?
  private let store: StoreReader?
  private let pool: ReaderPool
  private let publicObjects: ObjectStoreAddress?
  let order: @Sendable (WriterOrder) -> Void
  private let followed = Locked<[String: TrackSegmentation]>([:])

  init(
    name: String, _ policy: ArchivePolicy, _ catalog: StreamCatalog, _ pool: ReaderPool,
    publicObjects: ObjectStoreAddress? = nil, store: StoreReader? = nil,
    caches: RowCaches = RowCaches(), order: @escaping @Sendable (WriterOrder) -> Void
  ) {
    self.name = name
    rule = Locked(policy)
    self.catalog = catalog
    self.pool = pool
    self.publicObjects = publicObjects
    self.order = order
    reader = ArchiveReader(catalog, store == nil ? .disk : .known, caches: caches)
    self.store = store
    storeReader = store.map { ArchiveReader(catalog, .store($0), caches: caches) }
  }

  /// Takes an answer, on any thread.
  package typealias Answer<Value> = @Sendable (Result<Value, ArchiveFailure>) -> Void

  /// Writes the windows of a session from now on; the top rendition is the first.
  package func follow(_ windows: [(name: String, window: LiveWindow)]) {
    let (policy, top) = (policy, windows.first { !$0.window.segmentation.isAudio }?.name)
    let all = windows.filter { policy.archives($0.name, $0.window.segmentation, top: top) }
    let segmentations = all.map { ($0.name, $0.window.segmentation) }
    followed.withLock {
      $0 = Dictionary(segmentations, uniquingKeysWith: { first, _ in first })
    }
    order(.follow(catalog, windows))
  }

  /// Removes hours by another rule from now on; writing continues.
  func setRetention(_ retention: Retention) {
    let isNew = rule.withLock { rule in
      defer { rule.retention = retention }
      return rule.retention != retention
    }
    if isNew { order(.retain(catalog, retention)) }
  }

  /// The segmentations of the renditions that are written now.
  var segmentations: [String: TrackSegmentation] { followed.withLock { $0 } }

  // MARK: Reading

  /// The numbers of the first and of the last segment of a rendition; nil without any.
  package func extent(of rendition: String) -> ClosedRange<Int64>? {
    catalog.read { $0.extent(of: rendition) }
  }

  /// Whether the archive may have segment `number` of a rendition.
  ///
  /// The number is between its first and its last one, or the folder is still being read. Reads
  /// memory only.
  package func mayHave(_ number: Int64, of rendition: String) -> Bool {
    catalog.read { state in
      !state.isLoaded || state.tracks[rendition]?.extent?.contains(number) ?? false
    }
  }

  /// The numbers of the first and of the last segment of a rendition in files whose first or last
  /// segment has a number and a start that `isValid` accepts; nil without any.
  package func extent(
    of rendition: String, where isValid: (Int64, WallTime) -> Bool
  ) -> ClosedRange<Int64>? {
    let files = catalog.read { $0.summaries(of: rendition) }
    var range: ClosedRange<Int64>?
    for summary in files.map(\.summary) {
      for (number, time) in [(summary.first, summary.start), (summary.last, summary.end)]
      where isValid(number, time) {
        range = min(range?.lowerBound ?? number, number)...max(range?.upperBound ?? number, number)
      }
    }
    return range
  }

  /// The first number from `number` on that a file of a rendition may have; nil without one.
  package func next(from number: Int64, of rendition: String) -> Int64? {
    catalog.read { $0.summaries(of: rendition) }
      .filter { $0.summary.last >= number }
      .map { max(number, $0.summary.first) }.min()
  }

  /// Rises when an order to remove a span begins and when it ends, and when an hour file is
  /// replaced or removed: texts and spans that were read from the archive before are out of date.
  package var revision: Int64 { catalog.read(\.revision) }

  /// The names of the renditions with media.
  package var renditions: [String] { catalog.read(\.renditions) }

  /// Whether the folder was read: before, the archive may have any segment.
  package var isLoaded: Bool { catalog.read(\.isKnown) }

  /// Whether a file of a rendition has a CMAF header, or the object store.
  package func hasHeader(_ hash: String, of rendition: String) -> Bool {
    catalog.read { state in
      state.tracks[rendition]?.hasHeader(hash) ?? false
        || state.objects?.tracks[rendition]?.hasHeader(hash) ?? false
    }
  }

  /// Reads the renditions as their newest hour files show them, and their order.
  package func recordedTracks(
    answer: @escaping Answer<(tracks: [RecordedTrack], order: RenditionOrder?)>
  ) {
    read(answer: answer) { [self] reader throws(ArchiveFailure) in
      (try reader.recordedTracks(of: renditions), RenditionNote.read(catalog.folder))
    }
  }

  /// The public address of a segment that the object store has; nil for none.
  ///
  /// - Parameters:
  ///   - number: its number.
  ///   - rendition: the name of the rendition.
  ///   - limit: the segment must not begin before; nil for a segment of any age.
  /// - Returns: the address, if viewers are redirected to the store.
  package func object(_ number: Int64, of rendition: String, since limit: WallTime?) -> String? {
    guard let publicObjects,
      let start = catalog.read({ $0.objects?.tracks[rendition]?.start(of: number) }),
      limit.map({ start >= $0 }) ?? true
    else { return nil }
    return publicObjects.url("\(name)/\(rendition)/segment\(number).m4s")
  }

  /// The public address of a CMAF header that the object store has; nil for none.
  package func objectHeader(_ hash: String, of rendition: String) -> String? {
    guard let publicObjects,
      catalog.read({ $0.objects?.tracks[rendition]?.hasHeader(hash) ?? false })
    else { return nil }
    return publicObjects.url("\(name)/\(rendition)/init-\(hash).mp4")
  }

  /// The state for operators.
  package var status: ArchiveStatus { catalog.status }

  /// The places of the segments of a rendition with numbers of a span, in their order.
  package func outline(
    _ numbers: ClosedRange<Int64>, of rendition: String, answer: @escaping Answer<[SegmentOutline]>
  ) {
    // bounded: of at least one number
    let cost = numbers.upperBound.subtractingSaturated(numbers.lowerBound) / 100
    read(cost: cost, answer: answer) { reader throws(ArchiveFailure) in
      try reader.outline(numbers, of: rendition)
    }
  }

  /// The questions about all archives that were not answered.
  package var questions: ArchiveQueue.Counts {
    var counts = pool.counts
    if let other = store?.pool.counts {
      // bounded: counters wrap after 2^64
      counts.refused &+= other.refused
      counts.dropped &+= other.dropped  // bounded: as above
    }
    return counts
  }

  /// The threads that read the files; if `isStored`, the object store too.
  package func threads(isStored: Bool) -> any DiskThreads {
    isStored ? store?.pool ?? pool : pool
  }

  /// The largest segment that is read as a whole: for others its file is opened.
  private static let smallSize = 64 << 10

  /// The bytes of a segment.
  package enum Content: Sendable {
    case bytes(SharedBytes)
    /// The range of its row in this file.
    case file(OpenFiles)
  }

  /// Segment `number` of a rendition, and its bytes.
  ///
  /// The bytes of one that only the object store has are read from there, unless viewers are
  /// redirected to it.
  ///
  /// - Parameters:
  ///   - number: its number.
  ///   - rendition: the name of the rendition.
  ///   - limit: the segment must not end before; nil for a segment of any age.
  ///   - answer: takes the result.
  package func segment(
    _ number: Int64, of rendition: String, since limit: WallTime? = nil,
    answer: @escaping Answer<(segment: ArchivedSegment, content: Content)>
  ) {
    let onDisk = publicObjects != nil
    read(as: .segment, answer: answer) { [pool] reader throws(ArchiveFailure) in
      do throws(ArchiveFailure) {
        return try Self.segment(number, of: rendition, since: limit, reader, pool, onDisk: onDisk)
      } catch {
        // Its hour file was replaced since the segment was found.
        guard error == .busy else { throw error }
        return try Self.segment(number, of: rendition, since: limit, reader, pool, onDisk: onDisk)
      }
    }
  }

  private static func segment(
    _ number: Int64, of rendition: String, since limit: WallTime?, _ reader: ArchiveReader,
    _ pool: ReaderPool, onDisk: Bool
  ) throws(ArchiveFailure) -> (segment: ArchivedSegment, content: Content) {
    let found = try reader.segments(number...number, of: rendition, onDisk: onDisk)
    guard let segment = found.first else { throw .missing }
    if let limit, segment.row.end(timescale: segment.timescale) < limit { throw .tooOld }
    guard segment.row.size > smallSize, !segment.isStored else {
      return (segment, .bytes(try reader.bytes(of: segment)))
    }
    return (segment, .file(OpenFiles([try reader.file(of: segment)], pool)))
  }

  /// The CMAF header with this hash.
  package func header(
    _ hash: String, of rendition: String, answer: @escaping Answer<SharedBytes>
  ) {
    let isRedirected = publicObjects != nil
    read(as: .segment, answer: answer) { reader throws(ArchiveFailure) in
      let header: SharedBytes?
      do throws(ArchiveFailure) { header = try reader.header(hash, of: rendition) } catch {
        throw error == .stored && isRedirected ? .missing : error
      }
      guard let header else { throw .missing }
      return header
    }
  }

  /// How long a request waits for the folder to be read, after the start of the program.
  private static let loading = Interval.seconds(3)

  /// Reads on a thread of the readers; what only the object store has, on one of those that wait
  /// for it.
  ///
  /// - Parameters:
  ///   - rank: the rank of the question; its client is that of the calling thread.
  ///   - cost: the segments that are read or listed for it.
  ///   - answer: takes the result.
  ///   - read: reads.
  package func read<Value>(
    as rank: ArchiveRank = .list, cost: Int64 = 1, answer: @escaping Answer<Value>,
    _ read: @escaping @Sendable (ArchiveReader) throws(ArchiveFailure) -> Value
  ) {
    let client = ArchiveClient.current
    let refuse: @Sendable (ArchiveFailure) -> Void = { answer(.failure($0)) }
    func job(_ run: @escaping @Sendable () -> Void) -> ArchiveJob {
      ArchiveJob(rank, cost: cost, stream: name, client: client, run: run, refuse: refuse)
    }
    let stored = job { [storeReader] in
      guard let storeReader else { return answer(.failure(.stored)) }
      answer(Result { () throws(ArchiveFailure) in try read(storeReader) })
    }
    let onDisk = job { [reader, store] in
      let result = Result { () throws(ArchiveFailure) in
        try ArchiveClient.check()
        return try read(reader)
      }
      guard case .failure(.stored) = result, let store else { return answer(result) }
      store.pool.add(stored)
    }
    let catalog = catalog
    guard !catalog.read(\.isKnown) else { return pool.add(onDisk) }
    pool.add(
      onDisk, until: SystemClock.monotonicTime + Self.loading, when: { catalog.read(\.isKnown) })
  }

  // MARK: Orders

  /// The spans that are never removed by age, size or lack of space.
  package var protectedSpans: [Range<WallTime>] { catalog.read(\.protected.spans) }

  /// Protects a span, or ends its protection; the answer has the reason of a failure.
  package func protect(
    _ span: Range<WallTime>, _ isProtected: Bool = true,
    answer: @escaping @Sendable (String?) -> Void
  ) {
    order(.protect(catalog, span, isProtected, answer))
  }

  /// Whether an order of the last two days has removed media of a span.
  package func hasRemoved(_ span: Range<WallTime>) -> Bool {
    catalog.read { $0.removed.overlaps(span.lowerBound, span.upperBound) }
  }

  /// Whether an order of the last two days has removed media.
  package var hasRemovedSpans: Bool { catalog.read { !$0.removed.spans.isEmpty } }

  /// The spans whose bytes are being removed, or could not be: no request gets media of them.
  package var hiddenSpans: [Range<WallTime>] { catalog.read { $0.hidden.map(\.span) } }

  /// Removes the segments with media in a span from the disk.
  ///
  /// - Parameters:
  ///   - span: the span.
  ///   - hidden: called when no request gets media of the span any more, and the order is on the
  ///     disk: the next start completes it after a crash. Not called if the order is refused.
  ///   - answer: called at the end with the reason of a failure.
  package func remove(
    _ span: Range<WallTime>, hidden: @escaping @Sendable () -> Void = {},
    answer: @escaping @Sendable (String?) -> Void
  ) {
    order(.remove(catalog, span, hidden: hidden, answer))
  }
}
