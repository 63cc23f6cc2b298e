// SPDX-License-Identifier: Apache-2.0

import Ingest

/// A track of a publisher that sends each track over a connection of its own.
package enum PublishedTrack: Sendable, Hashable {
  /// The video.
  case video
  /// The audio track with this name among those of the publisher.
  case audio(String)
  /// The text track with this name among those of the publisher.
  case text(String)

  /// The word for the kind of its media.
  package var kind: String {
    switch self {
    case .video: "video"
    case .audio: "audio"
    case .text: "text"
    }
  }

  /// The name of audio or text; empty for video.
  package var name: String {
    switch self {
    case .video: ""
    case .audio(let name), .text(let name): name
    }
  }

  /// Whether its media have this description; nil is that of text.
  func takes(_ codec: TrackConfiguration.Codec?) -> Bool {
    switch self {
    case .video: codec?.isVideo == true
    case .audio: codec?.isVideo == false
    case .text: codec == nil
    }
  }
}

/// The numbers of the audio tracks of a publisher, by their names: pure.
///
/// Numbers are those of records, below ``TrackConfiguration/maximumAudioTracks``.
struct AudioTrackNumbers {
  private var names: [String] = []

  /// The number of a name, which gets one if it is new.
  ///
  /// A new name takes the number of a track that has ended if no other number is left, or if the
  /// publisher has one track: an encoder may connect again with another name.
  ///
  /// - Parameters:
  ///   - name: the name.
  ///   - isOpen: whether the track of a name is sent, or its next body is awaited.
  /// - Returns: nil if the publisher has the most tracks.
  mutating func number(of name: String, isOpen: (String) -> Bool) -> Int? {
    if let known = names.firstIndex(of: name) { return known }
    let isFull = names.count >= TrackConfiguration.maximumAudioTracks
    if isFull || names.count == 1, let ended = names.firstIndex(where: { !isOpen($0) }) {
      names[ended] = name
      return ended
    }
    guard !isFull else { return nil }
    names.append(name)
    return names.count - 1  // bounded: it has at least one name
  }

  /// Whether another name has no number.
  func isFull(isOpen: (String) -> Bool) -> Bool {
    names.count >= TrackConfiguration.maximumAudioTracks && names.allSatisfy(isOpen)
  }

  /// Whether a name has a number.
  func contains(_ name: String) -> Bool { names.contains(name) }
}
