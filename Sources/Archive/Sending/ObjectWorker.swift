// SPDX-License-Identifier: Apache-2.0

import Logging
import Sharing
import System
import Time

/// The work of the thread that puts archives into an object store.
///
/// Confined to that thread. Each lane has one segment in memory, and the worker has the rows of a
/// few hours.
struct ObjectWorker {
  /// How often the marks are written: the objects since then are put again after a crash.
  private static let savingPeriod = Interval.seconds(1)

  private let lanes: ObjectLanes
  private let log: Log
  private var backOff = BackOff()
  private var retryTime = MonotonicTime.distantPast
  private var savingTime = MonotonicTime.distantPast
  private var hours = ObjectHours()

  init(_ lanes: ObjectLanes, _ log: Log) {
    self.lanes = lanes
    self.log = log
  }

  /// Whether requests are sent at `now`.
  func isDue(_ now: MonotonicTime) -> Bool { now >= retryTime }

  /// Takes the next requests of each rendition, and sends them together.
  ///
  /// - Returns: whether more can be sent at once.
  mutating func work(_ streams: [StreamCatalog]) -> Bool {
    var jobs: [ObjectJob] = []
    for catalog in streams where catalog.loadMarks() {
      for rendition in catalog.read({ $0.tracks.keys.sorted() }) {
        jobs += nextJobs(catalog, rendition)
      }
    }
    // While the store fails, one request finds out whether it answers again.
    if backOff.isFailing { jobs = Array(jobs.prefix(1)) }
    let isMore = send(jobs)
    let now = SystemClock.monotonicTime
    if !isMore || now >= savingTime {
      savingTime = now + Self.savingPeriod
      saveAll(streams)
    }
    return isMore
  }

  /// Writes the marks that have changed.
  func saveAll(_ streams: [StreamCatalog]) {
    for catalog in streams {
      catalog.saveMarks()
      note(catalog)
    }
  }

  // MARK: The store

  /// The next requests for a rendition.
  private mutating func nextJobs(_ catalog: StreamCatalog, _ rendition: String) -> [ObjectJob] {
    // Copies: searching them under the lock would delay the readers of the catalog.
    let (track, objects) = catalog.read {
      ($0.tracks[rendition], $0.objects?.tracks[rendition] ?? TrackObjects())
    }
    let next = hours.next(
      track, objects, in: catalog.folder(of: rendition), now: SystemClock.monotonicTime)
    guard let next else { return [] }
    catalog.update { $0.objects?.tracks[rendition]?.begin(next.name) }
    return next.requests.map {
      ObjectJob(
        catalog: catalog, rendition: rendition, name: next.name, request: $0,
        timescale: next.timescale)
    }
  }

  /// The result of requests that were sent together.
  private struct Result: Sendable {
    /// The indices of the requests that the store has accepted, and of those whose objects the disk
    /// has refused to read.
    var done: Set<Int> = [], refused: Set<Int> = []
    var failure: (reason: String, catalog: StreamCatalog)?
  }

  /// Sends requests; when one fails, the requests that have not begun are left.
  ///
  /// - Returns: whether the store has accepted one, and refused none.
  private mutating func send(_ jobs: [ObjectJob]) -> Bool {
    guard !jobs.isEmpty else { return false }
    let result = Locked(Result())
    lanes.run(
      jobs.enumerated().map { index, job in
        { client in
          let isStopped = result.withLock { $0.failure != nil }
          let outcome = isStopped ? .left : job.run(client)
          result.withLock { result in
            if case .done = outcome { result.done.insert(index) }
            if case .refused = outcome { result.refused.insert(index) }
            if case .failed(let reason) = outcome, result.failure == nil {
              result.failure = (reason, job.catalog)
            }
          }
          if case .done = outcome { return }
          job.catalog.update { $0.objects?.tracks[job.rendition]?.left(job.name) }
        }
      })
    let found = result.withLock { $0 }
    for job in found.refused.map({ jobs[$0] })
    where !found.done.contains(where: { jobs[$0].isOfSameFile(as: job) }) {
      let folder = job.catalog.folder(of: job.rendition)
      hours.pass(job.name, in: folder, now: SystemClock.monotonicTime)
    }
    if let (reason, catalog) = found.failure {
      if !lanes.isStopped { failed(reason, catalog) }
      return false
    }
    guard !found.done.isEmpty else { return false }
    succeeded(jobs)
    return true
  }

  private mutating func failed(_ reason: String, _ catalog: StreamCatalog) {
    if !backOff.isFailing {
      log.write(
        .warning, "archive-objects-failed", stream: catalog.name,
        "the object store: \(reason); objects are put later, from the disk")
    }
    retryTime = SystemClock.monotonicTime + backOff.failed()
    catalog.update { $0.objects?.error = reason }
  }

  private mutating func succeeded(_ jobs: [ObjectJob]) {
    var streams: [StreamCatalog] = []
    for job in jobs where !streams.contains(where: { $0 === job.catalog }) {
      streams.append(job.catalog)
      job.catalog.update { $0.objects?.error = nil }
    }
    guard backOff.succeeded(), let stream = streams.first else { return }
    log.write(
      .info, "archive-objects-recovered", stream: stream.name, "the object store: objects are put")
  }

  /// Notes the oldest media that the store lacks.
  private func note(_ catalog: StreamCatalog) {
    let (tracks, objects) = catalog.read { ($0.tracks, $0.objects?.tracks ?? [:]) }
    let missing = tracks.compactMap { rendition, track in
      (objects[rendition] ?? TrackObjects()).missing(track.summaries)
    }.min()
    catalog.update { $0.objects?.missing = missing }
  }
}
