// SPDX-License-Identifier: Apache-2.0

import Archive
import CMAF
import HTTP
import Media
import Net
import Packaging
import Sharing
import Sockets

/// A rendition's media as prepared responses: only the heads are its own, bodies are the bytes of
/// the window.
final class MediaResponseCache: Sendable {
  private struct Responses {
    var parts: [Int64: [Int64: PreparedResponse]] = [:]
    var segments: [Int64: PreparedResponse] = [:]
    var headers: [String: PreparedResponse] = [:]
  }

  /// The maximum number of kept CMAF headers; a source may return with another one each time.
  private static let headerLimit = 16

  /// The head of the response for the open segment.
  ///
  /// On one connection its chunks alternate with the chunks of other segments.
  let openHead: PreparedResponse
  /// The response for a number inside the window without media: players skip the segment.
  let gap: PreparedResponse

  /// The response for a number of the archive without media: it may be filled later.
  let gapForPresent: PreparedResponse

  private let mediaType: String
  private let isForOneViewer: Bool
  private let partFields: [HeaderField]
  private let segmentFields: [HeaderField]
  private let responses = Locked(Responses())

  /// An empty cache.
  ///
  /// - Parameters:
  ///   - numbering: the numbering of names, which may recur in the next stream session.
  ///   - target: the Target Duration in seconds.
  ///   - segmentation: the durations of parts and segments.
  ///   - cmsd: the CMSD fields of the rendition; nil for none.
  ///   - isForOneViewer: whether caches keep no response, since an address has the bytes of
  ///     different renditions; there are no entity tags then.
  init(
    _ numbering: MediaNames.Numbering, targetDuration target: Int64,
    segmentation: TrackSegmentation, cmsd: CMSDFields? = nil, isForOneViewer: Bool = false
  ) {
    self.isForOneViewer = isForOneViewer
    let recurs = numbering == .run
    let type = segmentation.isAudio ? "audio/mp4" : "video/mp4"
    mediaType = type
    let accept = [PreparedResponse.acceptRanges]
    func described(_ ticks: Int64) -> [HeaderField] {
      cmsd?.fields(ticks: ticks, segmentation) ?? []
    }
    func caching(_ usual: ResponseFields.Caching) -> ResponseFields.Caching {
      isForOneViewer ? .oneViewer : recurs ? .numberedRun(targetDuration: target) : usual
    }
    partFields =
      ResponseFields.fields(type, caching(.part(targetDuration: target)))
      + described(segmentation.partTicks) + accept
    let openFields =
      ResponseFields.fields(type, caching(.segment))
      + described(segmentation.nominalSegmentTicks)
    segmentFields = openFields + accept
    openHead = PreparedResponse(
      status: 200,
      fields: openFields.filter { !$0.isNamed("priority") }
        + [ResponseFields.Priority.openMedia.field])
    gap = PreparedResponse(status: 200, fields: segmentFields, body: [SegmentType.bare])
    gapForPresent = PreparedResponse(
      status: 200, fields: ResponseFields.fields(type, caching(.second)) + accept,
      body: [SegmentType.bare])
  }

  /// The response for a complete part.
  func response(_ part: Part) -> PreparedResponse {
    responses.withLock { responses in
      if let response = responses.parts[part.segment]?[part.index] { return response }
      let response = PreparedResponse(
        status: 200, fields: partFields + tag("\(part.segment).\(part.index)"), body: part.bytes)
      responses.parts[part.segment, default: [:]][part.index] = response
      return response
    }
  }

  /// How long caches may keep errors; not at all if another viewer may get media from the address.
  var errorCaching: ResponseFields.Caching { isForOneViewer ? .oneViewer : .second }

  /// A response with one line about an error.
  func error(_ status: Int, _ line: String, _ more: [HeaderField] = []) -> PreparedResponse {
    .error(status, line, errorCaching, more)
  }

  /// The response for media that was neither published nor announced.
  var absent: PreparedResponse {
    error(404, "no such part or segment, and none was announced")
  }

  private func tag(_ name: String) -> [HeaderField] {
    isForOneViewer ? [] : [RestartETag.of(name)]
  }

