// SPDX-License-Identifier: Apache-2.0

/// The order of the renditions of a session, and its default audio: what recorded media does not
/// show.
///
/// An archive has it as a text, which the program writes and reads.
package struct RenditionOrder: Sendable, Equatable {
  /// The names of the renditions, top rendition first, then audio.
  package let names: [String]
  /// The name of the default audio; nil without audio.
  package let defaultAudio: String?

  private static let title = "streamer-renditions-1"
  private static let mark = "default"
  private static let maximumCount = 200

  /// An order.
  package init(names: [String], defaultAudio: String?) {
    self.names = names
    self.defaultAudio = defaultAudio
  }

  /// The order of described renditions.
  package init(_ tracks: [TrackDescription]) {
    names = tracks.map(\.rendition)
    defaultAudio = tracks.first(where: \.isDefault)?.rendition
  }

  /// The text: a line for each name, in their order, the default audio with the word `default`.
  package var text: String {
    let lines = names.map { $0 == defaultAudio ? "\($0) \(Self.mark)" : $0 }
    return ([Self.title] + lines + ["end"]).joined(separator: "\n") + "\n"
  }

  /// Reads a text; nil if it is damaged.
  package init?(_ text: String) {
    let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    guard lines.first == [Self.title], lines.last == ["end"], lines.count <= Self.maximumCount
    else { return nil }
    let entries = lines.dropFirst().dropLast()
    guard
      entries.allSatisfy({ entry in
        (1...2).contains(entry.count) && entry.dropFirst().allSatisfy { $0 == Self.mark }
      })
    else { return nil }
    names = entries.compactMap(\.first)
    defaultAudio = entries.first { $0.count == 2 }?.first
  }

  /// The place of a rendition; that of unknown ones is after all others.
  func place(of name: String) -> Int { names.firstIndex(of: name) ?? names.count }
}
