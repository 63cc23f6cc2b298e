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
package enum ChildMessage: FieldMessage {
  /// The version of the messages; both ends have the same executable.
  package static let version: UInt16 = 10
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
  /// The timestamps of the source cannot be used: it must be encoded.
  case unpaced(reason: String)
  /// The source has audio now; the facts about it, with which the next session continues it.
  case audioAppeared([UInt8])
  /// The publisher has another rate, with the reason; the facts about it, with which the next
  /// session continues and encodes it.
  case otherRate(reason: String, [UInt8])
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
  /// The state of the media of the present publisher; nil without one.
  case publisher(PublisherNote?)
  /// Metadata of the source, with its capture time, and its time on the media timeline.
  case event(time: WallTime, mediaTime: MediaTime, EventContent)
  /// A cue of the source, with the capture time of its first frame.
  case cue(time: WallTime, SourceCue)
  /// A line for the log.
  case log(level: UInt8, event: String, text: String)

  /// The kind of chunks.
  package static let payloadKind: UInt8? = 9

  /// The bytes of a chunk.
  package var payload: SharedBytes? {
    if case .chunk(let message) = self { message.chunk.bytes } else { nil }
  }

  /// Adds the kind and the fields.
  package func write(to writer: inout FieldWriter) {
    switch self {
    case .hello(let version, let protections): writer.add(message: 1, version, protections)
    case .facts(let fields): writer.add(message: 2, fields)
    case .refused(let kind, let reason): writer.add(message: 3, kind, Self.shortened(reason))
    case .opened: writer.add(message: 4)
    case .failed(let kind, let reason): writer.add(message: 5, kind, Self.shortened(reason))
    case .sourceEnded: writer.add(message: 6)
    case .irregular: writer.add(message: 7)
    case .track(let track, let fields): writer.add(message: 8, track, fields)
    case .chunk(let chunk): writer.add(message: 9, chunk)
    case .period(let track, let fields): writer.add(message: 10, track, fields)
    case .live(let track): writer.add(message: 11, track)
    case .step(let track, let offset, let skipped):
      writer.add(message: 12, track, offset, skipped)
    case .gap(let track, let segment): writer.add(message: 13, track, segment)
    case .status(let fields): writer.add(message: 14, fields)
    case .log(let level, let event, let text):
      writer.add(message: 15, level, event, Self.shortened(text))
    case .tracksChanged: writer.add(message: 16)
    case .unfit(let reason): writer.add(message: 17, Self.shortened(reason))
    case .outage(let fields): writer.add(message: 18, fields)
    case .event(let time, let mediaTime, let content):
      writer.add(message: 19, time, mediaTime, content)
    case .cue(let time, let cue):
      writer.add(
        message: 20, time, cue.text.marked, cue.language.code, cue.duration,
        cue.position.line.map { UInt8(clamping: $0) }, cue.position.align.rawValue)
    case .unpaced(let reason): writer.add(message: 21, Self.shortened(reason))
    case .publisher(let note): writer.add(message: 22, note)
    case .audioAppeared(let fields): writer.add(message: 23, fields)
    case .otherRate(let reason, let fields):
      writer.add(message: 24, Self.shortened(reason), fields)
    }
  }

  /// The text, without its end if it is too long.
  private static func shortened(_ text: String) -> String {
    guard text.utf8.count > maximumTextLength else { return text }
    return String(decoding: text.utf8.prefix(maximumTextLength - 3), as: UTF8.self)
      .trimmingEnd(to: maximumTextLength)
  }

  /// Reads a message; see ``FieldMessage``.
  package init(
    _ kind: UInt8, _ reader: inout FieldReader, payload: SharedBytes?
  ) throws(MessageError) {
    switch kind {
    case 1:
      self = .hello(
        version: try reader.version(Self.version), protections: try reader.integer())
    case 2: self = .facts(try reader.bytes("the facts", limit: MessageHead.maximumFieldsLength))
    case 3: self = .refused(kind: try reader.integer(), reason: try Self.reason(&reader))
    case 4: self = .opened
    case 5: self = .failed(kind: try reader.integer(), reason: try Self.reason(&reader))
    case 6: self = .sourceEnded
    case 7: self = .irregular
    case 8: self = .track(try reader.track(), try TrackFields(&reader))
    case 9: self = .chunk(try ChunkMessage(&reader, payload: payload))
    case 10: self = .period(try reader.track(), try PeriodFields(&reader))
    case 11: self = .live(try reader.track())
    case 12:
      self = .step(
        try reader.track(), offset: try reader.interval("an offset"),
        skipped: try reader.integer("a number of skipped segments", in: PeriodFields.skips))
    case 13: self = .gap(try reader.track(), segment: try reader.segmentNumber())
    case 14:
      self = .status(try reader.bytes("the counters", limit: MessageHead.maximumFieldsLength))
    case 15:
      self = .log(
        level: try reader.integer("the level of a line", in: 0...3),
        event: try reader.word("an event", limit: 40) {
          $0 == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        }, text: try Self.reason(&reader))
    case 16: self = .tracksChanged
    case 17: self = .unfit(reason: try Self.reason(&reader))
    case 18: self = .outage(try reader.optional(OutageFields.init))
    case 19:
      self = .event(
        time: try reader.instant("the time of an event"),
        mediaTime: try reader.instant("a media time"), try EventContent(&reader))
    case 20: self = try Self.readCue(&reader)
    case 21: self = .unpaced(reason: try Self.reason(&reader))
    case 22: self = .publisher(try reader.optional(PublisherNote.init))
    case 23:
      self = .audioAppeared(
        try reader.bytes("the facts", limit: MessageHead.maximumFieldsLength))
    case 24:
      self = .otherRate(
        reason: try Self.reason(&reader),
        try reader.bytes("the facts", limit: MessageHead.maximumFieldsLength))
    default: throw .unknownKind(kind)
    }
  }

  private static func readCue(
    _ reader: inout FieldReader
  ) throws(MessageError) -> ChildMessage {
    let time: WallTime = try reader.instant("the time of a cue")
    let words = try reader.text("a cue", limit: CueText.maximumMarked)
    let language = Language(try reader.text("a language", limit: 3))
    let duration = try reader.interval("the duration of a cue", in: Cue.durations)
    let line = try reader.optional { (reader) throws(MessageError) in
      try reader.integer("the line of a cue", in: 0...UInt8(CuePosition.lines.upperBound))
    }
    let side = try reader.text("the side of a cue", limit: 6)
    guard let align = CuePosition.Align(rawValue: side) else {
      throw .invalid(field: "the side of a cue", value: side)
    }
    let position = CuePosition(line: line.map(Int.init), align: align)
    do throws(CueText.Refusal) {
      let text = try CueText(marked: words)
      return .cue(
        time: time, SourceCue(text, language, duration: duration, position: position))
    } catch { throw .invalid(field: "a cue", value: "\(error)") }
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
