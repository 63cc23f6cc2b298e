// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Packaging
import Server
import Time

extension FuzzBody {
  /// Requests for new cues: an accepted cue is one block of WebVTT without markup.
  ///
  /// The first line is the query; further lines are the body.
  static let captions = FuzzBody(
    name: "captions",
    sources: [
      "Server/Control/CaptionRequest.swift", "Packaging/Captions/CueText.swift",
      "Packaging/Captions/WebVTT.swift", "Media/LanguageTag.swift",
    ]
  ) { bytes in
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    let query = String(decoding: line, as: UTF8.self)
    guard let request = try? Request("POST", "/api/streams/live/captions?" + query) else {
      return nil
    }
    let now = WallTime.origin + .seconds(1_795_474_095)
    let accepted: CaptionRequest
    do throws(RequestRefusal) {
      accepted = try CaptionRequest(request, Array(bytes.dropFirst(line.count + 1)), now: now)
    } catch {
      return error.reason.isEmpty || error.reason.contains("\n") ? "no line: \(error.reason)" : nil
    }
    if let tag = accepted.language, LanguageTag(tag.text) != tag {
      return "\(tag.text) is another tag"
    }
    return violation(of: accepted.cue, now)
  }

  private static func violation(of new: CueStore.NewCue, _ now: WallTime) -> String? {
    guard let english = LanguageTag("en") else { return "no language" }
    var store = CueStore([english], now: .origin)
    guard
      let cue = try? store.add(new, in: english, open: 7, wall: now, now: .origin),
      Cue.durations.contains(cue.duration)
    else { return "no cue" }
    let begin = min(cue.start, now - .seconds(1))
    let cues = store.read(english, segment: 7, begin..<cue.end)
    guard cues == [cue] else { return "not in its segment" }
    let text = WebVTT.segment(cues, offset: .milliseconds(-250))
    let blocks = text.split(separator: "\n\n")
    guard blocks.count == 2, text.count(where: { $0 == "<" }) == 0,
      text.split(separator: "-->", omittingEmptySubsequences: false).count == 2
    else { return text }
    let lines = blocks[1].split(separator: "\n", omittingEmptySubsequences: false)
    return lines.count == 2 + cue.text.lines.count && !lines.contains("") ? nil : text
  }
}
