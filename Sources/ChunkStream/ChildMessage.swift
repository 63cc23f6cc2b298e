// SPDX-License-Identifier: Apache-2.0

import Media
package import Metadata
package import Packaging
package import Sharing
package import Time

/// A message of a source to the server: its tracks, chunks and counters are a sequence of these.
///
/// Tracks are numbered: the video renditions from 0, then audio. The fields of `facts` and `status`
/// belong to the sessions of streams, which read them with a ``FieldReader``.
package enum ChildMessage: Sendable {
  /// The version of the messages; both ends have the same executable.
  package static let version: UInt16 = 5

  /// Reads the version, which must be that of this executable.
  static func version(_ reader: inout FieldReader) throws(MessageError) -> UInt16 {
    let found = try reader.integer(UInt16.self)
    guard found == version else { throw .version(found, expected: version) }
    return found
  }
  /// The most bytes of a line of the log, or of a reason.
  package static let maximumTextLength = 4096

  /// The first message: the version, and the protections that are in force.
  case hello(version: UInt16, protections: UInt8)
  /// The facts about the source.
  case facts([UInt8])
  /// The source will never be known, with the kind of its error and the reason.
  case refused(kind: UInt8, reason: String)
  /// The session runs.
  case opened
  /// The session could not start, or has failed, with the kind of the failure and the reason.
  case failed(kind: UInt8, reason: String)
  /// The source has ended.
  case sourceEnded
  /// The key frames of the source are irregular.
  case irregular
  /// The source no longer has all renditions.
  case tracksChanged
  /// The source cannot be passed through any longer.
  case unfit(reason: String)
  /// The constants of a track.
  case track(UInt8, TrackFields)
  /// A chunk of a track.
  case chunk(ChunkMessage)
  /// A period of a track begins.
  case period(UInt8, PeriodFields)
  /// A track is live.
  case live(UInt8)
  /// A step of the wall clock: the next segment of the track begins with a Discontinuity.
  case step(UInt8, offset: Interval, skipped: Int64)
  /// A segment of a track is a gap.
  case gap(UInt8, segment: Int64)
  /// Counters, and the sign that the process runs.
  case status([UInt8])
  /// The source supplies no media, for this reason; nil if it supplies media.
  case outage(OutageFields?)
  /// Metadata of the source, with its capture time, and its time on the media timeline.
  case event(time: WallTime, mediaTime: MediaTime, EventContent)
  /// A cue of the source, with the capture time of its first frame.
  case cue(time: WallTime, SourceCue)
  /// A line for the log.
  case log(level: UInt8, event: String, text: String)

  private var kind: UInt8 {
    switch self {
    case .hello: 1
    case .facts: 2
    case .refused: 3
    case .opened: 4
    case .failed: 5
    case .sourceEnded: 6
    case .irregular: 7
    case .track: 8
    case .chunk: Self.chunkKind
    case .period: 10
    case .live: 11
    case .step: 12
    case .gap: 13
    case .status: 14
    case .log: 15
    case .tracksChanged: 16
    case .unfit: 17
    case .outage: 18
    case .event: 19
    case .cue: 20
    }
  }

  private static let chunkKind: UInt8 = 9

  /// Head and fields; the payload of a chunk follows them.
  package var bytes: [UInt8] {
    MessageHead.message(kind, payload: payload?.count ?? 0) { write(to: &$0) }
  }

  /// The bytes that are sent after the fields; nil if there are none.
  package var payload: SharedBytes? {
    if case .chunk(let chunk) = self { chunk.bytes } else { nil }
  }

  private func write(to writer: inout FieldWriter) {
    switch self {
    case .hello(let version, let protections):
      writer.add(version)
      writer.add(protections)
    case .facts(let fields), .status(let fields): writer.add(fields)
    case .refused(let kind, let reason), .failed(let kind, let reason):
      writer.add(kind)
      writer.add(Self.shortened(reason))
    case .unfit(let reason): writer.add(Self.shortened(reason))
    case .opened, .sourceEnded, .irregular, .tracksChanged: break
    case .track(let track, let fields):
      writer.add(track)
      fields.write(to: &writer)
    case .chunk(let chunk): chunk.write(to: &writer)
    case .period(let track, let fields):
      writer.add(track)
      fields.write(to: &writer)
    case .live(let track): writer.add(track)
    case .step(let track, let offset, let skipped):
      writer.add(track)
      writer.add(offset.nanoseconds)
      writer.add(skipped)
    case .gap(let track, let segment):
      writer.add(track)
      writer.add(segment)
    case .outage(let fields): writer.add(fields) { $1.write(to: &$0) }
    case .event(let time, let mediaTime, let content):
      writer.add(time.nanoseconds)
      writer.add(mediaTime.nanoseconds)
      content.write(to: &writer)
    case .cue(let time, let cue):
      writer.add(time.nanoseconds)
      writer.add(cue.text.text)
      writer.add(cue.language.code)
      writer.add(cue.duration.nanoseconds)
    case .log(let level, let event, let text):
      writer.add(level)
      writer.add(event)
      writer.add(Self.shortened(text))
    }
  }

  /// The text, without its end if it is too long.
  private static func shortened(_ text: String) -> String {
    guard text.utf8.count > maximumTextLength else { return text }
    return String(decoding: text.utf8.prefix(maximumTextLength - 3), as: UTF8.self)
      .trimmingEnd(to: maximumTextLength)
  }

  /// Reads a message.
  ///
  /// - Parameters:
  ///   - head: its head.
  ///   - fields: its fields, of the size in the head.
  ///   - payload: the bytes after its fields; nil if there are none.
  /// - Throws: the error if the bytes are no message.
  package init(
    _ head: MessageHead, _ fields: [UInt8], payload: SharedBytes?
  ) throws(MessageError) {
    var reader = FieldReader(fields)
    if head.kind != Self.chunkKind, head.payload > 0 { throw .excess(head.payload) }
    self = try Self.read(head.kind, &reader, payload)
    try reader.end()
  }

  private static func read(
    _ kind: UInt8, _ reader: inout FieldReader, _ payload: SharedBytes?
  ) throws(MessageError) -> ChildMessage {
    switch kind {
    case 1:
      return .hello(version: try version(&reader), protections: try reader.integer())
    case 2: return .facts(try reader.bytes("the facts", limit: MessageHead.maximumFieldsLength))
    case 3: return .refused(kind: try reader.integer(), reason: try reason(&reader))
    case 4: return .opened
    case 5: return .failed(kind: try reader.integer(), reason: try reason(&reader))
    case 6: return .sourceEnded
    case 7: return .irregular
    case 14:
      return .status(try reader.bytes("the counters", limit: MessageHead.maximumFieldsLength))
    case 15:
      return .log(
        level: try reader.integer("the level of a line", in: 0...3),
        event: try reader.word("an event", limit: 40) {
          $0 == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        }, text: try reason(&reader))
    case 16: return .tracksChanged
    case 17: return .unfit(reason: try reason(&reader))
    case 18:
      return .outage(
        try reader.optional("a flag") { reader throws(MessageError) in try OutageFields(&reader) })
    case 19:
      let time = WallTime(nanoseconds: try reader.interval("the time of an event").nanoseconds)
      let mediaTime = MediaTime(nanoseconds: try reader.interval("a media time").nanoseconds)
      return .event(time: time, mediaTime: mediaTime, try EventContent(&reader))
    case 20: return try readCue(&reader)
    case chunkKind: return .chunk(try ChunkMessage(&reader, payload: payload))
    case 8...13: return try readOfTrack(kind, &reader)
    default: throw .unknownKind(kind)
    }
  }

  private static func readCue(
    _ reader: inout FieldReader
  ) throws(MessageError) -> ChildMessage {
    let time = WallTime(nanoseconds: try reader.interval("the time of a cue").nanoseconds)
    let words = try reader.text("a cue", limit: CueText.longest)
    let language = Language(try reader.text("a language", limit: 3))
    let duration = try reader.interval("the duration of a cue", in: Cue.durations)
    do throws(CueText.Refusal) {
      return .cue(time: time, SourceCue(try CueText(words), language, duration: duration))
    } catch { throw .invalid(field: "a cue", value: "\(error)") }
  }

  private static func readOfTrack(
    _ kind: UInt8, _ reader: inout FieldReader
  ) throws(MessageError) -> ChildMessage {
    let track = try reader.track()
    switch kind {
    case 8: return .track(track, try TrackFields(&reader))
    case 10: return .period(track, try PeriodFields(&reader))
    case 11: return .live(track)
    case 12:
      return .step(
        track, offset: try reader.interval("an offset"),
        skipped: try reader.integer("a number of skipped segments", in: PeriodFields.skips))
    default:
      return .gap(track, segment: try reader.segmentNumber())
    }
  }

  private static func reason(_ reader: inout FieldReader) throws(MessageError) -> String {
    try reader.text("a text", limit: maximumTextLength)
  }
}

extension String {
  /// The text without characters at its end, such that it has at most `count` bytes.
  fileprivate func trimmingEnd(to count: Int) -> String {
    var text = self
    while text.utf8.count > count { text.removeLast() }
    return text
  }
}
