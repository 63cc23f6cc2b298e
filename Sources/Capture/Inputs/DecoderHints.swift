// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// Properties of the container that decoders of some codecs need in addition to the access units.
package struct DecoderHints: Sendable, Equatable {
  private var tag: UInt32 = 0
  private var width: Int32 = 0
  private var height: Int32 = 0
  private var bitsPerSample: Int32 = 0
  private var format: Int32 = -1
  /// The largest size of a frame.
  var sizeLimit = FrameSizeLimit()

  /// No known property.
  package init() {}

  @unsafe
  init(_ parameters: UnsafePointer<AVCodecParameters>) {
    tag = unsafe parameters.pointee.codec_tag
    width = unsafe parameters.pointee.width
    height = unsafe parameters.pointee.height
    bitsPerSample = unsafe parameters.pointee.bits_per_coded_sample
    format = unsafe parameters.pointee.format
  }

  /// Configures a decoder before it is opened.
  @unsafe
  func apply(to context: UnsafeMutablePointer<AVCodecContext>) {
    unsafe context.pointee.max_pixels = Int64(sizeLimit.pixels)
    unsafe context.pointee.codec_tag = tag
    unsafe context.pointee.width = width
    unsafe context.pointee.height = height
    unsafe context.pointee.bits_per_coded_sample = bitsPerSample
    if format >= 0 { unsafe context.pointee.pix_fmt = AVPixelFormat(format) }
  }
}
