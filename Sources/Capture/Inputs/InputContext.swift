// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
import Glibc
internal import Media
internal import Sharing
import Time

/// The libavformat context of an input: opens it with minimal delay and reads its packets.
///
/// Confined to one thread.
@safe
final class InputContext {
  @unsafe let pointer: UnsafeMutablePointer<AVFormatContext>
  let address: InputAddress
  /// libavformat's name of the container or session format, such as `rtsp`, `mpegts`, `flv`,
  /// `mov,mp4,…`.
  let format: String

  private let cancellation: InputCancellation
  private let options: InputOptions
  private let standardInput: StandardInput?
  /// The colours of the streams before the library has decoded their first frames; nil if it
  /// decodes none.
  private var coloursBeforeAnalysis: [ColourDescription]?
  private let packet: PacketHandle
  /// The connection of an RTSP input; nil for other inputs.
  private let relay: RTSPRelay?
  /// The host to which a playlist is restricted; nil if it is not.
  private let host: UnsafeMutablePointer<CChar>?

  /// Opens the input, or the container of a publisher.
  ///
  /// Blocks until it is open, has failed, or is cancelled.
  init(
    _ address: InputAddress, _ options: InputOptions, _ cancellation: InputCancellation,
    container: PublishedMedia? = nil
  ) throws(InputError) {
    FFmpegLog.installed
    self.address = address
    self.options = options
    self.cancellation = cancellation
    let isUnlimited = address.isListener && options.listensForEver
    let limit = isUnlimited ? nil : SystemClock.monotonicTime + options.openLimit
    cancellation.setDeadline(limit)
    let relayed = try Self.relay(address, options, cancellation)
    relay = relayed?.relay
    guard let packet = try? PacketHandle(), let context = unsafe avformat_alloc_context() else {
      relayed?.relay.close()
      throw .refused("out of memory")
    }
    self.packet = packet
    let restriction = options.reachesOtherHosts ? nil : address.playlistHost
    unsafe host = restriction.flatMap { unsafe strdup($0) }
    if let host = unsafe host { unsafe cff_restrict_host(context, host) }
    // The cancellation outlives the context: this object owns both.
    unsafe context.pointee.interrupt_callback = cancellation.interrupt
    // `TimestampUnwrapper` unwraps timestamps.
    unsafe context.pointee.correct_ts_overflow = 0
    var standardInput: StandardInput?
    if address.kind == .standardInput || container != nil {
      do throws(FFmpegError) {
        standardInput =
          if let container { try StandardInput(container, cancellation) } else {
            try StandardInput(cancellation, path: address.raw)
          }
      } catch {
        var context: UnsafeMutablePointer<AVFormatContext>? = unsafe context
        unsafe avformat_close_input(&context)
        unsafe Glibc.free(host)
        throw .refused("\(error)")
      }
      unsafe context.pointee.pb = standardInput?.pointer
    }
    self.standardInput = standardInput
    var dictionary = unsafe options.dictionary(for: address)
    defer { unsafe av_dict_free(&dictionary) }
    let hint = unsafe Self.isTransportStream(address) ? av_find_input_format("mpegts") : nil
    let opened = FFmpegLog.collecting {
      var made: UnsafeMutablePointer<AVFormatContext>? = unsafe context
      let path = standardInput != nil ? "" : relayed?.url ?? address.raw
      let result = unsafe avformat_open_input(&made, path, hint, &dictionary)
      return result
    }
    guard opened.result >= 0 else {
      // libavformat has freed the context.
      unsafe Glibc.free(host)
      relayed?.relay.close()
      if !cancellation.isCancelled, let fault = relayed?.relay.fault {
        throw Self.failure(fault, address)
      }
      throw Self.failure(opened.result, opened.lines, address, cancellation, options)
    }
    unsafe pointer = context
    format = unsafe String(cString: context.pointee.iformat.pointee.name)
    // The library may report an interrupted analysis as a finished one.
    if cancellation.isDue { throw Self.failure(CFF_EXIT, [], address, cancellation, options) }
    if let codec = undecodableVideo { throw .noVideo("libavcodec has no decoder for \(codec)") }
    correctClocks()
    configure()
  }

