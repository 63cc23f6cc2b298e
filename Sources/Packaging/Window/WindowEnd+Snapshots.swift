// SPDX-License-Identifier: Apache-2.0

import Media

extension WindowEnd {
  /// The counts of the windows of a session; nil if none of them has a segment.
  package init?(_ windows: [WindowSnapshot]) {
    let numbers = windows.map(\.newestSegment)
    guard let segment = numbers.max(), segment >= 0 else { return nil }
    self.segment = segment
    discontinuities = windows.map(\.discontinuities).max() ?? 0
    period = windows.compactMap { ($0.open?.period ?? $0.segments.last?.period)?.index }.max() ?? 0
    events = windows.first.map { $0.pastEvents + $0.events } ?? []
  }

  /// The end of a session; nil if none of its windows has a segment.
  ///
  /// - Parameters:
  ///   - windows: its windows, by the names of their tracks; nothing publishes in them any more.
  ///   - names: the names of its media.
  package init?(_ windows: [(name: String, window: LiveWindow)], _ names: MediaNames) {
    self.init(windows.map(\.window.snapshot))
    (base, keys) = (names.base, names.keys)
    targetDuration = windows.map(\.window.segmentation.targetDuration).max() ?? 0
    for (name, window) in windows { media[name] = window.leaveMedia() }
  }
}

extension WindowSnapshot {
  /// The number of Discontinuities since the stream began.
  fileprivate var discontinuities: Int64 {
    let begun = segments.map(\.startsDiscontinuity) + [open?.startsDiscontinuity ?? false]
    return evictedDiscontinuities + Int64(begun.count { $0 })
  }
}
