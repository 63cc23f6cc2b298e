// SPDX-License-Identifier: Apache-2.0

package import Capture
import Media

extension StreamConfiguration {
  /// Keeps the sample rate and the channels that tracks of AAC had in earlier sessions.
  ///
  /// The sample rate is the timescale of a track, which players may read only once. Audio of
  /// another form is then encoded. A track whose segments would be shorter than a frame has the
  /// parameters of its source.
  ///
  /// A stream whose earlier sessions had one audio track has a silent one, since players have its
  /// playlist.
  ///
  /// - Parameter former: the parameters by the names of the tracks.
  package mutating func keepAudio(of former: [String: AudioEncoderSettings]) {
    if audioTracks.isEmpty, let kept = former[AudioTrackSettings.defaultName] {
      audioTracks = [AudioTrackSettings(.input(nil), encoder: kept)]
    }
    for (index, track) in audioTracks.enumerated() {
      guard track.isOfInput, track.alternative == nil, let kept = former[track.name],
        AudioSegmentation(
          following: segmentation, sampleRate: kept.sampleRate,
          samplesPerFrame: track.samplesPerFrame) != nil
      else { continue }
      audioTracks[index].encoder.sampleRate = kept.sampleRate
      audioTracks[index].encoder.channels = kept.channels
    }
  }

  /// The parameters of the tracks of AAC whose source is the input, by name.
  var audioParameters: [String: AudioEncoderSettings] {
    let tracks = audioTracks.filter { $0.isOfInput && $0.alternative == nil }
    return Dictionary(tracks.map { ($0.name, $0.encoder) }) { first, _ in first }
  }
}
