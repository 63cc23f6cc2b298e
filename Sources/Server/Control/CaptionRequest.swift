// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import HTTP
package import Media
package import Packaging
package import Time

/// A request to add a cue: `POST /api/streams/S/captions?lang=L` with a JSON object as its body.
///
/// ```
/// {"text": "Hello", "start": "now", "duration": 3000, "line": 10, "align": "start"}
/// ```
package struct CaptionRequest {
  /// The most bytes of a body.
  package static let largest = 8192

  /// The language; nil if the request names none.
  package let language: LanguageTag?
  package let cue: CueStore.NewCue

  /// Reads a request.
  ///
  /// - Parameters:
  ///   - request: the head; `lang` in its query is a language tag.
  ///   - body: `text`; `start`, which is `now`, milliseconds since 1970, or a date of RFC 3339 in
  ///     UTC (default `now`); `duration` in milliseconds; `line` in percent of the height and
  ///     `align` (default: centred, above the lower edge).
  ///   - now: the wall clock.
  /// - Throws: a refusal, with the reason for the client.
  package init(_ request: Request, _ body: [UInt8], now: WallTime) throws(RequestRefusal) {
    if let text = request.queryItems.first(where: { $0.name == "lang" })?.value {
      guard let tag = LanguageTag(text) else {
        throw .init("lang: invalid value (expected a language tag such as en or pt-BR)")
      }
      language = tag
    } else {
      language = nil
    }
    let members = try Self.members(body)
    guard case .text(let text)? = members["text"] else {
      throw .init("\"text\": missing or no text (expected the words of the cue)")
    }
    guard case .number(let milliseconds)? = members["duration"],
      let duration = Int64(exactly: milliseconds.rounded()).map({ Interval.milliseconds($0) }),
      Cue.durations.contains(duration)
    else {
      throw .init(
        "\"duration\": missing or invalid (expected \(Cue.durations.lowerBound.milliseconds)–"
          + "\(Cue.durations.upperBound.milliseconds) milliseconds)")
    }
    let start = try Self.start(members["start"]?.string ?? "now", now: now)
    let position = try Self.position(members)
    do throws(CueText.Refusal) {
      cue = CueStore.NewCue(
        try CueText(text), start: start, duration: duration, position: position)
    } catch { throw .init("\(error)") }
  }

  /// Adds the cue to the captions of a stream.
  ///
  /// - Parameters:
  ///   - captions: the captions of the stream.
  ///   - stream: the stream; nil if it does not run.
  ///   - wall: the wall clock.
  ///   - now: the present time.
  /// - Returns: the cue.
  /// - Throws: a refusal, with the reason for the client.
  func add(
    to captions: StreamCaptions, of stream: ServedStream?, wall: WallTime, now: MonotonicTime
  ) throws(RequestRefusal) -> Cue {
    let expected = "expected \(captions.tracks.map(\.language.text).joined(separator: ", "))"
    let named = captions.tracks.filter { $0.language == language }
    let tracks = language == nil && captions.tracks.count == 1 ? captions.tracks : named
    guard let track = tracks.first else {
      throw .init("lang: \(language == nil ? "missing" : "not a language here") (\(expected))")
    }
    guard let window = stream?.window.snapshot, window.state == .live else {
      throw .init("the stream is not live", status: 409)
    }
    do throws(CueRefusal) {
      return try captions.add(cue, to: track, window, wall: wall, now: now)
    } catch {
      switch error {
      case .unknownLanguage: throw .init("lang: not a language here (\(expected))")
      case .tooMany:
        throw .init(
          "too many cues in the window and after it (expected at most "
            + "\(Cue.maximumPerLanguage) of a language)", status: 429)
      case .tooOften:
        throw .init(
          "too many cues in the last seconds (expected at most \(CueStore.rate) per second)",
          status: 429)
      }
    }
  }

  private static func members(_ body: [UInt8]) throws(RequestRefusal) -> [String: TextOrNumber] {
    guard body.count <= largest else {
      throw .init("the cue is too large (expected at most \(largest) bytes)", status: 413)
    }
    let form = "expected an object such as {\"text\": \"Hello\", \"duration\": 3000}"
    try TextOrNumber.checkSyntax(of: body, form)
    guard
      let members = try? JSONDecoder().decode([String: TextOrNumber].self, from: Data(body))
    else { throw .init("the body is no object of texts and numbers (\(form))") }
    guard members.keys.allSatisfy(["text", "start", "duration", "line", "align"].contains) else {
      throw .init(
        "the body has an unknown member (expected text, start, duration, line and align)")
    }
    return members
  }

  private static func position(
    _ members: [String: TextOrNumber]
  ) throws(RequestRefusal) -> CuePosition {
    var line: Int?
    if let member = members["line"] {
      guard case .number(let percent) = member, let whole = Int(exactly: percent.rounded()),
        CuePosition.lines.contains(whole)
      else {
        let (least, most) = (CuePosition.lines.lowerBound, CuePosition.lines.upperBound)
        throw .init("\"line\": invalid (expected \(least)–\(most) percent of the height)")
      }
      line = whole
    }
    guard let member = members["align"] else { return CuePosition(line: line, align: .center) }
    guard case .text(let name) = member, let align = CuePosition.Align(rawValue: name) else {
      throw .init("\"align\": invalid (expected start, center or end)")
    }
    return CuePosition(line: line, align: align)
  }

  private static func start(_ text: String, now: WallTime) throws(RequestRefusal) -> WallTime {
    guard let time = text == "now" ? now : EventRequest.time(text) else {
      throw .init(
        "\"start\": invalid (expected now, milliseconds since 1970, or a date such as "
          + "2026-01-31T12:00:00.250Z)")
    }
    guard EventRequest.isNear(time, now) else {
      throw .init("\"start\": not within the last minute or the next hour")
    }
    return .origin + .milliseconds(time.milliseconds)
  }
}
