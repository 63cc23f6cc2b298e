// SPDX-License-Identifier: Apache-2.0

import CMAF
import HTTP
import Media
import Packaging
import Sharing

/// A rendition's media as ready-made responses over the bytes of the window: heads are made once, bodies never copied.
final class MediaResponseCache: Sendable {
  private struct Shelves {
    var parts: [Int64: [Int64: PreparedResponse]] = [:]
    var segments: [Int64: PreparedResponse] = [:]
    var headers: [String: PreparedResponse] = [:]
  }

  /// Each source that was away may come back with another header: more responses than this are not kept.
  private static let headerLimit = 16

  /// The head of a segment that is sent while it is made.
  ///
  /// Its pieces are sent in turn with those of other segments of the same connection.
  let openHead: PreparedResponse
  /// The answer for a number inside the window that has no media: players step over it.
  let gap: PreparedResponse

  private let mediaType: String
  private let partFields: [HeaderField]
  private let segmentFields: [HeaderField]
  private let shelves = Locked(Shelves())

  /// A shelf for media whose names are made as `numbering` says.
  ///
  /// - Parameters:
  ///   - numbering: whether names recur in the next run.
  ///   - target: the Target Duration in seconds.
  ///   - segmentation: how long parts and segments are.
  ///   - data: the fields that describe media of so many ticks, where answers carry any.
  init(
    _ numbering: MediaNames.Numbering, targetDuration target: Int64,
    segmentation: TrackSegmentation,
    data: CMSDFields? = nil
  ) {
    let recurs = numbering == .run
    let type = segmentation.mediaType
    mediaType = type
    let accept = [PreparedResponse.acceptRanges]
    func described(_ ticks: Int64) -> [HeaderField] {
      data?.fields(ticks: ticks, segmentation) ?? []
    }
    partFields =
      ResponseFields.fields(
        type, recurs ? .numberedRun(targetDuration: target) : .part(targetDuration: target))
      + described(segmentation.partTicks) + accept
    let openFields =
      ResponseFields.fields(
        type, recurs ? .numberedRun(targetDuration: target) : .segment)
      + described(segmentation.nominalSegmentTicks)
    segmentFields = openFields + accept
    openHead = PreparedResponse(
      status: 200,
      fields: openFields.filter { !$0.isNamed("priority") }
        + [ResponseFields.Priority.openMedia.field])
    gap = PreparedResponse(status: 200, fields: segmentFields, body: [SegmentType.bare])
  }

  /// The response for a complete part.
  func response(_ part: Part) -> PreparedResponse {
    shelves.withLock { shelves in
      if let made = shelves.parts[part.segment]?[part.index] { return made }
      let response = PreparedResponse(
        status: 200, fields: partFields + [ProcessETag.of("\(part.segment).\(part.index)")],
        body: part.bytes)
      shelves.parts[part.segment, default: [:]][part.index] = response
      return response
    }
  }

  /// The response for a complete segment.
  func response(_ segment: Segment) -> PreparedResponse {
    if segment.isGap { return gap }
    return shelves.withLock { shelves in
      if let made = shelves.segments[segment.number] { return made }
      let response = PreparedResponse(
        status: 200, fields: segmentFields + [ProcessETag.of("\(segment.number)")],
        body: segment.chunks.map(\.bytes))
      shelves.segments[segment.number] = response
      return response
    }
  }

  /// The response for the Media Initialization Section.
  func response(_ track: TrackDescription) -> PreparedResponse {
    shelves.withLock { shelves in
      if let made = shelves.headers[track.headerHash] { return made }
      let response = PreparedResponse(
        status: 200,
        fields: ResponseFields.fields(mediaType, .header) + [
          PreparedResponse.acceptRanges, HeaderField("ETag", EntityTag.text(of: track.header)),
        ],
        body: [track.header])
      if shelves.headers.count >= Self.headerLimit { shelves.headers = [:] }
      shelves.headers[track.headerHash] = response
      return response
    }
  }

  /// Lets go of what the window no longer has; the bytes with it.
  func forget(before number: Int64) {
    shelves.withLock { shelves in
      guard
        shelves.parts.keys.contains(where: { $0 < number })
          || shelves.segments.keys.contains(where: { $0 < number })
      else { return }
      shelves.parts = shelves.parts.filter { $0.key >= number }
      shelves.segments = shelves.segments.filter { $0.key >= number }
    }
  }
}
