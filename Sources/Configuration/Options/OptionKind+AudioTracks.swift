// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Streams

/// The values of `--audio-tracks`: a number, or tracks such as `de,en+visual-impaired=Described*`.
extension OptionKind where Value == RequestedAudioTracks {
  static let audioTracks = OptionKind(
    placeholder: "WHICH",
    expected: "1–\(InputDescription.maximumAudioTracks), or languages such as de,en",
    parse: { text in
      let limit = InputDescription.maximumAudioTracks
      if let count = Int(text) { return (1...limit).contains(count) ? .first(count) : nil }
      let items = text.split(separator: ",", omittingEmptySubsequences: false)
      let choices = items.compactMap { RequestedAudioTracks.Choice(text: $0) }
      guard choices.count == items.count, choices.count <= limit,
        choices.count(where: \.isDefault) <= 1
      else { return nil }
      return .chosen(choices)
    },
    print: { tracks in
      switch tracks {
      case .first(let count): "\(count)"
      case .chosen(let choices): choices.map(\.text).joined(separator: ",")
      }
    })
}

extension RequestedAudioTracks.Choice {
  /// Reads `LANGUAGE`, `#NUMBER` or `#NUMBER/LANGUAGE`, then `+PURPOSE`, `=NAME` and `*` for the
  /// default track, each optional; nil for other texts.
  init?(text: Substring) {
    let isDefault = text.hasSuffix("*")
    let halves = (isDefault ? text.dropLast() : text).split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let label = halves.count > 1 ? String(halves[1]) : nil
    guard label.map(AudioTrackSettings.isLabel) ?? true, let head = halves.first else { return nil }
    let words = head.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    var selector = AudioTrackSelector()
    if words.count > 1 {
      guard let purpose = AudioPurpose(rawValue: String(words[1])) else { return nil }
      selector.purpose = purpose
    }
    var place = words[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    if let first = place.first, first.hasPrefix("#") {
      guard let number = Int(first.dropFirst()), (1...1000).contains(number) else { return nil }
      selector.position = number
      place.removeFirst()
    }
    guard place.count <= 1 else { return nil }
    if let name = place.first {
      guard let language = Self.language(name) else { return nil }
      selector.language = language
    }
    self.init(selector, label: label, isDefault: isDefault)
  }

  /// The text that ``init(text:)`` reads.
  fileprivate var text: String {
    [selector.position.map { "#\($0)" }, selector.language?.tag].compactMap(\.self)
      .joined(separator: "/")
      + (selector.purpose.map { "+\($0.rawValue)" } ?? "") + (label.map { "=\($0)" } ?? "")
      + (isDefault ? "*" : "")
  }

  private static func language(_ text: Substring) -> Language? {
    guard (2...3).contains(text.utf8.count),
      text.utf8.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
    else { return nil }
    let language = Language(String(text))
    return language == .undetermined && text != "und" ? nil : language
  }
}

/// The values of `--audio-copy`: codecs such as `opus,ac3`, or none.
extension OptionKind where Value == [AlternativeAudioCodec] {
  static let audioCopy = list(
    "CODECS",
    expected: "none, or different ones of "
      + AlternativeAudioCodec.allCases.map(\.rawValue).joined(separator: ",") + " with commas",
    key: \.self, item: { AlternativeAudioCodec(rawValue: String($0)) }, text: \.rawValue)
}
