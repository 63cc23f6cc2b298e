// SPDX-License-Identifier: Apache-2.0

package import Capture
package import Media
package import Packaging

/// What one stream is made from and how; validated before it gets here.
package struct StreamConfiguration: Sendable {
  /// Where pictures come from.
  package enum Source: Sendable, Equatable {
    /// The moving test picture with its burned clock.
    case test
    /// A V4L2 camera by its path.
    case camera(path: String)
    /// A pulled input that runs and whose facts are known.
    case network(NetworkSource)
  }

  /// Where sound comes from.
  package enum AudioSource: Sendable, Equatable {
    /// There is none.
    case none
    /// The test tone, in step with the flash of the test picture.
    case tone
    /// An ALSA device by its name.
    case device(String)
    /// The input's own: passed through, or where that is nil decoded and coded anew.
    case input(CopiedAudioFormat?)
  }

  /// The name of the rendition of sound in URLs.
  package static let audioName = "audio"

  /// The first element of its URLs.
  package var name = "live"
  /// Where pictures come from.
  package var source = Source.test
  /// Whether the input's pictures are packaged as they came; there is one rendition then.
  package var passesThrough = false
  /// Where sound comes from.
  package var audio = AudioSource.none
  /// How sound is encoded.
  var audioSettings = AudioEncoderSettings()
  /// Whether a source that is missing at the start is tried again instead of being an error.
  package var waitsForSource = false
  /// The renditions, the best first; at least one.
  package var renditions: [RenditionSettings]
  /// How frames fall into parts and segments.
  package var segmentation: Segmentation
  /// An encoder by its libavcodec name.
  package var encoder = "libx264"
  /// The encoder's preset.
  package var preset = "superfast"
  /// Frames from IDR to IDR, as asked for; nil for one at the begin of each segment.
  package var intraInterval: Int?
  /// Whether each frame carries the burned clock; the test picture always does.
  package var burnsClock = false
  /// Text over each picture; nil for none.
  package var overlay: Overlay?
  /// Complete segments that playlists list.
  package var playlistLength = 10
  /// Complete segments kept for late readers, those that are listed included.
  package var retained = 20
  /// Slate segments with which the window is filled before the stream goes live; 0 for none.
  package var prefill = 10
  /// How segments are numbered on the wire.
  package var numbering = MediaNames.Numbering.epoch

  /// A configuration with defaults for all that is not given.
  package init(renditions: [RenditionSettings], segmentation: Segmentation) {
    self.renditions = renditions
    self.segmentation = segmentation
  }

  /// A configuration of one rendition with defaults for all that is not given.
  package init(size: VideoSize, bitrateKilobits: Int = 2500, segmentation: Segmentation) {
    self.init(
      renditions: RenditionSettings.ladder([(size, bitrateKilobits)]), segmentation: segmentation)
  }

  /// Frames from IDR to IDR within a segment: whole parts; where that is a segment or more, the segment.
  package var keyDistance: Int64 {
    let part = segmentation.framesPerPart
    guard let intraInterval, intraInterval < segmentation.framesPerSegment else {
      return segmentation.framesPerSegment
    }
    return max(1, (2 * Int64(intraInterval) + part) / (2 * part)) * part
  }

  /// The picture that is captured: that of the best rendition.
  package var size: VideoSize { renditions.first?.size ?? .hd720 }

  /// How sound falls into the pictures' segments; nil without sound.
  package var audioSegmentation: AudioSegmentation? {
    audio == .none
      ? nil : AudioSegmentation(following: segmentation, sampleRate: audioSettings.sampleRate)
  }

  /// How the frames of all renditions fall into parts and segments, without repetition.
  package var segmentations: [TrackSegmentation] {
    [TrackSegmentation.video(segmentation)]
      + [audioSegmentation].compactMap { $0.map(TrackSegmentation.audio) }
  }

  /// Bits a second of the sound, in thousands; nil without sound.
  package var audioBitrateKilobits: Int? {
    audio == .none ? nil : audioSettings.bitrateKilobits
  }

  /// Takes over the sound of the input that is its source.
  package mutating func takeAudio(_ input: InputDescription.Audio) {
    let copied = CopiedAudioFormat(input)
    audio = .input(copied)
    audioSettings =
      copied?.settings ?? AudioEncoderSettings(channels: input.channels == 1 ? 1 : 2)
  }

  /// How late audio may be before silence replaces it, in nanoseconds; nil if it is never late.
  var audioGracePeriod: Int64? {
    switch audio {
    case .none, .tone: return nil
    case .device: return AudioGracePeriod.device
    case .input:
      guard case .network(let source) = source else { return AudioGracePeriod.device }
      // The largest delay within one second, and two AAC frames; at most two seconds.
      return min((source.facts?.audioDelay ?? 0) + 50_000_000, 2_000_000_000)
    }
  }

  /// How long after its end an AAC frame may be published, in nanoseconds.
  ///
  /// The sum of the grace period and of the look-ahead of the encoder. The test tone is known in
  /// advance.
  package var audioDelay: Int64 {
    guard let gracePeriod = audioGracePeriod else { return 0 }
    // Audio beside pass-through video also waits for the video.
    let video = passesThrough ? inputDelay + segmentation.grid.rate.frameNanoseconds : 0
    let delay = max(gracePeriod, video)
    if case .input(.some) = audio { return delay }
    let ahead = Int64(AudioEncoder.delayFrames) * AudioSegmentation.samplesPerFrame
    return delay + ahead * 1_000_000_000 / Int64(audioSettings.sampleRate)
  }

  /// The fixed delay after which a slot closes, in nanoseconds: nothing for the test picture, which is made at its
  /// tick; one frame for a camera; what was measured for a pulled input.
  package var inputDelay: Int64 {
    switch source {
    case .test: 0
    case .camera: segmentation.grid.rate.frameNanoseconds
    case .network(let source): source.facts?.inputDelay ?? segmentation.grid.rate.frameNanoseconds
    }
  }
}
