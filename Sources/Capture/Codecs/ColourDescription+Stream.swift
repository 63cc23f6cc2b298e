// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media

extension ColourDescription {
  /// The colours in the parameters of a stream.
  @unsafe
  init?(_ parameters: UnsafePointer<AVCodecParameters>?) {
    guard let parameters = unsafe parameters else { return nil }
    func code(_ value: UInt32) -> UInt8 { UInt8(clamping: value) }
    unsafe self.init(
      primaries: code(parameters.pointee.color_primaries.rawValue),
      transfer: code(parameters.pointee.color_trc.rawValue),
      matrix: code(parameters.pointee.color_space.rawValue),
      isFullRange: parameters.pointee.color_range == AVCOL_RANGE_JPEG)
  }
}
