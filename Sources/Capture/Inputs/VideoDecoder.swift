// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
package import Media
package import Time

/// Decodes the access units of an input without delay.
///
/// Confined to one thread.
///
/// Undecodable units are counted and skipped; the decoder stays usable.
package struct VideoDecoder: ~Copyable {
  /// The number of refused access units and damaged frames.
  package private(set) var errors: UInt64 = 0

  private let decoder: DecoderHandle
  private let codec: PassThroughCodec?
  /// The rotation for display of the frames that are decoded from now on.
  package var rotation: Rotation
  private var senderTimes: [SourceTime: WallTime] = [:]
  /// The number of access units that the decoder has refused since the last one that it accepted.
  package private(set) var refusedInARow = 0
  private var hasBegun = false
  private var skipped = 0

  /// Opens a decoder.
  ///
  /// - Throws: ``FFmpegError`` if libavcodec has no decoder for the codec.
  package init(_ video: InputDescription.Video) throws(FFmpegError) {
    codec = video.passThroughCodec
    rotation = video.rotation
    let limit = video.coded.sizeLimit
    guard limit.permits(video.width, video.height) else {
      throw FFmpegError(
        refused: "frames of \(video.width)x\(video.height) (expected at most \(limit))")
    }
    let beforehand =
      switch video.passThroughCodec {
      case nil: video.configuration
      case .av1: video.parameterSets.first ?? []
      case .vp9: [UInt8]()
      case .h264, .hevc: Self.annexB(video.parameterSets)
      }
    decoder = try DecoderHandle(
      // bounded: the limit of the frame size
      video.codec, beforehand, video.coded, threads: video.width * video.height > 1280 * 720 ? 2 : 1
    )
  }

  /// The frame rate that the codec declares; nil if undeclared.
  package var declaredRate: FrameRate? { decoder.rate }

  /// The frames that this unit completes: one, unless the stream has B-frames.
  package mutating func decode(_ unit: AccessUnit) -> [DecodedFrame] {
    if codec == .hevc, !hasBegun, !unit.isKey, skipped < 150 {
      // Unlike the H.264 decoder, this decoder returns frames whose references are missing.
      skipped += 1
      return []
    }
    if let sent = unit.senderTime {
      if senderTimes.count > 64 { senderTimes.removeAll() }
      senderTimes[unit.pts] = sent
    }
    let sent = decoder.send(
      codec?.hasUnits != true
        ? unit.bytes : Self.annexB(unit.parameterSets) + Self.startCodes(unit.bytes),
      pts: unit.pts, dts: unit.dts, isKey: unit.isKey)
    refusedInARow = sent ? 0 : refusedInARow + 1
    if !sent, hasBegun { errors += 1 }
    return frames(arrival: unit.arrival)
  }

  /// The frames that the decoder still holds at the end.
  package mutating func finish(arrival: MonotonicTime) -> [DecodedFrame] {
    decoder.drain()
    return frames(arrival: arrival)
  }

  private mutating func frames(arrival: MonotonicTime) -> [DecodedFrame] {
    var found: [DecodedFrame] = []
    while let frame = decoder.receive() {
      hasBegun = true
      if frame.isDamaged { errors += 1 }
      frame.arrival = arrival
      frame.rotation = rotation
      frame.senderTime = senderTimes.removeValue(forKey: frame.pts)
      found.append(frame)
    }
    return found
  }

  private static func annexB(_ sets: [[UInt8]]) -> [UInt8] { sets.flatMap { [0, 0, 0, 1] + $0 } }

  /// Replaces four-byte lengths by start codes of four bytes.
  private static func startCodes(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for range in NALUnits.ranges(in: bytes.span, .lengthPrefixed) {
      for (offset, byte) in [UInt8](arrayLiteral: 0, 0, 0, 1).enumerated() {
        // bounded: four bytes of length precede a unit
        bytes[range.lowerBound - 4 + offset] = byte
      }
    }
    return bytes
  }
}

