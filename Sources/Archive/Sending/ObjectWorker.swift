// SPDX-License-Identifier: Apache-2.0

import CMAF
import Logging
import Media
import Packaging
import Sharing
import System
import Time

/// The work of the thread that puts archives into an object store.
///
/// Confined to that thread. It has one segment in memory at a time, and the rows of one hour.
struct ObjectWorker {
  /// Requests for one rendition before the next one has its turn.
  private static let turn = 8
  private static let immutable = "public, max-age=31536000, immutable"
  /// The index of an hour changes when segments are healed or removed.
  private static let changing = "public, max-age=60"

  private let client: ObjectClient
  private let log: Log
  private var backOff = BackOff()
  private var retryTime = MonotonicTime.distantPast
  /// The rows of a finished hour that is being put.
  private var rows: (file: String, summary: HourIndex.Summary, rows: [SegmentRow])?

  init(_ client: ObjectClient, _ log: Log) {
    self.client = client
    self.log = log
  }

  /// Whether requests are sent at `now`.
  func isDue(_ now: MonotonicTime) -> Bool { now >= retryTime }

  /// A turn of each rendition.
  ///
  /// - Returns: whether more can be sent at once.
  mutating func work(_ streams: [StreamCatalog]) -> Bool {
    var isMore = false
    for catalog in streams {
      guard load(catalog) else { continue }
      for rendition in catalog.read({ $0.tracks.keys.sorted() }) {
        do throws(ObjectClient.Failure) {
          if try turn(catalog, rendition) { isMore = true }
        } catch {
          failed(error, catalog)
          save(catalog)
          note(catalog)
          return false
        }
      }
      save(catalog)
      note(catalog)
    }
    return isMore
  }

  /// Writes the marks that have changed.
  func saveAll(_ streams: [StreamCatalog]) {
    for catalog in streams {
      save(catalog)
      note(catalog)
    }
  }

  // MARK: The store

  /// The hour files of a rendition, oldest first.
  private static func hours(_ track: TrackCatalog?) -> [TrackObjects.Hour] {
    (track?.summaries ?? []).map {
      TrackObjects.Hour(name: $0.name, summary: $0.summary, isOpen: $0.isOpen)
    }
  }

  private mutating func turn(
    _ catalog: StreamCatalog, _ rendition: String
  ) throws(ObjectClient.Failure) -> Bool {
    // Copies: searching them under the lock would delay those who read the catalog.
    let (track, objects) = catalog.read {
      ($0.tracks[rendition], $0.objects?.tracks[rendition] ?? TrackObjects())
    }
    let hours = Self.hours(track)
    guard let name = objects.next(hours) else { return false }
    let hour = hours.first { $0.name == name }
    let folder = catalog.folder(of: rendition)
    let isOpen = hour?.isOpen ?? false
    let rows = isOpen ? track?.open?.rows ?? [] : hour.map { finishedRows(folder, $0) } ?? []
    let requests = objects.requests(for: name, rows, isOpen: isOpen, limit: Self.turn)
    for request in requests {
      let path = "\(catalog.name)/\(rendition)"
      guard let count = try send(request, name, path, folder) else {
        catalog.update { state in
          state.objects?.failures += 1
          if case .segment(let row) = request {
            state.objects?.tracks[rendition]?.cannotRead(row)
          }
        }
        return false
      }
      catalog.update { state in
        let timescale = hour?.summary.timescale ?? 1
        state.objects?.tracks[rendition, default: TrackObjects()]
          .done(request, of: name, timescale: timescale)
        if case .removal = request {
          state.objects?.removed += 1
        } else {
          state.objects?.put += 1
          state.objects?.bytes += UInt64(clamping: count)
        }
      }
      succeeded(catalog)
    }
    return !requests.isEmpty
  }

