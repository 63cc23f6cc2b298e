// SPDX-License-Identifier: Apache-2.0

internal import Media

extension AccessUnit {
  /// The most bytes of parameter sets that a key frame repeats; larger ones are in the CMAF header
  /// alone.
  static let maximumSetsSize = 16_384

  /// The access unit as a sample: a key frame of H.264 or HEVC begins with the parameter sets of
  /// its track.
  ///
  /// They equal those of the CMAF header that is listed for the key frame. Players that read only
  /// the first header of a track thus decode the media of a later one.
  ///
  /// - Parameter video: the description of the track with this access unit.
  /// - Returns: the bytes of the sample.
  package func sample(of video: InputDescription.Video) -> [UInt8] {
    guard isKey, let codec = video.passThroughCodec?.units else { return bytes }
    let sets = codec.parameterSets(among: video.parameterSets)
    let units = NALUnits.lengthPrefixed(sets)
    return units.count <= Self.maximumSetsSize ? units + bytes : bytes
  }
}
