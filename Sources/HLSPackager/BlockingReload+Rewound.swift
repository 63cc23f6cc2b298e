// SPDX-License-Identifier: Apache-2.0

package import Packaging
import Time

extension BlockingReload {
  /// Decides for `directives` on a playlist that begins with segment `first`; `wait` is ignored.
  ///
  /// A segment is complete in such a playlist when the next one has a part; see
  /// ``MediaPlaylist/Past``.
  package static func decide(
    _ directives: DeliveryDirectives, from first: Int64, on snapshot: WindowSnapshot,
    control: ServerControl, names: MediaNames
  ) -> BlockingReload {
    guard snapshot.state != .ended else { return .answer }
    var directives = directives
    directives.waitMilliseconds = nil
    let listed = snapshot.endingWithPart
    if (listed.segments.last?.number ?? .min) < first {
      guard directives.mediaSequenceNumber == nil else {
        return .refuse("the playlist begins in the future")
      }
      directives.mediaSequenceNumber = UInt64(exactly: names.printed(first))
    }
    let decision = decide(directives, on: listed, control: control, names: names)
    guard directives.partIndex == nil, case .hold(let version) = decision else { return decision }
    return .hold(until: version.addingSaturated(1))
  }
}
