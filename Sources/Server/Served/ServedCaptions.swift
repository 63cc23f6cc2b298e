// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Media
import Net
import Packaging
import Sharing
import Time

/// The captions of a stream with their prepared responses, shared by all loops.
final class ServedCaptions: Sendable {
  /// The form of a segment's cues.
  enum Form: Hashable {
    /// WebVTT, for HLS.
    case text
    /// `wvtt` in CMAF, for DASH.
    case cmaf
  }

  private struct Key: Hashable {
    let rendition: String
    let segment: Int64
    let form: Form
  }

  /// The newest response with cues: one cue releases many requests.
  private struct Newest {
    let rendition: String
    let after, revision: UInt32
    let caching: ResponseFields.Caching
    let response: PreparedResponse
  }

  private struct Shared {
    var segments: [Key: PreparedResponse] = [:]
    var newest: Newest?
  }

  private let captions: StreamCaptions
  private let caching: ResponseFields.Caching
  private let shared = Locked(Shared())

  /// The captions of a stream with these names and constants.
  init(_ captions: StreamCaptions, _ names: MediaNames, _ control: ServerControl) {
    self.captions = captions
    // A text is final, as the media of its segment.
    caching =
      names.numbering == .run ? .numberedRun(targetDuration: control.targetDuration) : .segment
  }

  /// The tracks in the order of the settings.
  var tracks: [CaptionTrack] { captions.tracks }
  /// The number of the newest cue.
  var revision: UInt32 { captions.revision }

  /// The track whose rendition has this name; nil if there is none.
  func track(_ rendition: String?) -> CaptionTrack? { captions.track(rendition) }

  /// The CMAF header of a track if it has this hash; nil for another one.
  func response(
    header hash: String, of track: CaptionTrack, _ segmentation: TrackSegmentation
  ) -> PreparedResponse? {
    let header = TextHeader.bytes(track.language.language, timescale: segmentation.timescale)
    guard TrackDescription.hash(of: header) == hash else { return nil }
    let body = SharedBytes(header)
    PastMedia.add(texts: [body], at: SystemClock.monotonicTime)
    return PreparedResponse(
      status: 200,
      fields: ResponseFields.fields("application/mp4", .header) + [
        HeaderField("ETag", EntityTag.text(of: body))
      ], body: [body])
  }

  /// The cues of a complete segment.
  func response(
    _ segment: Segment, as form: Form, of track: CaptionTrack, _ segmentation: TrackSegmentation
  ) -> PreparedResponse {
    let key = Key(rendition: track.rendition, segment: segment.number, form: form)
    return shared.withLock { shared in
      if let response = shared.segments[key] { return response }
      let offset = segment.programDateTime.offset(
        from: segmentation.frameTime(of: segment.firstFrame))
      let cues = captions.cues(
        of: track, in: segment, segment.span(timescale: segmentation.timescale))
      let (type, body) =
        switch form {
        case .text: ("text/vtt; charset=utf-8", Array(WebVTT.segment(cues, offset: offset).utf8))
        case .cmaf:
          (
            "application/mp4",
            TextSegment(
              segment, cues, start: segmentation.ticks(segment.firstFrame), offset: offset,
              timescale: segmentation.timescale
            ).bytes
          )
        }
      let response = PreparedResponse(
        status: 200,
        fields: ResponseFields.fields(type, caching) + [
          RestartETag.of("\(segment.number)-\(track.rendition)-\(form)")
        ], body: [SharedBytes(body)])
      shared.segments[key] = response
      return response
    }
  }

  /// The cues of a track after a revision, as JSON, that are not over at `time`.
  func cues(
    of track: CaptionTrack, after revision: UInt32, since time: WallTime,
    _ caching: ResponseFields.Caching
  ) -> PreparedResponse {
    shared.withLock { shared in
      let (cues, newest) = captions.cues(of: track, after: revision, since: time)
      if let last = shared.newest, last.rendition == track.rendition, last.after == revision,
        last.revision == newest, last.caching == caching
      {
        return last.response
      }
      let response = PreparedResponse.document(
        CueDocument(cues: cues, revision: newest).text,
        fields: ResponseFields.fields("application/json", caching))
      shared.newest = Newest(
        rendition: track.rendition, after: revision, revision: newest, caching: caching,
        response: response)
      return response
    }
  }

  /// Forgets the cues that are shown in a span; responses are rendered again without them.
  func remove(_ span: Range<WallTime>) {
    captions.remove(span)
    let texts = shared.withLock { shared in
      defer { shared = Shared() }
      return shared.segments.values.flatMap { $0.body.map(\.bytes) }
    }
    if !texts.isEmpty { PastMedia.add(texts: texts, at: SystemClock.monotonicTime) }
  }

  /// Releases the responses for segments before `number`.
  func forget(before number: Int64) {
    let texts = shared.withLock { shared in
      let old = shared.segments.filter { $0.key.segment < number }
      for key in old.keys { shared.segments[key] = nil }
      return old.values.flatMap { $0.body.map(\.bytes) }
    }
    if !texts.isEmpty { PastMedia.add(texts: texts, at: SystemClock.monotonicTime) }
  }
}