  /// Sends one request.
  ///
  /// - Returns: the bytes of the object; nil if the disk cannot read it.
  private func send(
    _ request: TrackObjects.Request, _ name: HourName, _ path: String, _ folder: HourFolder
  ) throws(ObjectClient.Failure) -> Int? {
    let type = name.isAudio ? "audio/mp4" : "video/mp4"
    switch request {
    case .removal(let number):
      try client.remove("\(path)/segment\(number).m4s")
      return 0
    case .header:
      guard let file = try? DiskFile(folder.file(name), .reading), let size = try? file.size,
        let head = try? FileHead(
          size: size,
          { offset, count throws(SystemError) in
            try file.read(at: offset, count: count)
          }),
        let bytes = try? file.shared(at: 0, count: head.headerSize)
      else { return nil }
      try client.put(
        "\(path)/init-\(name.headerHash).mp4", bytes, type: type, caching: Self.immutable)
      return bytes.count
    case .segment(let row):
      guard let file = try? DiskFile(folder.file(name), .reading),
        let bytes = try? file.shared(at: row.offset, count: row.size), bytes.isSegment(row)
      else { return nil }
      try client.put(
        "\(path)/segment\(row.number).m4s", bytes, type: type, caching: Self.immutable)
      return bytes.count
    case .index:
      guard let file = try? DiskFile(folder.index(name), .reading), let size = try? file.size,
        let bytes = try? file.shared(at: 0, count: size)
      else { return nil }
      try client.put(
        "\(path)/\(name.indexPath)", bytes, type: "application/octet-stream",
        caching: Self.changing)
      return bytes.count
    }
  }

  private mutating func finishedRows(
    _ folder: HourFolder, _ hour: TrackObjects.Hour
  ) -> [SegmentRow] {
    let path = folder.file(hour.name)
    if let rows, rows.file == path, rows.summary == hour.summary { return rows.rows }
    let found = (try? folder.segments(hour.name, hour.summary, hasFrames: false)) ?? []
    rows = (path, hour.summary, found.map(\.row))
    return found.map(\.row)
  }

  private mutating func failed(_ failure: ObjectClient.Failure, _ catalog: StreamCatalog) {
    if !backOff.isFailing {
      log.write(
        .warning, "archive-objects-failed", stream: catalog.name,
        "the object store: \(failure.reason); objects are put later, from the disk")
    }
    retryTime = SystemClock.monotonicTime + backOff.failed()
    catalog.update { state in
      state.objects?.failures += 1
      state.objects?.error = failure.reason
    }
  }

  private mutating func succeeded(_ catalog: StreamCatalog) {
    catalog.update { $0.objects?.error = nil }
    guard backOff.succeeded() else { return }
    log.write(
      .info, "archive-objects-recovered", stream: catalog.name, "the object store: objects are put")
  }

  // MARK: Marks

  /// Reads the marks of a stream.
  ///
  /// - Returns: false while the folder of the stream is not read.
  private func load(_ catalog: StreamCatalog) -> Bool {
    let (isReady, isLoaded) = catalog.read {
      ($0.isLoaded, $0.objects?.isLoaded ?? false)
    }
    guard isReady, !isLoaded else { return isReady }
    var tracks: [String: TrackObjects] = [:]
    for rendition in DiskFolder.entries(catalog.folder).folders
    where StreamName.isValid(rendition) {
      tracks[rendition] = TrackObjects(catalog.folder(of: rendition).marks)
    }
    catalog.update { [tracks] state in
      state.objects?.tracks = tracks
      state.objects?.isLoaded = true
    }
    return true
  }

  private func save(_ catalog: StreamCatalog) {
    let unsaved = catalog.read { state in
      (state.objects?.tracks ?? [:]).flatMap { rendition, track in
        track.unsaved.map { (rendition, $0, track.marks[$0] ?? HourMark()) }
      }
    }
    for (rendition, name, mark) in unsaved
    where catalog.folder(of: rendition).save(mark, of: name) {
      catalog.update { $0.objects?.tracks[rendition]?.saved(name, mark) }
    }
  }

  /// Notes the oldest media that the store lacks.
  private func note(_ catalog: StreamCatalog) {
    let (tracks, objects) = catalog.read { ($0.tracks, $0.objects?.tracks ?? [:]) }
    let missing = tracks.compactMap { rendition, track in
      (objects[rendition] ?? TrackObjects()).missing(Self.hours(track))
    }.min()
    catalog.update { $0.objects?.missing = missing }
  }
}

extension SharedBytes {
  /// Whether these are the bytes of a row: the file may have been replaced by a shorter one.
  fileprivate func isSegment(_ row: SegmentRow) -> Bool {
    var index = SegmentIndex()
    guard (try? index.append(self)) != nil else { return false }
    return index.decodeTime == row.decodeTime && index.duration == row.duration
  }
}
