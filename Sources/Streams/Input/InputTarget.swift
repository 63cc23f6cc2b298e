// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Sharing
import Time

/// The part of a session that takes the units of a pulled input.
struct InputTarget: Sendable {
  /// Takes coded audio of an input with its capture time; audio of a file arrives before that time.
  typealias AudioConsumer =
    @Sendable (AudioPacket, InputDescription, _ captured: MonotonicTime) -> Void

  /// Notes an access unit of an input, with its arrival.
  typealias VideoObserver = @Sendable (InputDescription, _ arrival: MonotonicTime) -> Void

  /// The consumer of the video.
  enum Video: Sendable {
    /// Decoded frames of `size`, for the slots of `grid`.
    case frames(to: SlotFeed, size: VideoSize, grid: FrameGrid)
    /// Access units as received.
    case accessUnits(to: PassThroughTrack)
  }

  let video: Video
  let statistics: Locked<StreamStatistics>
  /// Called on the input's thread; nil if audio is not used.
  var audio: AudioConsumer?
  /// Notes access units, which arrive beside the audio; nil if audio is not used.
  var audioWatch: VideoObserver?
  /// Takes the metadata, on the input's thread.
  var metadata: any MetadataSink = NoMetadata()
  /// Takes the frames of splices.
  var splices: any SplicePlanner = NoSplices()

  /// The grid of encoded frames; nil for access units, whose splices keep their places.
  var grid: FrameGrid? { if case .frames(_, _, let grid) = video { grid } else { nil } }
}

extension SessionContext {
  /// A target for `video` that takes the coded audio of a pulled input, if it is used.
  func target(_ video: InputTarget.Video, _ splices: any SplicePlanner) -> InputTarget {
    var target = InputTarget(
      video: video, statistics: statistics, metadata: metadata, splices: splices)
    let outputs = audio.filter(\.settings.isOfInput)
    guard !audio.isEmpty else {
      guard let appeared = appearedAudio(video) else { return target }
      let late = LateAudio(stream: configuration.name, statistics: statistics, log: log)
      target.audio = { packet, description, _ in
        if description.isPaced {
          late.take(packet, description)
        } else {
          appeared.take(description, hasArrived: true)
        }
      }
      target.audioWatch = { description, _ in
        if !description.isPaced { appeared.take(description, hasArrived: false) }
      }
      return target
    }
    guard !outputs.isEmpty else { return target }
    let router = AudioTrackRouter(
      outputs, stream: configuration.name, statistics: statistics, log: log)
    target.audio = { router.take($0, $1, captured: $2) }
    target.audioWatch = { router.videoArrived($0, at: $1) }
    return target
  }
}
