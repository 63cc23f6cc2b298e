// SPDX-License-Identifier: Apache-2.0

import CMAF
import HTTP
import Net
import Packaging
import Sharing
import Time

/// Makes the response with a clip, a few segments at a time: publications do not wait for it.
///
/// Confined to one loop's thread.
final class ClipPreparation {
  /// The segments of a track that one step reads; a step is much shorter than a millisecond.
  private static let segmentsPerStep = 2

  private let exchange: any Exchange
  private let selection: ClipSelection
  /// The rows of each track, in the order of the selection.
  private let indices: [IndexedSegments]
  private let loop: EventLoop
  private let since: MonotonicTime
  private var planner: ClipPlanner
  private var next = 0
  private var isGone = false
  private var digests: ClipDigests
  private let onEnd: () -> Void

  /// A preparation that ``begin()`` begins; `onEnd` is called once, after the answer or when the
  /// client has gone.
  ///
  /// - Throws: ``ClipError`` if a CMAF header cannot be read.
  init(
    _ exchange: any Exchange, _ selection: ClipSelection, _ indices: [IndexedSegments],
    loop: EventLoop, since: MonotonicTime, onEnd: @escaping () -> Void
  ) throws(ClipError) {
    self.exchange = exchange
    self.selection = selection
    self.indices = indices
    self.loop = loop
    self.since = since
    self.onEnd = onEnd
    planner = try ClipPlanner(
      headers: selection.tracks.map(\.header.array), span: selection.span)
    digests = ClipDigests(selection.span, headerHashes: selection.tracks.map(\.headerHash))
  }

  /// Reads the segments, and answers.
  func begin() {
    exchange.onGone = { [weak self] in self?.isGone = true }
    step()
  }

  private func step() {
    guard !isGone else { return onEnd() }
    do throws(ClipError) {
      for item in selection.items[next...].prefix(Self.segmentsPerStep) { try add(item) }
    } catch { return refuse(error) }
    next = min(next + Self.segmentsPerStep, selection.items.count)
    guard next == selection.items.count else { return loop.next { self.step() } }
    finish()
  }

  private func add(_ item: ClipSelection.Item) throws(ClipError) {
    let segment: IndexedSegment
    do throws(BoxError) { segment = try indices[item.track].index(of: item.segment) } catch {
      throw .boxes(error)
    }
    try planner.add(segment.index, of: item.track)
    digests.add(segment.digest, else: "\(item.segment.number)")
  }

  private func finish() {
    let planned = planner
    let plan: ClipPlan
    do throws(ClipError) { plan = try planned.plan() } catch { return refuse(error) }
    defer { onEnd() }
    let chunks = selection.items.flatMap { $0.segment.chunks.map { ByteSlice($0.bytes) } }
    let head = SharedBytes(plan.head)
    PastMedia.add(texts: [head], at: loop.now)
    let isVideo = selection.tracks.first?.size != nil
    // Missing segments may be filled later.
    let fields = digests.fields(isVideo: isVideo, selection.isWhole ? .segment : .second)
    let response = PreparedResponse(
      status: 200, fields: fields, slices: [ByteSlice(head)] + chunks)
    var held = HeldField()
    exchange.respond(response.ranged(exchange.request), extra: held.ifHeld(since, loop.now))
  }

  private func refuse(_ error: ClipError) {
    let status = error == .empty ? 404 : 409
    exchange.respond(.error(status, "\(error)"))
    onEnd()
  }
}
