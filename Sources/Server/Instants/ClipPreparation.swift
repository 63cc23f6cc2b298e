// SPDX-License-Identifier: Apache-2.0

import CMAF
import HTTP
import Net
import Packaging
import Sharing
import System
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
  /// The digest of the common media, and of everything on which the bytes depend.
  private let media = RunningDigest(), content = RunningDigest()

  /// A preparation that ``begin()`` begins.
  ///
  /// - Throws: ``ClipError`` if a CMAF header cannot be read.
  init(
    _ exchange: any Exchange, _ selection: ClipSelection, _ indices: [IndexedSegments],
    loop: EventLoop, since: MonotonicTime
  ) throws(ClipError) {
    self.exchange = exchange
    self.selection = selection
    self.indices = indices
    self.loop = loop
    self.since = since
    planner = try ClipPlanner(
      headers: selection.tracks.map(\.header.array), span: selection.span)
    let hashes = selection.tracks.map(\.headerHash).joined(separator: " ")
    let span = "\(selection.span.lowerBound) \(selection.span.upperBound)"
    content.add(Array("\(ClipPlan.layout) \(span) \(hashes)".utf8))
  }

  /// Reads the segments, and answers.
  func begin() {
    exchange.onGone = { [weak self] in self?.isGone = true }
    step()
  }

  private func step() {
    guard !isGone else { return }
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
    try planner.add(segment.index, number: item.segment.number, of: item.track)
    media.add(segment.digest)
    // Origins that pass one source through differ in the times of arrival: so do their bytes.
    let captured = item.segment.chunks.first?.captured ?? .origin
    content.add(segment.digest + Array("\(captured.nanoseconds)".utf8))
  }

  private func finish() {
    let planned = planner
    let plan: ClipPlan
    do throws(ClipError) { plan = try planned.plan() } catch { return refuse(error) }
    let head = SharedBytes(plan.head)
    PastMedia.add(texts: [head], at: loop.now)
    let isVideo = selection.tracks.first?.size != nil
    let fields =
      ResponseFields.fields(isVideo ? "video/mp4" : "audio/mp4", .segment) + [
        PreparedResponse.acceptRanges,
        HeaderField("ETag", "\"\(Self.text(content.bytes().prefix(16)))\""),
        HeaderField("X-Media-Digest", "sha-256=\(Self.text(media.bytes()))"),
      ]
    let response = PreparedResponse(
      status: 200, fields: fields,
      body: [head] + selection.items.flatMap { $0.segment.chunks.map(\.bytes) })
    var held = HeldField()
    exchange.respond(response.ranged(exchange.request), extra: held.ifHeld(since, loop.now))
  }

  private func refuse(_ error: ClipError) {
    let status = error == .empty ? 404 : 409
    exchange.respond(ResponseFields.error(status, "\(error)"))
  }

  private static func text(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
