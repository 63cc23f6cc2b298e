// SPDX-License-Identifier: Apache-2.0

internal import CMAF
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
    let size = sets.reduce(0) { $0 + 4 + $1.count }
    guard size > 0, size <= Self.maximumSetsSize else { return bytes }
    var sample: [UInt8] = []
    sample.reserveCapacity(size + bytes.count)
    for set in sets {
      sample.put(UInt32(set.count))
      sample += set
    }
    return sample + bytes
  }
}
