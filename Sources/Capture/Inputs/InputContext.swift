// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Sharing

/// libavformat's side of an input: opens it with as little delay as it allows and reads its packets; one thread's own.
@safe
final class InputContext {
  @unsafe let pointer: UnsafeMutablePointer<AVFormatContext>
  let address: InputAddress
  /// The name of the container or session format, such as `rtsp`, `mpegts`, `flv`, `mov,mp4,…`.
  let format: String

  private let cancellation: InputCancellation
  private let options: InputOptions
  private let standardInput: StandardInput?
  private let packet: UnsafeMutablePointer<AVPacket>

  /// Opens the input; blocks until it is open, has failed, or is cancelled.
  init(
    _ address: InputAddress, _ options: InputOptions, _ cancellation: InputCancellation
  ) throws(InputError) {
    FFmpegLog.installed
    self.address = address
    self.options = options
    self.cancellation = cancellation
    let isUnlimited = address.isListener && options.listensForEver
    let limit = isUnlimited ? nil : SystemClock.monotonic + options.openLimit
    cancellation.setDeadline(limit)
    guard let context = unsafe avformat_alloc_context(), let packet = unsafe av_packet_alloc()
    else { throw .refused("out of memory") }
    unsafe self.packet = packet
    // The object lives as long as the context: both belong to this one.
    unsafe context.pointee.interrupt_callback = AVIOInterruptCB(
      callback: { opaque in
        guard let opaque = unsafe opaque else { return 0 }
        let cancellation = unsafe Unmanaged<InputCancellation>.fromOpaque(opaque)
          .takeUnretainedValue()
        return cancellation.isDue ? 1 : 0
      }, opaque: Unmanaged.passUnretained(cancellation).toOpaque())
    // Stamps are unwrapped by ourselves.
    unsafe context.pointee.correct_ts_overflow = 0
    var standardInput: StandardInput?
    if address.kind == .standardInput {
      do throws(FFmpegError) {
        standardInput = try StandardInput(cancellation, path: address.raw)
      } catch {
        var context: UnsafeMutablePointer<AVFormatContext>? = unsafe context
        unsafe avformat_close_input(&context)
        unsafe Self.free(packet)
        throw .refused("\(error)")
      }
      unsafe context.pointee.pb = standardInput?.pointer
    }
    self.standardInput = standardInput
    var dictionary = unsafe Self.dictionary(address, options)
    defer { unsafe av_dict_free(&dictionary) }
    let hint = unsafe Self.isTransportStream(address) ? av_find_input_format("mpegts") : nil
    let opened = FFmpegLog.collecting {
      var made: UnsafeMutablePointer<AVFormatContext>? = unsafe context
      let path = address.kind == .standardInput ? "" : address.raw
      let result = unsafe avformat_open_input(&made, path, hint, &dictionary)
      return result
    }
    guard opened.result >= 0 else {
      // libavformat has freed the context.
      unsafe Self.free(packet)
      throw Self.failure(opened.result, opened.lines, address, cancellation, options)
    }
    unsafe pointer = context
    format = unsafe String(cString: context.pointee.iformat.pointee.name)
    // The library may take the end of its patience for the end of what it looked at.
    if cancellation.isDue { throw Self.failure(CFF_EXIT, [], address, cancellation, options) }
    configure()
  }

  deinit {
    cancellation.setDeadline(SystemClock.monotonic + 1_000_000_000)
    var context: UnsafeMutablePointer<AVFormatContext>? = unsafe pointer
    unsafe avformat_close_input(&context)
    unsafe Self.free(packet)
  }

  @unsafe private static func free(_ packet: UnsafeMutablePointer<AVPacket>) {
    var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
    unsafe av_packet_free(&packet)
  }

  /// Whether it is read faster than it plays: a file, wherever it lies, or a playlist of files.
  var isPaced: Bool {
    if address.kind == .file || format.hasPrefix("hls") || format.hasPrefix("dash") { return true }
    if address.kind == .standardInput { return address.raw == "-" && StandardInput.isFile }
    guard address.kind == .http, let reader = unsafe pointer.pointee.pb else { return false }
    return unsafe avio_size(reader) > 0
  }

  /// Whether packets are access units, or pieces of them, as they came: no parser holds one back.
  var isUnparsed: Bool { unsafe pointer.pointee.flags & AVFMT_FLAG_NOPARSE != 0 }

  var streams: UnsafeMutableBufferPointer<UnsafeMutablePointer<AVStream>?> {
    unsafe UnsafeMutableBufferPointer(
      start: pointer.pointee.streams, count: Int(pointer.pointee.nb_streams))
  }

