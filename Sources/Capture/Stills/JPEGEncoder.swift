// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
import Media

/// Encodes decoded frames as JPEG, with a JFIF header: BT.601, full range, square pixels; a
/// rotation is declared in Exif.
///
/// Confined to one thread. The encoder of the newest size is kept.
@safe
package final class JPEGEncoder {
  /// The quantiser of libavcodec: 49 kB for a frame of 1280x720.
  private static let quality: Int32 = 4 * FF_QP2LAMBDA
  /// The greatest side of a picture in pixels.
  private static let maximumSide = 16_384

  /// The properties of a frame, and of its picture, for which an encoder and a scaler are opened.
  private struct Kind: Equatable {
    var format, width, height: Int32
    var isFullRange: Bool
    var matrix: Int32
    var toWidth, toHeight: Int32
  }

  private let packet: PacketHandle
  private let picture: FrameHandle
  private var kind: Kind?
  /// The number of pictures.
  private var count: Int64 = 0
  private var codec: CodecHandle?
  private var scaler: OpaquePointer?

  /// An encoder without a size.
  ///
  /// - Throws: ``FFmpegError`` without memory.
  package init() throws(FFmpegError) {
    packet = try PacketHandle()
    picture = try FrameHandle()
  }

  deinit { close() }

  /// The size of the picture of a frame: that of the frame in square pixels, or one of this width
  /// with even sides if the frame is wider.
  package static func size(
    width: Int, height: Int, requested: Int?
  ) -> (width: Int, height: Int) {
    let (width, height) = (min(max(1, width), maximumSide), min(max(1, height), maximumSide))
    guard let requested, requested < width else { return (width, height) }
    let side = max(2, requested & ~1)
    // bounded: sides of at most 2^14
    return (side, max(2, (2 * height * side + width) / (2 * width) & ~1))
  }

  /// The frame as JPEG.
  ///
  /// - Parameters:
  ///   - frame: the frame.
  ///   - width: the width of the picture in pixels, unless the frame is narrower; nil for the width
  ///     of the frame.
  /// - Returns: the bytes of a file.
  /// - Throws: ``FFmpegError`` if libswscale or libavcodec refuses the frame.
  package func encode(_ frame: DecodedFrame, width: Int? = nil) throws(FFmpegError) -> [UInt8] {
    let size = Self.size(width: frame.width, height: frame.height, requested: width)
    let isSideways = frame.rotation.isSideways
    let kind = Self.kind(
      of: frame, isSideways ? size.height : size.width, isSideways ? size.width : size.height)
    if kind != self.kind { try open(kind) }
    guard let codec = unsafe codec?.pointer, let scaler = unsafe scaler else {
      throw FFmpegError(refused: "no encoder for JPEG")
    }
    let target = unsafe picture.pointer
    unsafe target.pointee.format = AV_PIX_FMT_YUVJ420P.rawValue
    unsafe target.pointee.width = kind.toWidth
    unsafe target.pointee.height = kind.toHeight
    defer { picture.clear() }
    try FFmpegError.check(
      "av_frame_get_buffer", unsafe av_frame_get_buffer(target, CFF_ALIGNMENT))
    unsafe target.pointee.color_range = AVCOL_RANGE_JPEG
    unsafe target.pointee.quality = Self.quality
    // libavcodec refuses a time that does not rise.
    unsafe target.pointee.pts = count
    if count < .max { count += 1 }
    try FFmpegError.check("sws_scale", unsafe cff_scale(scaler, frame.frame, target, 0, 0))
    try FFmpegError.check("avcodec_send_frame", unsafe avcodec_send_frame(codec, target), "mjpeg")
    guard let coded = unsafe try packet.receiveBytes(from: codec, "mjpeg") else {
      throw FFmpegError(refused: "mjpeg gives no picture")
    }
    return frame.rotation.orient(coded.bytes)
  }

  private static func kind(of frame: DecodedFrame, _ width: Int, _ height: Int) -> Kind {
    let source = unsafe frame.frame
    let format = unsafe cff_plain_format(source.pointee.format)
    let isJPEG = unsafe format != source.pointee.format
    let matrix: Int32 =
      switch unsafe source.pointee.colorspace {
      case AVCOL_SPC_BT709: SWS_CS_ITU709
      case AVCOL_SPC_BT470BG, AVCOL_SPC_SMPTE170M: SWS_CS_ITU601
      case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL: SWS_CS_BT2020
      // Without a declared matrix, the customary matrix of the size applies.
      default: unsafe isJPEG || source.pointee.height < 720 ? SWS_CS_ITU601 : SWS_CS_ITU709
      }
    return unsafe Kind(
      format: format, width: source.pointee.width, height: source.pointee.height,
      isFullRange: isJPEG || source.pointee.color_range == AVCOL_RANGE_JPEG, matrix: matrix,
      toWidth: Int32(clamping: width), toHeight: Int32(clamping: height))
  }

  private func open(_ kind: Kind) throws(FFmpegError) {
    close()
    unsafe scaler = cff_jpeg_scaler(
      kind.format, kind.isFullRange ? 1 : 0, kind.matrix, kind.width, kind.height, kind.toWidth,
      kind.toHeight)
    guard unsafe scaler != nil else {
      throw FFmpegError("sws_getContext", CFF_INVALID, "\(kind.width)x\(kind.height)")
    }
    guard let encoder = unsafe avcodec_find_encoder(AV_CODEC_ID_MJPEG) else {
      throw FFmpegError(noMemory: "avcodec_alloc_context3", "mjpeg")
    }
    let codec = unsafe try CodecHandle(encoder, "mjpeg")
    let context = unsafe codec.pointer
    unsafe context.pointee.width = kind.toWidth
    unsafe context.pointee.height = kind.toHeight
    unsafe context.pointee.pix_fmt = AV_PIX_FMT_YUVJ420P
    unsafe context.pointee.color_range = AVCOL_RANGE_JPEG
    unsafe context.pointee.time_base = AVRational(num: 1, den: 1)
    // Without an aspect ratio libavcodec writes no JFIF header.
    unsafe context.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
    // Without the version of libavcodec equal frames have equal bytes.
    unsafe context.pointee.flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT
    unsafe context.pointee.global_quality = Self.quality
    unsafe context.pointee.thread_count = 1
    try FFmpegError.check("avcodec_open2", unsafe codec.open().result, "mjpeg")
    self.codec = codec
    self.kind = kind
  }

  private func close() {
    kind = nil
    codec = nil
    unsafe sws_freeContext(scaler)
    unsafe scaler = nil
  }
}
