// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Streams

/// The video renditions of the stream, among which clients and the server choose.
extension StreamSockets {
  /// Whether there is such a video rendition.
  func hasVideo(_ name: String?) -> Bool {
    stream.renditions.contains { $0.name == name && !$0.isAudio }
  }

  /// The name of the audio rendition with a name or a language; nil if there is none.
  func audioName(_ wanted: String?) -> String? {
    guard let wanted else { return nil }
    let audio = stream.renditions.filter(\.isAudio)
    let found =
      audio.first { $0.name == wanted }
      ?? audio.first { $0.window.snapshot.track?.language.tag == wanted }
    return found?.name
  }

  /// The names of the video renditions, the top rendition first.
  var ladder: [String] {
    stream.renditions.filter { !$0.isAudio }.map(\.name)
  }

  /// The video tracks, that of the top rendition first; nil for one without media so far.
  private var videoTracks: [TrackDescription?] {
    stream.renditions.filter { !$0.isAudio }.map(\.window.snapshot.track)
  }

  /// The bits per second of the video rendition with this index in the ladder; nil if unknown.
  func bandwidth(at index: Int) -> Int64? {
    let tracks = videoTracks
    return tracks.indices.contains(index) ? tracks[index]?.bandwidth : nil
  }

  /// The average bits per second of the video renditions; nil for one that is unknown.
  var averageBandwidths: [Int64?] { videoTracks.map { $0?.averageBandwidth } }

  /// The index in the ladder of the highest rendition that a screen can show; 0 if none fills it.
  func smallestFilling(_ screen: ScreenSize) -> Int {
    screen.smallestFilling(videoTracks.map { $0?.size })
  }

  /// Asks the encoder of a rendition for a key frame; see ``StreamSession/requestKey(_:)``.
  func requestKey(_ rendition: String) { stream.media?.source?.requestKey(rendition) }
}