  /// Gives the next packet to `body`; nil at the end.
  func read<Result>(
    _ body: (UnsafePointer<AVPacket>) -> Result
  ) throws(InputError) -> Result? {
    while true {
      cancellation.setDeadline(SystemClock.monotonic + options.silenceLimit)
      let read = FFmpegLog.collecting { unsafe av_read_frame(pointer, packet) }
      if read.result >= 0, cancellation.isDue {
        // What the library held back is as old as the silence.
        unsafe av_packet_unref(packet)
      } else if read.result >= 0 {
        defer { unsafe av_packet_unref(packet) }
        return unsafe body(packet)
      }
      if cancellation.isCancelled { throw .cancelled }
      if read.result >= 0 { throw .silent(Int(options.silenceLimit / 1_000_000_000)) }
      if read.result == CFF_EOF { return nil }
      if read.result == CFF_EAGAIN { continue }
      throw Self.failure(
        read.result, read.lines, address, cancellation, options, whileReading: true)
    }
  }

  /// What depends on the format that was found.
  private func configure() {
    let isStreamed = ["rtsp", "mpegts", "flv", "live_flv"].contains(format)
    if isStreamed && hasOnlyKnownVideo && !(format == "mpegts" && isPaced) {
      unsafe pointer.pointee.flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN
      return
    }
    // Files and what else there is: the library's parsers find out what is in them.
    unsafe pointer.pointee.max_analyze_duration = 2_000_000
    _ = FFmpegLog.collecting { unsafe avformat_find_stream_info(pointer, nil) }
  }

  /// Whether all video is of a codec whose access units we find ourselves; FLV shows its streams later.
  private var hasOnlyKnownVideo: Bool {
    unsafe streams.allSatisfy { stream in
      guard let parameters = unsafe stream?.pointee.codecpar,
        unsafe parameters.pointee.codec_type == AVMEDIA_TYPE_VIDEO
      else { return true }
      return unsafe NALCodec(parameters.pointee.codec_id) != nil
    }
  }

  private static func isTransportStream(_ address: InputAddress) -> Bool {
    [.udp, .srt, .standardInput].contains(address.kind)
  }

  private static func dictionary(
    _ address: InputAddress, _ options: InputOptions
  ) -> OpaquePointer? {
    var dictionary: OpaquePointer?
    func set(_ name: String, _ value: String) {
      unsafe av_dict_set(&dictionary, name, value, 0)
    }
    switch address.kind {
    case .rtsp:
      set("rtsp_transport", options.rtspTransport.rawValue)
      set("allowed_media_types", "video+audio")
      // Longer than our own limits, which leave out what the library held back.
      set("timeout", "\(options.silenceLimit / 1000 + 5_000_000)")
      set("user_agent", "streamer")
      // How long a datagram that is missing is waited for; microseconds.
      set("max_delay", "100000")
    case .srt:
      set("probesize", "32")
      if !address.raw.contains("connect_timeout") { set("connect_timeout", "3000") }
    case .udp:
      set("probesize", "32")
      set("overrun_nonfatal", "1")
      set("buffer_size", "1048576")
    case .rtmp:
      set("rtmp_live", "live")
      set("rtmp_buffer", "100")
      set("tcp_nodelay", "1")
    case .http:
      set("user_agent", "streamer")
      set("rw_timeout", "\(options.silenceLimit / 1000 + 5_000_000)")
    case .standardInput: set("probesize", "32")
    case .file: break
    }
    return unsafe dictionary
  }

  private static func failure(
    _ code: Int32, _ lines: [String], _ address: InputAddress,
    _ cancellation: InputCancellation, _ options: InputOptions, whileReading: Bool = false
  ) -> InputError {
    if cancellation.isCancelled { return .cancelled }
    if code == CFF_EXIT || code == CFF_TIMEDOUT || cancellation.isDue {
      let limit = whileReading ? options.silenceLimit : options.openLimit
      return .silent(Int(limit / 1_000_000_000))
    }
    let words = FFmpegError("", code).libraryText
    let last = lines.last.map { address.scrub($0) }
    // What the library says last is often the same words with the place before them.
    let reason =
      last.map { $0.hasSuffix(words) ? "\($0)" : "\(words): \($0)" } ?? words
    if address.kind == .srt, !whileReading, code == CFF_EIO {
      return .refused("no connection: nobody answers there, or another passphrase is wanted")
    }
    if code == CFF_UNAUTHORIZED || code == CFF_FORBIDDEN { return .denied(reason) }
    return whileReading ? .failed(reason) : .refused(reason)
  }
}
