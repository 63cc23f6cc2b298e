// SPDX-License-Identifier: Apache-2.0

package import Capture
import Media

/// The audio tracks of an input that a stream has, as requested.
package enum RequestedAudioTracks: Sendable, Hashable {
  /// A declared track.
  package struct Choice: Sendable, Hashable {
    /// Its track of the input.
    package var selector: AudioTrackSelector
    /// Its name for viewers; nil for that of its language.
    package var label: String?
    /// Whether viewers get it unless they choose another one.
    package var isDefault: Bool

    /// A declared track.
    package init(_ selector: AudioTrackSelector, label: String? = nil, isDefault: Bool = false) {
      self.selector = selector
      self.label = label
      self.isDefault = isDefault
    }
  }

  /// The tracks that the input has at the start, at most this number.
  case first(Int)
  /// Declared tracks, whether the input has them at the start or not.
  case chosen([Choice])

  /// The settings of the tracks for an input.
  ///
  /// - Parameters:
  ///   - description: the input.
  ///   - names: the names of other renditions.
  ///   - codecs: those of tracks that are also published as the input has them.
  /// - Returns: the settings; a single track that is not declared has the default name, and no
  ///   label. Tracks with the frames of the input follow those of AAC.
  package func tracks(
    of description: InputDescription, beside names: [String],
    copying codecs: [AlternativeAudioCodec] = []
  ) -> [AudioTrackSettings] {
    let tracks = tracks(of: description, beside: names)
    guard !codecs.isEmpty else { return tracks }
    let found = description.audioTracks
    let copied = zip(tracks, AudioTrackSelector.assign(tracks, found)).compactMap { track, source in
      source.flatMap { AudioTrackSettings(codecs, of: found[$0], beside: track) }
    }
    return tracks + copied.filter { !names.contains($0.name) }
  }

  private func tracks(
    of description: InputDescription, beside names: [String]
  ) -> [AudioTrackSettings] {
    let found = description.audioTracks
    let choices: [Choice]
    switch self {
    case .first(let count):
      let first = InputDescription.order(of: found).prefix(count).map { found[$0] }
      guard count > 1, found.count > 1 else { return first.map { AudioTrackSettings($0) } }
      choices = first.map { track in
        Choice(AudioTrackSelector(language: track.language, purpose: track.purpose))
      }
    case .chosen(let declared): choices = declared
    }
    let assigned = AudioTrackSelector.assign(choices.map(\.selector), found)
    let main = choices.firstIndex(where: \.isDefault) ?? 0
    var used = Set(names)
    var labels: Set<String> = []
    return zip(choices, assigned).enumerated().map { index, pair in
      let (choice, source) = pair
      var track =
        source.map { AudioTrackSettings(found[$0]) }
        ?? AudioTrackSettings(.input(nil), encoder: AudioEncoderSettings())
      let purpose = choice.selector.purpose ?? source.map { found[$0].purpose } ?? .main
      if let language = choice.selector.language { track.speak(language) }
      track.purpose = purpose == .main ? nil : purpose
      track.selector = choice.selector
      track.isDefault = index == main
      let language = track.encoder.language
      track.name = Self.unused(
        index == 0 ? AudioTrackSettings.defaultName : Self.name(index, language, purpose), "-", used
      )
      used.insert(track.name)
      let declared = source.flatMap { found[$0].label }.flatMap { name in
        AudioTrackSettings.isLabel(name) ? name : nil
      }
      let label = choice.label ?? declared ?? Self.label(index, language, purpose)
      track.label = Self.unused(label, " ", labels)
      labels.insert(track.label ?? "")
      return track
    }
  }

  /// The name in URLs, such as `audio-de`.
  private static func name(_ index: Int, _ language: Language, _ purpose: AudioPurpose) -> String {
    // bounded: an index of a short array
    let tag = language == .undetermined ? "\(index + 1)" : language.tag
    let suffix = purpose == .main ? "" : "-\(purpose.rawValue)"
    return "\(AudioTrackSettings.defaultName)-\(tag)\(suffix)"
  }

  /// The name for viewers, such as `Deutsch (audio description)`.
  private static func label(
    _ index: Int, _ language: Language, _ purpose: AudioPurpose
  ) -> String {
    // bounded: an index of a short array
    let name = language == .undetermined ? "Audio \(index + 1)" : language.name
    return purpose == .main ? name : "\(name) (\(purpose.words))"
  }

  /// A text, with a number after it if the text is used.
  private static func unused(_ text: String, _ separator: String, _ used: Set<String>) -> String {
    guard used.contains(text) else { return text }
    var number = 2
    // bounded: at most the number of used texts
    while used.contains("\(text)\(separator)\(number)") { number += 1 }
    return "\(text)\(separator)\(number)"
  }
}
