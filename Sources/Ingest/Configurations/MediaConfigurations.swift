// SPDX-License-Identifier: Apache-2.0

extension MediaTag {
  /// Whether the tag is a decoder configuration or another description, which later tags need.
  package var isConfiguration: Bool {
    switch kind {
    case .video:
      FLVVideoTag.tracks(of: payload)?.contains { $0.content.isDescription } ?? false
    case .audio:
      (try? FLVAudioTag.tracks(of: payload))?.contains { $0.isConfiguration } ?? false
    case .videoTrack, .audioTrack, .metadata: true
    case .container, .videoSample, .audioSample, .cuePoint, .text, .event, .client: false
    }
  }
}

/// The decoder configurations of a publisher, for a source that starts after them.
package struct MediaConfigurations: Sendable {
  /// The largest configuration that is kept.
  private static let largest = 64 << 10

  /// The configurations of tracks of one kind, each with the numbers of its tracks.
  private struct Kept {
    let limit: Int
    var tags: [(tracks: Set<Int>, tag: MediaTag)] = []

    /// Keeps a tag instead of those that it replaces.
    mutating func note(_ tag: MediaTag, of tracks: Set<Int>) {
      let others = tags.filter { !$0.tracks.isSubset(of: tracks) }
      tags = others.suffix(limit - 1) + [(tracks, tag)]
    }
  }

  private var video = Kept(limit: FLVVideoTag.maximumTracks)
  private var audio = Kept(limit: TrackConfiguration.maximumAudioTracks)
  private var metadata: FLVMetadata?
  /// The colours of tracks of FLV.
  private var colours = Kept(limit: FLVVideoTag.maximumTracks)

  /// No configurations.
  package init() {}

  /// Keeps a tag that is a configuration.
  package mutating func note(_ tag: MediaTag) {
    guard tag.payload.count <= Self.largest, tag.isConfiguration else { return }
    switch tag.kind {
    case .videoTrack: video.note(tag, of: [0])
    case .video:
      // The tracks of a tag have the same kind of content.
      let tracks = FLVVideoTag.tracks(of: tag.payload) ?? []
      let numbers = Set(tracks.map(\.track))
      if tracks.contains(where: { $0.content == .configuration }) {
        video.note(tag, of: numbers)
      } else {
        colours.note(tag, of: numbers)
      }
    case .audio:
      let tracks = (try? FLVAudioTag.tracks(of: tag.payload)) ?? []
      audio.note(tag, of: Set(tracks.map(\.track)))
    case .metadata:
      guard let newer = FLVMetadata(tag) else { return }
      metadata = metadata?.updated(by: newer) ?? newer
    case .audioTrack: audio.note(tag, of: [TrackConfiguration(tag)?.number ?? 0])
    case .container, .videoSample, .audioSample, .cuePoint, .text, .event, .client: break
    }
  }

  /// Forgets the configurations of video.
  package mutating func removeVideo() { (video.tags, colours.tags) = ([], []) }

  /// The newest configurations.
  package var tags: [MediaTag] {
    (video.tags + colours.tags).map(\.tag) + [metadata?.tag].compactMap(\.self)
      + audio.tags.map(\.tag)
  }
}
