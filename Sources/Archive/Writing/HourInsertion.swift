// SPDX-License-Identifier: Apache-2.0

import Sharing
import System
import Time

/// Puts drafts of hour files into the place of the old files: an exchange with the writer's thread.
enum HourInsertion {
  /// How long the writer opens no file while a draft replaces it: the windows keep more.
  private static let holdLimit = Interval.seconds(2)
  /// How long the writer may take for an order.
  private static let orderLimit = Interval.seconds(20)

  /// Waits for the answer of the writer; nil without one.
  private static func answer<Value: Sendable>(
    isCancelled: () -> Bool, _ order: (@escaping @Sendable (Value) -> Void) -> Void
  ) -> Value? {
    let box = Monitor<Value?>(nil)
    order { value in box.update { $0 = value } }
    let deadline = ArchiveClock.monotonicTime + orderLimit
    while !isCancelled(), ArchiveClock.monotonicTime < deadline {
      let step = ArchiveClock.monotonicTime + .milliseconds(100)
      if let value = box.wait(until: step, { $0 }) { return value }
    }
    return nil
  }

  /// Puts a draft into the place of its hour file.
  ///
  /// - Parameters:
  ///   - merge: the draft.
  ///   - rendition: the name of its rendition.
  ///   - catalog: the catalog of its stream.
  ///   - removed: the spans that were removed when the draft was begun; nil if it removes segments.
  ///   - isCancelled: whether the exchange is to end.
  ///   - order: gives an order to the writer's thread.
  /// - Returns: the reason of a failure, else nil.
  static func insert(
    _ merge: HourMerge, of rendition: String, _ catalog: StreamCatalog, removed: WallSpans?,
    isCancelled: () -> Bool, order: (WriterOrder) -> Void
  ) -> String? {
    guard catalog.read({ $0.tracks[rendition]?.torn[merge.name] == nil }) else {
      return "the disk has refused to finish the hour file"
    }
    do {
      // A long file takes longer than the writer may be held: the last round is short.
      for _ in 0..<3 {
        guard try merge.update(try catalog.rows(of: merge.name, rendition)) else {
          return "the hour file has changed meanwhile"
        }
        try merge.prepare()
      }
    } catch { return "\(error)" }
    let held: HourIndex.Summary?? = answer(isCancelled: isCancelled) { answer in
      order(
        .hold(
          catalog, rendition, merge.name, until: ArchiveClock.monotonicTime + holdLimit, answer))
    }
    guard let old = held else { return "the writer does not answer" }
    do {
      let folder = catalog.folder(of: rendition)
      let rows =
        try old.map { try folder.segments(merge.name, $0, hasFrames: false).map(\.row) } ?? []
      guard try merge.update(rows) else { return "the hour file has changed meanwhile" }
      let new = try merge.finish()
      guard new != nil || removed == nil else { return "the hour file has changed meanwhile" }
      let replacement = HourReplacement(
        name: merge.name, drafts: merge.drafts, old: old, new: new, healed: merge.count,
        removed: removed)
      let isStaged = removed == nil && new != nil
      if isStaged { try folder.stage(merge.name, from: merge.drafts) }
      let answered: String?? = answer(isCancelled: isCancelled) { answer in
        order(.replace(catalog, rendition, replacement, answer))
      }
      let failure = answered ?? "the writer does not answer"
      if isStaged, failure != nil { folder.unstage(merge.name, to: merge.drafts) }
      return failure
    } catch { return "\(error)" }
  }
}
