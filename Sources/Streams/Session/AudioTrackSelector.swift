// SPDX-License-Identifier: Apache-2.0

package import Capture
package import Media

/// The audio track of an input that a track of a session takes.
///
/// With a position, language and purpose describe the track; without one they select it.
package struct AudioTrackSelector: Sendable, Hashable, Codable {
  /// The number of the track in the input, from 1; nil to select by language and purpose.
  package var position: Int?
  /// The language; nil for any.
  package var language: Language?
  /// The audience; nil for any, those for all listeners first.
  package var purpose: AudioPurpose?

  /// A selector.
  package init(
    position: Int? = nil, language: Language? = nil, purpose: AudioPurpose? = nil
  ) {
    self.position = position
    self.language = language
    self.purpose = purpose
  }

  /// The tracks of an input for the tracks of a session: pure.
  ///
  /// A track with the frames of the input has that of its track of AAC.
  ///
  /// - Returns: for each track the index of its track of the input; nil if the input does not have
  ///   it.
  static func assign(
    _ settings: [AudioTrackSettings], _ tracks: [InputDescription.Audio]
  ) -> [Int?] {
    let main = settings.filter { $0.alternative == nil }
    let assigned = assign(main.map(\.selector), tracks)
    return settings.map { track in
      let name = track.alternative?.main ?? track.name
      return main.firstIndex { $0.name == name }.flatMap { assigned[$0] }
    }
  }

  /// The tracks of an input for these selectors: pure.
  ///
  /// - Parameters:
  ///   - selectors: those of the tracks of a session; nil for the first track of the input.
  ///   - tracks: the audio tracks of the input.
  /// - Returns: for each selector the index of its track; nil if the input does not have it. If no
  ///   selector has a track, the first one has the first track.
  package static func assign(
    _ selectors: [AudioTrackSelector?], _ tracks: [InputDescription.Audio]
  ) -> [Int?] {
    // A track that the container has no longer precedes none that it has.
    let known = InputDescription.order(of: tracks)
    let order = known.filter { !tracks[$0].isAbsent } + known.filter { tracks[$0].isAbsent }
    var assigned = selectors.map { selector -> Int? in
      guard let selector else { return order.first }
      guard let position = selector.position, position >= 1, position <= order.count else {
        return nil
      }
      return order[position - 1]  // bounded: an index of the tracks
    }
    var taken = Set(assigned.compactMap(\.self))
    func take(_ fits: (AudioTrackSelector, InputDescription.Audio) -> Bool) {
      for (index, selector) in selectors.enumerated() where assigned[index] == nil {
        guard let selector, selector.position == nil else { continue }
        let matching = order.filter { index in
          !taken.contains(index) && !tracks[index].isAbsent && fits(selector, tracks[index])
        }
        let found = matching.first { tracks[$0].purpose == .main } ?? matching.first
        assigned[index] = found
        if let found { taken.insert(found) }
      }
    }
    take { $0.speaks($1) && ($0.purpose ?? $1.purpose) == $1.purpose }
    // The purpose may have changed, or is not declared.
    take { $0.speaks($1) }
    if let first = order.first, !assigned.isEmpty, assigned.allSatisfy({ $0 == nil }) {
      assigned[0] = first
    }
    return assigned
  }

  private func speaks(_ track: InputDescription.Audio) -> Bool {
    language.map { $0 == track.language } ?? true
  }
}