/// A decoded frame in the size and colours of its source.
///
/// Immutable.
@safe
package final class DecodedFrame: @unchecked Sendable {
  @unsafe let frame: UnsafeMutablePointer<AVFrame>
  /// The presentation timestamp on the source's clock.
  package let pts: SourceTime
  /// The arrival of the unit that completed it.
  package internal(set) var arrival = MonotonicTime.origin
  /// The declared capture time; nil if undeclared.
  package internal(set) var senderTime: WallTime?

  /// The rotation for display.
  var rotation = Rotation.none
  /// Whether it was interlaced before a filter has deinterlaced it.
  var wasInterlaced = false

  /// Takes ownership of `frame`.
  init(_ frame: UnsafeMutablePointer<AVFrame>) {
    unsafe self.frame = frame
    let best = unsafe frame.pointee.best_effort_timestamp
    pts = SourceTime(nanoseconds: unsafe best == CFF_NOPTS ? frame.pointee.pts : best)
  }

  deinit {
    var frame: UnsafeMutablePointer<AVFrame>? = unsafe frame
    unsafe av_frame_free(&frame)
  }

  /// Displayed width in square pixels.
  package var width: Int { rotation.isSideways ? rows : columns }
  /// Displayed height in pixels.
  package var height: Int { rotation.isSideways ? columns : rows }

  /// Its properties besides the size.
  package var properties: FrameProperties {
    func code(_ value: UInt32) -> UInt8 { UInt8(clamping: value) }
    var found = FrameProperties()
    found.colour = unsafe ColourDescription(
      primaries: code(frame.pointee.color_primaries.rawValue),
      transfer: code(frame.pointee.color_trc.rawValue),
      matrix: code(frame.pointee.colorspace.rawValue),
      isFullRange: frame.pointee.color_range == AVCOL_RANGE_JPEG)
    found.bitDepth = unsafe Int(cff_bit_depth(frame))
    let chroma = unsafe cff_chroma(frame)
    found.chroma = ChromaFormat(isHalfWidth: chroma & 1 != 0, isHalfHeight: chroma & 2 != 0)
    found.isInterlaced = isInterlaced || wasInterlaced
    return found
  }

  /// Its captions: triplets of cc_data (ATSC A/53 Part 4 §6.2.3); empty for none.
  package var captions: [UInt8] {
    guard let data = unsafe av_frame_get_side_data(frame, AV_FRAME_DATA_A53_CC) else { return [] }
    return unsafe Array(UnsafeBufferPointer(start: data.pointee.data, count: data.pointee.size))
  }

  /// Whether its fields are of different times.
  var isInterlaced: Bool { unsafe cff_is_interlaced(frame) != 0 }

  private var columns: Int { aspect.width(unsafe Int(frame.pointee.width)) }
  private var rows: Int { unsafe Int(frame.pointee.height) }

  var aspect: SampleAspect {
    let ratio = unsafe frame.pointee.sample_aspect_ratio
    return SampleAspect(ratio.num, ratio.den)
  }

  fileprivate var isDamaged: Bool {
    unsafe frame.pointee.decode_error_flags != 0
      || frame.pointee.flags & Int32(AV_FRAME_FLAG_CORRUPT) != 0
  }
}

/// An opened decoder of libavcodec.
///
/// Confined to one thread.
@safe
private final class DecoderHandle {
  private let handle: CodecHandle
  private let packet: PacketHandle
  private var ready: [DecodedFrame] = []

  init(
    _ name: String, _ beforehand: [UInt8], _ coded: DecoderHints, threads: Int
  ) throws(FFmpegError) {
    guard let descriptor = unsafe avcodec_descriptor_get_by_name(name),
      let codec = unsafe avcodec_find_decoder(descriptor.pointee.id)
    else { throw FFmpegError(refused: "libavcodec has no decoder for \(name)") }
    handle = unsafe try CodecHandle(codec, name)
    packet = try PacketHandle()
    let context = unsafe handle.pointer
    unsafe coded.apply(to: context)
    unsafe context.pointee.flags |= Int32(AV_CODEC_FLAG_LOW_DELAY)
    // Each frame thread would delay the output by one frame.
    unsafe context.pointee.thread_type = FF_THREAD_SLICE
    unsafe context.pointee.thread_count = Int32(threads)
    unsafe context.pointee.pkt_timebase = AVRational(num: 1, den: 1_000_000_000)
    // Some decoders report another error when they get no memory for a frame.
    unsafe context.pointee.get_buffer2 = { context, frame, flags in
      let result = unsafe avcodec_default_get_buffer2(context, frame, flags)
      if let frame = unsafe frame?.pointee {
        let bytes = unsafe av_image_get_buffer_size(
          AVPixelFormat(frame.format), frame.width, frame.height, 1)
        OutOfMemory.check(result, bytes: Int(bytes))
      }
      return result
    }
    try handle.setExtradata(beforehand)
    try FFmpegError.check("avcodec_open2", unsafe handle.open().result, name)
  }

  private var context: UnsafeMutablePointer<AVCodecContext> { unsafe handle.pointer }

  var rate: FrameRate? {
    let rate = unsafe context.pointee.framerate
    return FrameRate(Int64(rate.num), Int64(rate.den))
  }

  /// Sends a unit to the decoder; false if the decoder refuses it.
  func send(_ bytes: [UInt8], pts: SourceTime, dts: SourceTime?, isKey: Bool) -> Bool {
    let made = self.packet.fill(bytes)
    OutOfMemory.check(made, bytes: bytes.count)
    guard made >= 0 else { return false }
    defer { self.packet.clear() }
    let packet = unsafe self.packet.pointer
    unsafe packet.pointee.pts = pts.nanoseconds
    unsafe packet.pointee.dts = dts?.nanoseconds ?? CFF_NOPTS
    if isKey { unsafe packet.pointee.flags |= AV_PKT_FLAG_KEY }
    var result = unsafe avcodec_send_packet(context, packet)
    if result == CFF_EAGAIN {
      // The decoder requires that its frames are received first.
      while let frame = take() { ready.append(frame) }
      result = unsafe avcodec_send_packet(context, packet)
    }
    OutOfMemory.check(result)
    return result >= 0
  }

  /// Signals the end of the stream.
  func drain() { unsafe avcodec_send_packet(context, nil) }

  /// The next frame; nil if the decoder needs another unit first.
  func receive() -> DecodedFrame? { ready.isEmpty ? take() : ready.removeFirst() }

  private func take() -> DecodedFrame? {
    guard let frame = unsafe av_frame_alloc() else { return nil }
    let result = unsafe avcodec_receive_frame(context, frame)
    guard result >= 0 else {
      OutOfMemory.check(result)
      var frame: UnsafeMutablePointer<AVFrame>? = unsafe frame
      unsafe av_frame_free(&frame)
      return nil
    }
    return unsafe DecodedFrame(frame)
  }
}
