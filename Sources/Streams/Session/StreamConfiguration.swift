// SPDX-License-Identifier: Apache-2.0

package import Capture
package import Encryption
package import Media
package import Packaging
package import Time

/// One session's sources and parameters, already validated.
package struct StreamConfiguration: Sendable, Codable {
  /// The members that pipelines use, which are sent to a process; its source it knows.
  private enum CodingKeys: CodingKey {
    case name, passesThrough, audioTracks, renditions, segmentation, encoder, preset, intraInterval
    case burnsClock, overlay, slate, prefill, numbering, keepsRate
  }

  /// The source of the video.
  package enum Source: Sendable, Equatable {
    /// The test pattern with its burned clock.
    case test
    /// A V4L2 camera by its path.
    case camera(path: String)
    /// A running pulled input.
    case network(SourceFacts)
    /// The stream of another server.
    case upstream(UpstreamFacts)
  }

  /// The complete segments that playlists list by default.
  package static let defaultPlaylistLength = 10
  /// The complete segments kept by default, the listed ones included.
  package static let defaultRetained = 20

  /// The first element of its URLs.
  package var name = "live"
  /// The source of the video.
  package var source = Source.test
  /// Whether the access units of the input are passed through.
  ///
  /// The stream then has one rendition, or all video tracks of a publisher.
  package var passesThrough = false
  /// Why an input that might be passed through is encoded; nil if the settings ask for it, or it is
  /// passed through.
  package var encodingReason: String?
  /// Whether a passed-through publisher of another rate is encoded at the rate of the session.
  package var keepsRate = false
  /// Whether a source that is missing at the start is retried instead of being an error.
  package var waitsForSource = false
  /// The renditions, top rendition first; at least one.
  package var renditions: [RenditionSettings]
  /// The audio tracks, with names that no other track has; at most one is the default.
  package var audioTracks: [AudioTrackSettings] = []
  /// How frames are grouped into parts and segments.
  package var segmentation: Segmentation
  /// An encoder by its libavcodec name.
  package var encoder = EncoderSettings.defaultEncoder
  /// The encoder's preset.
  package var preset = EncoderSettings.defaultPreset
  /// The requested frames from IDR to IDR; nil for one IDR per segment.
  package var intraInterval: Int?
  /// Whether each frame carries the burned clock; the test pattern always does.
  package var burnsClock = false
  /// Text over each frame; nil for none.
  package var overlay: Overlay?
  /// The file of the slate; nil for the drawn one.
  package var slate: String?
  /// Complete segments that playlists list.
  package var playlistLength = defaultPlaylistLength
  /// Complete segments kept for late readers, the listed ones included.
  package var retained = defaultRetained
  /// Bytes of media of a rendition above which old segments are removed early.
  package var windowBytes = 1_024_000_000
  /// Slate segments that fill the window before the stream goes live; 0 for none.
  package var prefill = defaultPlaylistLength
  /// The end of the session before, which this one continues; nil if there is none.
  package var earlier: WindowEnd?
  /// The numbering of segments in URLs.
  package var numbering = MediaNames.Numbering.epoch
  /// The keys of its media; nil if it is clear.
  ///
  /// No process of an input gets them.
  package var keys: StreamKeys?

  /// A configuration with these renditions and defaults.
  package init(renditions: [RenditionSettings], segmentation: Segmentation) {
    self.renditions = renditions
    self.segmentation = segmentation
  }

  /// The bitrate that determines the level of a rendition: renditions of one size have one level.
  func levelKilobits(of rendition: RenditionSettings) -> Int? {
    renditions.filter { $0.size == rendition.size }.map(\.bitrateKilobits).max()
  }

  /// Frames from IDR to IDR within a segment: whole parts, at most the segment.
  package var keyDistance: Int64 {
    let part = segmentation.framesPerPart
    guard let intraInterval, intraInterval < segmentation.framesPerSegment else {
      return segmentation.framesPerSegment
    }
    return max(1, (2 * Int64(intraInterval) + part) / (2 * part)) * part
  }

  /// The size of captured frames: that of the top rendition.
  package var size: VideoSize { renditions.first?.size ?? .hd720 }

  /// All tracks, in the order of their numbers: the video renditions, then the audio.
  package var tracks: [SessionTrack] {
    renditions.map { .video($0, segmentation) }
      + audioTracks.compactMap { track in
        AudioSegmentation(
          following: segmentation, sampleRate: track.encoder.sampleRate,
          samplesPerFrame: track.samplesPerFrame
        )
        .map { .audio(track, $0) }
      }
  }

  /// The B-frames of a passed-through input; none if there are none, or the input is encoded.
  package var reordering: Reordering {
    guard passesThrough, case .network(let facts) = source, case .fits(let fit) = facts.passThrough
    else { return .none }
    return fit.reordering
  }

  /// How much later frames leave than without B-frames.
  package var reorderingDelay: Interval {
    segmentation.grid.duration(ofFrames: reordering.frames)
  }

  /// The fixed delay after which a frame slot closes.
  ///
  /// Zero for the test pattern, which is drawn at its frame time; one frame for a camera; the
  /// measured delay for a pulled input; that of the first server for a stream of another one.
  package var inputDelay: Interval {
    switch source {
    case .test: .zero
    case .camera: segmentation.grid.rate.frameDuration
    case .network(let facts): facts.inputDelay
    case .upstream(let facts): facts.inputDelay
    }
  }

  /// Whether the media are those of another server.
  var isRelayed: Bool { if case .upstream = source { true } else { false } }

  // MARK: The delay of audio

  /// How late the audio of a track may be before silence replaces it; nil if it is never late.
  func gracePeriod(of track: AudioTrackSettings) -> Interval? {
    switch track.source {
    case .tone: return nil
    case .device: return AudioGracePeriod.device
    case .input:
      guard case .network(let facts) = source else { return AudioGracePeriod.device }
      // The largest delay within one second, and two AAC frames; at most two seconds.
      return min(facts.audioDelay + .milliseconds(50), .seconds(2))
    }
  }

  /// How long after its end an AAC frame of any track may be published.
  ///
  /// The sum of the grace period and of the look-ahead of the encoder. The test tone is known in
  /// advance.
  package var audioDelay: Interval {
    if case .upstream(let facts) = source { return facts.audioDelay }
    return audioTracks.map(delay).max() ?? .zero
  }

  private func delay(of track: AudioTrackSettings) -> Interval {
    guard let gracePeriod = gracePeriod(of: track) else { return .zero }
    // Audio beside pass-through video also waits for the video.
    let video = passesThrough ? inputDelay + segmentation.grid.rate.frameDuration : .zero
    let delay = max(gracePeriod, video)
    if track.isCopied { return delay }
    // bounded: two constants
    let ahead = Int64(AudioEncoder.delayFrames) * AudioSegmentation.samplesPerAACFrame
    return delay + Interval(ticks: ahead, timescale: Int64(track.encoder.sampleRate))
  }
}