  deinit {
    cancellation.setDeadline(SystemClock.monotonicTime + .seconds(1))
    var context: UnsafeMutablePointer<AVFormatContext>? = unsafe pointer
    cancellation.during(.reading) {
      unsafe avformat_close_input(&context)
      relay?.close()
    }
    unsafe Glibc.free(host)
  }

  /// Whether the input is read faster than it plays: a local or remote file, or a playlist of
  /// files.
  var isPaced: Bool {
    if address.kind == .file || format.hasPrefix("hls") || format.hasPrefix("dash") { return true }
    if address.kind == .standardInput { return address.raw == "-" && StandardInput.isFile }
    guard address.kind == .http, let reader = unsafe pointer.pointee.pb else { return false }
    return unsafe avio_size(reader) > 0
  }

  /// Notices about the connection for an operator.
  var notices: [String] { relay?.notices ?? [] }

  /// Whether packets are access units, or pieces of them, as received: no parser delays them.
  var isUnparsed: Bool { unsafe pointer.pointee.flags & AVFMT_FLAG_NOPARSE != 0 }

  var streams: UnsafeMutableBufferPointer<UnsafeMutablePointer<AVStream>?> {
    unsafe UnsafeMutableBufferPointer(
      start: pointer.pointee.streams, count: Int(pointer.pointee.nb_streams))
  }

  /// The streams of each program, in the order of its PMT.
  var programs: [[Int]] {
    unsafe UnsafeBufferPointer(
      start: pointer.pointee.programs, count: Int(pointer.pointee.nb_programs)
    ).compactMap { program in
      guard let program = unsafe program else { return nil }
      let streams = unsafe UnsafeBufferPointer(
        start: program.pointee.stream_index, count: Int(program.pointee.nb_stream_indexes))
      return unsafe streams.map { Int($0) }
    }
  }

  /// Whether a stream belongs to the program of the video, or to none.
  func isOfProgram(_ stream: Int32, with video: Int32?) -> Bool {
    guard let video else { return false }
    let programs = programs
    guard let own = programs.first(where: { $0.contains(Int(video)) }) else { return true }
    return own.contains(Int(stream)) || !programs.contains { $0.contains(Int(stream)) }
  }

  /// A number that changes when a stream is found or described, or a program changes.
  ///
  /// It is cheap, to be asked for with each packet. `video` is the chosen video stream.
  func trackFingerprint(video: Int32?) -> Int {
    var hasher = Hasher()
    hasher.combine(video)
    for index in unsafe streams.indices {
      guard let parameters = unsafe streams[index]?.pointee.codecpar else { continue }
      unsafe hasher.combine(parameters.pointee.codec_id.rawValue)
      unsafe hasher.combine(parameters.pointee.sample_rate)
      unsafe hasher.combine(parameters.pointee.extradata_size)
    }
    let programs = unsafe UnsafeBufferPointer(
      start: pointer.pointee.programs, count: Int(pointer.pointee.nb_programs))
    for index in programs.indices {
      guard let program = unsafe programs[index] else { continue }
      unsafe hasher.combine(program.pointee.nb_stream_indexes)
      let members = unsafe UnsafeBufferPointer(
        start: program.pointee.stream_index, count: Int(program.pointee.nb_stream_indexes))
      for member in members.indices { unsafe hasher.combine(members[member]) }
    }
    return hasher.finalize()
  }

  /// Whether the stream is audio that can be decoded.
  func isAudio(_ index: Int) -> Bool {
    guard let parameters = unsafe streams[index]?.pointee.codecpar else { return false }
    return unsafe parameters.pointee.codec_type == AVMEDIA_TYPE_AUDIO
      && avcodec_find_decoder(parameters.pointee.codec_id) != nil
  }

  /// The language that the container declares for a stream.
  @unsafe
  func language(of stream: UnsafePointer<AVStream>) -> Language {
    guard let entry = unsafe av_dict_get(stream.pointee.metadata, "language", nil, 0),
      let value = unsafe entry.pointee.value
    else { return .undetermined }
    return unsafe Language(String(cString: value))
  }

