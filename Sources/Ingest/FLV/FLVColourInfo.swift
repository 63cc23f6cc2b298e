// SPDX-License-Identifier: Apache-2.0

import Media

extension ColourDescription {
  /// The colours in the metadata of a video track: `colorInfo` with its `colorConfig`.
  ///
  /// Values that are no code points are left open. Nil if the metadata is malformed, or has no
  /// `colorInfo`; unspecified if `colorInfo` is undefined, which takes back earlier ones.
  ///
  /// - Parameters:
  ///   - tag: a tag.
  ///   - body: the range of the metadata in it: names and values of AMF 0.
  /// - Source: Enhanced RTMP v2, VideoPacketType.Metadata
  init?(metadata tag: [UInt8], _ body: Range<Int>) {
    guard tag.indices.contains(body.lowerBound), body.upperBound <= tag.count else { return nil }
    var reader = AMF0Reader(Array(tag[body]))
    guard let values = try? reader.rest(),
      let name = values.firstIndex(of: .string("colorInfo")), values.indices.contains(name + 1)
    else { return nil }
    let configuration = values[name + 1]["colorConfig"]
    func code(_ name: String) -> UInt8 {
      // bounded: other numbers are none
      configuration?[name]?.number.flatMap { UInt8(exactly: $0) } ?? 2
    }
    self.init(
      primaries: code("colorPrimaries"), transfer: code("transferCharacteristics"),
      matrix: code("matrixCoefficients"), isFullRange: false)
  }
}