  /// The response for a complete segment.
  func response(_ segment: Segment) -> PreparedResponse {
    if segment.isGap { return gap }
    return responses.withLock { responses in
      if let response = responses.segments[segment.number] { return response }
      let response = PreparedResponse(
        status: 200, fields: segmentFields + tag("\(segment.number)"),
        body: segment.chunks.map(\.bytes))
      responses.segments[segment.number] = response
      return response
    }
  }

  /// The response for slate under a number whose media the archive may have, also later.
  func response(prefill segment: Segment) -> PreparedResponse {
    PreparedResponse(
      status: 200, fields: gapForPresent.fields + tag("\(segment.number)"),
      body: segment.chunks.map(\.bytes))
  }

  /// The response for a segment of the archive, which is not kept; if `isForOneViewer`, caches do
  /// not keep it either.
  func response(
    archived segment: ArchivedSegment, _ content: StreamArchive.Content, isForOneViewer: Bool
  ) -> PreparedResponse {
    // The bytes are final: the tag is theirs, also after a restart and on another server. Without
    // it, the window may have had slate under this number.
    let tag =
      segment.row.tag.map { [HeaderField("ETag", "\"\($0.text)\"")] }
      ?? tag("\(segment.number)-archive")
    let fields =
      isForOneViewer
      ? ResponseFields.fields(mediaType, .oneViewer) + [PreparedResponse.acceptRanges]
      : segmentFields + tag
    switch content {
    case .bytes(let bytes): return PreparedResponse(status: 200, fields: fields, body: [bytes])
    case .file(let file):
      return PreparedResponse(
        status: 200, fields: fields, files: FileBytes([.file(0, segment.row.range)], of: file))
    }
  }

  /// The response for a CMAF header.
  func response(header: SharedBytes) -> PreparedResponse {
    PreparedResponse(
      status: 200,
      fields: ResponseFields.fields(mediaType, isForOneViewer ? .oneViewer : .header) + [
        PreparedResponse.acceptRanges, HeaderField("ETag", EntityTag.text(of: header)),
      ],
      body: [header])
  }

  /// The response for the Media Initialization Section.
  func response(_ track: TrackDescription) -> PreparedResponse {
    responses.withLock { responses in
      if let response = responses.headers[track.headerHash] { return response }
      let response = response(header: track.header)
      if responses.headers.count >= Self.headerLimit { responses.headers = [:] }
      responses.headers[track.headerHash] = response
      return response
    }
  }

  /// Releases the responses for media that `snapshot` has no more.
  func forgetGaps(of snapshot: WindowSnapshot) {
    let gaps = Set(snapshot.segments.filter(\.isGap).map(\.number))
    responses.withLock { responses in
      responses.parts = responses.parts.filter { !gaps.contains($0.key) }
      responses.segments = responses.segments.filter { !gaps.contains($0.key) }
    }
  }

  /// Releases the responses for segments before `number`, and their bytes.
  func forget(before number: Int64) {
    responses.withLock { responses in
      guard
        responses.parts.keys.contains(where: { $0 < number })
          || responses.segments.keys.contains(where: { $0 < number })
      else { return }
      responses.parts = responses.parts.filter { $0.key >= number }
      responses.segments = responses.segments.filter { $0.key >= number }
    }
  }
}

/// The CMSD fields of media responses, sent with `--cmsd`.
///
/// Shared caches keep media responses, so the fields are equal for all clients.
/// - Source: CTA-5006 (CMSD)
struct CMSDFields {
  let bitrateKilobits: Int

  /// The fields of a response with media of `ticks` ticks.
  func fields(ticks: Int64, _ segmentation: TrackSegmentation) -> [HeaderField] {
    let milliseconds = ticks * 1000 / Int64(segmentation.timescale)
    let type = segmentation.isAudio ? "a" : "v"
    return [
      HeaderField("CMSD-Static", "br=\(bitrateKilobits),d=\(milliseconds),ot=\(type),st=l"),
      HeaderField("CMSD-Dynamic", "\"streamer\";mb=\(bitrateKilobits)"),
    ]
  }
}