  /// The colours that the container declares for the stream `index`; nil if it declares none.
  func declaredColour(_ index: Int) -> ColourDescription? {
    if let known = coloursBeforeAnalysis {
      return known.indices.contains(index) ? known[index] : nil
    }
    guard unsafe streams.indices.contains(index) else { return nil }
    return unsafe streams[index].flatMap { unsafe ColourDescription($0.pointee.codecpar) }
  }

  /// Calls `body` with the next packet; nil at the end of the input.
  func read<Result>(
    _ body: (UnsafePointer<AVPacket>) -> Result
  ) throws(InputError) -> Result? {
    while true {
      cancellation.setDeadline(SystemClock.monotonicTime + options.silenceLimit)
      let read = FFmpegLog.collecting { unsafe av_read_frame(pointer, packet.pointer) }
      if read.result >= 0, cancellation.isDue {
        // A packet that the library delayed is as old as the silence.
        packet.clear()
      } else if read.result >= 0 {
        defer { packet.clear() }
        return unsafe body(packet.pointer)
      }
      if cancellation.isCancelled { throw .cancelled }
      if read.result >= 0 { throw .silent(Int(options.silenceLimit.wholeSeconds)) }
      if !cancellation.isDue, let fault = relay?.fault { throw .failed(address.scrub("\(fault)")) }
      if read.result == CFF_EOF { return nil }
      if read.result == CFF_EAGAIN { continue }
      throw Self.failure(
        read.result, read.lines, address, cancellation, options, whileReading: true)
    }
  }

  /// Applies the settings that depend on the detected format.
  private func configure() {
    let isStreamed = ["rtsp", "mpegts", "flv", "live_flv"].contains(format)
    if isStreamed && hasOnlyKnownVideo && !(format == "mpegts" && isPaced) {
      unsafe pointer.pointee.flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN
      return
    }
    // For files and unknown formats the library's parsers detect the streams. It takes the colours
    // of the first frames, which later ones need not have, for those of the container.
    coloursBeforeAnalysis = unsafe streams.map { stream in
      unsafe stream.flatMap { unsafe ColourDescription($0.pointee.codecpar) } ?? .unspecified
    }
    unsafe pointer.pointee.max_analyze_duration = 2_000_000
    let pixels = Int64(options.frameSizeLimit.pixels)
    _ = FFmpegLog.collecting { unsafe cff_find_stream_info(pointer, pixels) }
  }

  /// Whether each video stream consists of NAL units, which are read without parsers.
  ///
  /// FLV announces its streams later.
  private var hasOnlyKnownVideo: Bool {
    unsafe streams.allSatisfy { stream in
      guard let parameters = unsafe stream?.pointee.codecpar,
        unsafe parameters.pointee.codec_type == AVMEDIA_TYPE_VIDEO
      else { return true }
      return unsafe PassThroughCodec(parameters.pointee.codec_id, extradata: [])?.hasUnits == true
    }
  }

  /// The codec of the first video stream if libavcodec has a decoder for none of them.
  ///
  /// Nil if it has one, or if a codec is not known yet.
  /// The analysis of an undecodable stream ends with the limit of the opening only.
  private var undecodableVideo: String? {
    var codecs: [AVCodecID] = []
    for index in unsafe streams.indices {
      guard let parameters = unsafe streams[index]?.pointee.codecpar,
        unsafe parameters.pointee.codec_type == AVMEDIA_TYPE_VIDEO
      else { continue }
      unsafe codecs.append(parameters.pointee.codec_id)
    }
    let isUndecodable = codecs.allSatisfy { codec in
      unsafe codec != AV_CODEC_ID_NONE && avcodec_find_decoder(codec) == nil
    }
    guard isUndecodable, let first = codecs.first else { return nil }
    return unsafe String(cString: avcodec_get_name(first))
  }

  private static func isTransportStream(_ address: InputAddress) -> Bool {
    [.udp, .srt, .standardInput].contains(address.kind)
  }
}
