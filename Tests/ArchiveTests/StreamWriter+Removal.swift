// SPDX-License-Identifier: Apache-2.0

import Time

@testable import Archive

/// Removal at once, without another thread.
extension StreamWriter {
  /// Reads the folder, and completes the orders that a crash has interrupted.
  func load() { load { _ = removeSegments(in: $0, now: $0.upperBound) } }

  /// Removes the segments with media in a span; those of the windows are left out.
  ///
  /// - Returns: the reason of a failure, else nil.
  func removeSegments(in span: Range<WallTime>, now: WallTime) -> String? {
    let removal: SpanRemoval
    switch beginRemoval(of: span, now: now) {
    case .failure(let refusal): return refusal.reason
    case .success(let begun): removal = begun
    }
    return endRemoval(of: removal.media, removal.run(order: perform))
  }

  /// Performs an order at once.
  private func perform(_ order: WriterOrder) {
    switch order {
    case .hold(_, let rendition, let name, let time, let answer):
      answer(hold(name, of: rendition, until: time))
    case .replace(_, let rendition, let replacement, let answer):
      answer(replace(replacement, of: rendition))
    default: order.refuse()
    }
  }
}
