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
  private var objects = SharedBytes([])

  /// The document of a rendition; its members are rendered again if the window has changed.
  mutating func response(
    of rendition: ServedRendition, of served: ServedStream, _ outage: SourceOutage?,
    now: MonotonicTime
  ) -> PreparedResponse {
    let snapshot = rendition.window.snapshot
    if self.rendition !== rendition || revision != snapshot.revision {
      let document = TimestampsDocument(
        snapshot: snapshot, names: served.names, length: served.options.timestamps)
      PastMedia.add(texts: [objects], at: now)
      (self.rendition, revision) = (rendition, snapshot.revision)
      objects = SharedBytes(document.objects)
    }
    let pieces = TimestampsDocument.pieces(
      objects, served.measures.statistics(), outage, PublisherState(served.options, served),
      missing: served.missingNames(now: now), captions: served.captions?.tracks ?? [],
      now: SystemClock.wallTime)
    // Only the members are shared by responses.
    PastMedia.add(texts: [pieces[0], pieces[2]], at: now)
    return PreparedResponse(status: 200, fields: Self.fields, body: pieces)
  }

  /// The document of a stream that has no media yet: why it has none.
  static func response(_ outage: SourceOutage, of stream: StreamEntry) -> PreparedResponse {
    .document(
      TimestampsDocument.text(
        outage, PublisherState(stream.options, nil), now: SystemClock.wallTime), fields: fields)
  }

  private static var fields: [HeaderField] {
    ResponseFields.fields("application/json", .noStore)
  }
}
