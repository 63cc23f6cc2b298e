// SPDX-License-Identifier: Apache-2.0

import Media
package import Packaging

/// A track of a session that is pushed.
package struct PushTrack: Sendable {
  /// The name of the rendition.
  package let name: String
  /// Its window.
  package let window: LiveWindow

  /// Whether it is audio.
  package var isAudio: Bool { window.segmentation.isAudio }

  /// A track with the name of its rendition.
  package init(name: String, window: LiveWindow) {
    self.name = name
    self.window = window
  }

  /// The tracks of a session that a target gets, video first.
  ///
  /// - Parameters:
  ///   - windows: the renditions of the session: video with the top rendition first, then audio.
  ///   - target: the target.
  /// - Returns: the tracks, or why the session lacks one.
  package static func choose(
    _ windows: [(name: String, window: LiveWindow)], for target: PushTarget
  ) -> (tracks: [PushTrack], obstacle: String?) {
    let all = windows.map { PushTrack(name: $0.name, window: $0.window) }
    let (video, audio) = (all.filter { !$0.isAudio }, all.filter(\.isAudio))
    guard !all.isEmpty else { return ([], PushLifecycle.noMedia) }
    var tracks: [PushTrack] = []
    switch target.renditions {
    case .top: tracks = Array(video.prefix(1))
    case .all: tracks = video
    case .named(let names):
      for name in names {
        guard let track = video.first(where: { $0.name == name }) else {
          return ([], "the stream has no rendition \(name)")
        }
        tracks.append(track)
      }
    }
    switch target.audio {
    case .none: break
    case .standard:
      let chosen = audio.first { $0.window.snapshot.track?.isDefault ?? false } ?? audio.first
      if let chosen { tracks.append(chosen) }
    case .named(let name):
      guard let track = audio.first(where: { $0.name == name }) else {
        return ([], "the stream has no audio \(name)")
      }
      tracks.append(track)
    }
    return (tracks, nil)
  }
}
