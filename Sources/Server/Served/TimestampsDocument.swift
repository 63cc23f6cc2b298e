// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Media
import Packaging
import Sharing
import Streams
import Time

/// `/timestamps.json`: capture and publish times of media, for latency scripts.
///
/// Times are Unix time in nanoseconds. `segments` and `parts` give the publish time of the last
/// chunk, `captures` the capture time of the first frame. Prefill is not listed. `source` states
/// whether the source supplies frames, since when, and why it does not; `publisher` the state of a
/// publisher; `missing` the renditions without new media, and `captions` the languages of captions,
/// if there are any.
struct TimestampsDocument {
  let snapshot: WindowSnapshot
  let names: MediaNames
  /// The number of listed segments.
  let length: Int

  /// The JSON text in pieces at wall time `now` with `objects`, which many responses share, and the
  /// counters of the stream session; `outage` is that of the source.
  static func pieces(
    _ objects: SharedBytes, _ statistics: StreamStatistics, _ outage: SourceOutage? = nil,
    _ publisher: PublisherState? = nil, missing: [String] = [], captions: [CaptionTrack] = [],
    now: WallTime
  ) -> [SharedBytes] {
    [
      SharedBytes(start(now)), objects,
      SharedBytes(
        end(
          isOnline: statistics.isSourceOnline, since: statistics.sourceChanged,
          audio: statistics.audioFault, outage, publisher, missing, captions)),
    ]
  }

  /// The JSON text of a stream without media at wall time `now`: why it has none.
  static func text(
    _ outage: SourceOutage, _ publisher: PublisherState?, now: WallTime
  ) -> String {
    start(now) + end(isOnline: false, since: outage.since, outage, publisher, [], [])
  }

  private static func start(_ now: WallTime) -> String { "{\"timestamp\":\(now.nanoseconds)" }

  private static func end(
    isOnline: Bool, since: WallTime, audio: AudioFault? = nil, _ outage: SourceOutage?,
    _ publisher: PublisherState?, _ missing: [String], _ captions: [CaptionTrack]
  ) -> String {
    let clock = SystemClock.synchronization
    let source: JSONObject = [
      "online": isOnline, "since": since.nanoseconds, "outage": outage?.publicObject,
      "audio": audio?.words,
    ]
    let members: JSONObject = [
      "source": source, "publisher": publisher?.object,
      "missing": missing.isEmpty ? nil : missing,
      "captions": captions.isEmpty ? nil : CueDocument.languages(captions),
      "clock": [
        "source": "system", "synchronized": clock.isSynchronized,
        "offsetEstimateNs": clock.estimatedError.nanoseconds,
      ] as JSONObject,
    ]
    return "," + members.text.dropFirst() + "\n"
  }

  /// The members that depend on the snapshot only.
  var objects: String {
    let segments = snapshot.segments.suffix(length).filter { !$0.isPrefill && !$0.isGap }
    var parts = snapshot.segments.suffix(length).flatMap(\.parts)
    if let open = snapshot.open { parts += open.parts }
    parts.removeAll { part in part.chunks.contains { $0.published == .origin } }
    return object("segments", segments.map { (names.name(ofSegment: $0.number), $0.published) })
      + object("parts", parts.map { (name(of: $0), $0.published) })
      + object("captures", parts.map { (name(of: $0), $0.captured) })
  }

  private func name(of part: Part) -> String {
    names.name(ofPart: part.index, in: part.segment)
  }

  private func object(_ name: String, _ entries: [(String, WallTime)]) -> String {
    let members = entries.map { "\(JSONText.quoted($0.0)):\($0.1.nanoseconds)" }
      .joined(separator: ",")
    return ",\"\(name)\":{\(members)}"
  }
}

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
