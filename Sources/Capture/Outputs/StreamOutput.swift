// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
import CMAF
package import Sharing
import Time

/// libavformat's muxer of FLV or MPEG-TS, which gets the access units of CMAF chunks unchanged.
///
/// Timestamps count from the first frame. Confined to one thread; its calls block while the
/// receiver does not read.
@safe
package final class StreamOutput {
  /// The payload of SRT: seven packets of MPEG-TS.
  private static let payload: Int32 = 1316
  /// How long the handshake with a receiver may take.
  private static let openLimit = Interval.seconds(8)

  /// Takes a packet; false if the connection has failed.
  package typealias Sink = (UnsafeRawBufferPointer) -> Bool

  @safe
  private final class SinkBox {
    @unsafe let sink: Sink
    init(_ sink: @escaping Sink) { unsafe self.sink = unsafe sink }
  }

  private let context: UnsafeMutablePointer<AVFormatContext>
  private let packet: PacketHandle
  private let sink: SinkBox?
  private let cancellation = InputCancellation()
  /// The timescale of each track.
  private var timescales: [Int32] = []
  /// The decode time of the first frame, in ticks of a timescale.
  private var base: (ticks: Int64, timescale: Int32)?
  private var hasHeader = false

  /// Publishes by RTMP; blocks until the receiver takes the stream.
  ///
  /// - Parameters:
  ///   - url: the URL, with its secrets.
  ///   - certificates: the path of a file of trusted certificates, empty for those of the system;
  ///     nil to trust any.
  ///   - headers: the CMAF headers of the tracks.
  /// - Throws: if a track cannot be sent, or the receiver refuses it. The text may have the secrets
  ///   of the URL.
  package convenience init(
    rtmp url: String, certificates: String?, headers: [[UInt8]]
  ) throws(FFmpegError) {
    try self.init("flv", nil)
    try addTracks(headers, isFLV: true)
    var options: OpaquePointer?
    defer { unsafe av_dict_free(&options) }
    let settings = [
      ("rtmp_live", "live"), ("tcp_nodelay", "1"), ("tls_verify", certificates == nil ? "0" : "1"),
      ("ca_file", certificates ?? ""), ("protocol_whitelist", "rtmp,rtmps,tcp,tls"),
      ("rw_timeout", "\(Self.openLimit.microseconds)"),
    ]
    for (name, value) in settings where !value.isEmpty {
      unsafe av_dict_set(&options, name, value, 0)
    }
    cancellation.setDeadline(SystemClock.monotonicTime + Self.openLimit)
    let opened = FFmpegLog.collecting {
      unsafe avio_open2(
        &context.pointee.pb, url, AVIO_FLAG_WRITE, &context.pointee.interrupt_callback, &options)
    }
    try FFmpegError.check("avio_open2", opened.result, opened.lines.last ?? "")
    try begin([("flvflags", "no_duration_filesize")])
  }

  /// Writes MPEG-TS in payloads of SRT.
  ///
  /// - Parameters:
  ///   - sink: takes the payloads.
  ///   - headers: the CMAF headers of the tracks.
  /// - Throws: if a track cannot be sent.
  package convenience init(
    transportStream sink: @escaping Sink, headers: [[UInt8]]
  ) throws(FFmpegError) {
    try self.init("mpegts", unsafe SinkBox(sink))
    try addTracks(headers, isFLV: false)
    // With the lengths of access units, a receiver need not wait for the next one; no audio is
    // collected.
    try begin([("omit_video_pes_length", "0"), ("pes_payload_size", "0")])
  }

  private init(_ format: String, _ sink: SinkBox?) throws(FFmpegError) {
    FFmpegLog.installed
    var made: UnsafeMutablePointer<AVFormatContext>?
    try FFmpegError.check(
      "avformat_alloc_output_context2",
      unsafe avformat_alloc_output_context2(&made, nil, format, nil))
    guard let context = unsafe made else {
      throw FFmpegError(noMemory: "avformat_alloc_output_context2")
    }
    unsafe self.context = context
    packet = try PacketHandle()
    self.sink = sink
    unsafe context.pointee.flags |= AVFMT_FLAG_FLUSH_PACKETS
    unsafe context.pointee.max_delay = 0
    unsafe context.pointee.interrupt_callback = cancellation.interrupt
    guard let sink else { return }
    unsafe context.pointee.pb = cff_packet_writer(
      Self.payload, Unmanaged.passUnretained(sink).toOpaque()
    ) { opaque, bytes, count in
      guard let opaque = unsafe opaque, let bytes = unsafe bytes, count >= 0 else {
        return CFF_INVALID
      }
      let box = unsafe Unmanaged<SinkBox>.fromOpaque(opaque).takeUnretainedValue()
      let taken = unsafe box.sink(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
      return taken ? count : CFF_EIO
    }
    guard unsafe context.pointee.pb != nil else {
      throw FFmpegError(noMemory: "avio_alloc_context")
    }
  }

  deinit {
    cancellation.setDeadline(SystemClock.monotonicTime + .seconds(1))
    if sink != nil {
      if let writer = unsafe context.pointee.pb {
        unsafe av_free(writer.pointee.buffer)
        unsafe avio_context_free(&context.pointee.pb)
      }
    } else {
      unsafe avio_closep(&context.pointee.pb)
    }
    unsafe avformat_free_context(context)
  }

  /// Whether the receiver, and not the network, has ended the connection.
  package static func isRefusal(_ error: FFmpegError) -> Bool {
    // libavformat gives -1 for an error that the receiver sends.
    [CFF_INVALID, CFF_UNAUTHORIZED, CFF_FORBIDDEN, -1].contains(error.code)
  }

  // MARK: Tracks

  private func addTracks(_ headers: [[UInt8]], isFLV: Bool) throws(FFmpegError) {
    for header in headers {
      let movie: MovieHeader
      do throws(BoxError) { movie = try MovieHeader(header: header) } catch {
        throw FFmpegError(refused: "\(error)")
      }
      try add(movie, isFLV: isFLV)
    }
  }

  private func add(_ movie: MovieHeader, isFLV: Bool) throws(FFmpegError) {
    let entry = movie.entry
    let codec: AVCodecID
    switch entry.type {
    case "avc1", "avc3": codec = AV_CODEC_ID_H264
    case "hvc1", "hev1": codec = AV_CODEC_ID_HEVC
    case "mp4a": codec = AV_CODEC_ID_AAC
    case "Opus": codec = AV_CODEC_ID_OPUS
    default: throw FFmpegError(refused: "tracks of \(entry.type) are not pushed")
    }
    // libavformat before 6.1 writes no Enhanced RTMP.
    guard !isFLV || codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_AAC else {
      throw FFmpegError(refused: "RTMP takes H.264 and AAC, the stream has \(entry.type)")
    }
    guard let stream = unsafe avformat_new_stream(context, nil),
      let parameters = unsafe stream.pointee.codecpar
    else { throw FFmpegError(noMemory: "avformat_new_stream") }
    let timescale = Int32(clamping: max(1, movie.timescale))
    unsafe stream.pointee.time_base = AVRational(num: 1, den: timescale)
    unsafe parameters.pointee.codec_id = codec
    if entry.channels > 0 {
      unsafe parameters.pointee.codec_type = AVMEDIA_TYPE_AUDIO
      unsafe parameters.pointee.sample_rate = Int32(clamping: entry.sampleRate)
      unsafe av_channel_layout_default(
        &parameters.pointee.ch_layout, Int32(clamping: entry.channels))
      unsafe parameters.pointee.frame_size = Int32(AudioFrameAssembler.frameLength)
    } else {
      unsafe parameters.pointee.codec_type = AVMEDIA_TYPE_VIDEO
      unsafe parameters.pointee.width = Int32(clamping: entry.width)
      unsafe parameters.pointee.height = Int32(clamping: entry.height)
    }
    unsafe parameters.pointee.extradata = try Extradata.copy(entry.setup)
    unsafe parameters.pointee.extradata_size = Int32(clamping: entry.setup.count)
    timescales.append(timescale)
  }

  private func begin(_ settings: [(String, String)]) throws(FFmpegError) {
    var options: OpaquePointer?
    defer { unsafe av_dict_free(&options) }
    for (name, value) in settings { unsafe av_dict_set(&options, name, value, 0) }
    try call("avformat_write_header") { unsafe avformat_write_header(context, &options) }
    hasHeader = true
  }

  // MARK: Media

  /// Writes the access units of a chunk; blocks while the receiver does not read.
  ///
  /// - Throws: if the connection has failed. The text may have the secrets of the URL.
  package func write(_ chunk: SharedBytes, of track: Int) throws(FFmpegError) {
    guard timescales.indices.contains(track) else { throw FFmpegError(refused: "no such track") }
    let index: SegmentIndex
    do throws(BoxError) { index = try SegmentIndex([chunk]) } catch {
      throw FFmpegError(refused: "\(error)")
    }
    let base = base ?? (index.decodeTime, timescales[track])
    self.base = base
    // bounded: products of 64 and 32 bits, and a timescale of at least 1
    let origin =
      Int128(base.ticks) * Int128(timescales[track]) / Int128(base.timescale)
    var time = index.decodeTime.subtractingSaturated(Int64(clamping: origin))
    guard time >= 0 else { return }
    let bytes = chunk.array
    for frame in index.frames {
      // bounded: the index has checked the range
      let payload = bytes[frame.offset..<frame.offset + frame.size]
      try write(payload, frame, at: time, of: track)
      time = time.addingSaturated(frame.duration)
    }
  }

  private func write(
    _ payload: ArraySlice<UInt8>, _ frame: SegmentIndex.Frame, at time: Int64, of track: Int
  ) throws(FFmpegError) {
    try FFmpegError.check(
      "av_new_packet", unsafe payload.withUnsafeBytes { unsafe self.packet.fill($0) })
    defer { self.packet.clear() }
    let packet = unsafe self.packet.pointer
    unsafe packet.pointee.stream_index = Int32(track)
    unsafe packet.pointee.dts = time
    unsafe packet.pointee.pts = time.addingSaturated(frame.shift)
    unsafe packet.pointee.duration = frame.duration
    if frame.isSync { unsafe packet.pointee.flags |= AV_PKT_FLAG_KEY }
    guard let stream = unsafe context.pointee.streams[track] else { return }
    unsafe av_packet_rescale_ts(
      packet, AVRational(num: 1, den: timescales[track]), stream.pointee.time_base)
    cancellation.setDeadline(nil)
    try call("av_write_frame") { unsafe av_write_frame(context, packet) }
  }

  /// Writes the end.
  package func finish() {
    guard hasHeader else { return }
    hasHeader = false
    cancellation.setDeadline(SystemClock.monotonicTime + .seconds(1))
    _ = FFmpegLog.collecting { unsafe av_write_trailer(context) }
  }

  private func call(_ name: String, _ body: () -> Int32) throws(FFmpegError) {
    let called = FFmpegLog.collecting(body)
    try FFmpegError.check(name, called.result, called.lines.last ?? "")
  }
}
