// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging
import Sharing
import Streams
import Time

/// The last rendered members of a `/timestamps.json`, which latency scripts poll.
///
/// Confined to the loop's thread.
struct TimestampsCache {
  private var rendition: ServedRendition?
  private var revision: Int64 = 0
  private var objects = ""

  /// The document of a rendition; its members are rendered again if the window has changed.
  mutating func response(
    of rendition: ServedRendition, of served: ServedStream, _ outage: SourceOutage?,
    now: MonotonicTime
  ) -> PreparedResponse {
    let snapshot = rendition.window.snapshot
    if self.rendition !== rendition || revision != snapshot.revision {
      let document = TimestampsDocument(
        snapshot: snapshot, names: served.names, length: served.options.timestamps)
      (self.rendition, revision, objects) = (rendition, snapshot.revision, document.objects)
    }
    let text = TimestampsDocument.text(
      objects, served.measures.statistics(), outage, PublisherState(served.options, served),
      missing: served.missingNames(now: now), now: SystemClock.wallTime)
    return Self.response(text)
  }

  /// The document of a stream that has no media yet: why it has none.
  static func response(_ outage: SourceOutage, of stream: StreamEntry) -> PreparedResponse {
    response(
      TimestampsDocument.text(
        outage, PublisherState(stream.options, nil), now: SystemClock.wallTime))
  }

  private static func response(_ text: String) -> PreparedResponse {
    .document(text, fields: ResponseFields.fields("application/json", .noStore))
  }
}
