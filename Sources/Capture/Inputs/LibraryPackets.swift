// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media
internal import Sharing
import Time

/// The units of an input that libavformat reads.
///
/// Confined to one thread.
final class LibraryPackets {
  private let context: InputContext
  private let cancellation: InputCancellation
  /// What the reading of a packet may do: a playlist opens its segments.
  private let work: CallWatchdog.Work
  private let sizeLimit: FrameSizeLimit
  /// Whether the input is a file of MPEG-TS, whose packets the library's parsers form.
  private let isParsedFile: Bool
  private var unwrapper = TimestampUnwrapper()
  private var videoIndex: Int32?
  /// What may show that the program has another video stream.
  private var watch = ProgramWatch()
  private var video: VideoDepacketizer?
  private var audio = LibraryAudio()
  private var metadata = LibraryMetadata()
  private var text: LibraryText
  /// The media of the publisher whose container it is; nil for other inputs.
  private let publisher: PublishedMedia?
  private var reported = ReportedMedia()
  /// A packet of H.264 in a file of MPEG-TS, whose second field may follow.
  private var held: ReadPacket?

  /// Opens the input, or the container of a publisher.
  ///
  /// Blocks until it is open. Texts are decoded if `texts` is raised.
  init(
    _ address: InputAddress, _ options: InputOptions, _ cancellation: InputCancellation,
    container: PublishedMedia? = nil, texts: OnceFlag
  ) throws(InputError) {
    text = LibraryText(isWanted: texts)
    publisher = container
    context = try cancellation.during(.connecting) { () throws(InputError) in
      try InputContext(address, options, cancellation, container: container)
    }
    self.cancellation = cancellation
    isParsedFile = context.format == "mpegts" && context.isPaced && !context.isUnparsed
    work = address.kind == .http ? .connecting : .reading
    sizeLimit = options.frameSizeLimit
  }

  var description: InputDescription? {
    guard let video, video.isComplete else { return nil }
    var description = InputDescription(
      format: context.format, video: video.video, audio: audio.first, isPaced: context.isPaced)
    (description.otherAudio, description.leftOutAudio) = (audio.others, audio.leftOut)
    return description
  }

  /// The tracks of subtitles and metadata.
  var dataTracks: [DataTrack] { context.dataTracks(video: videoIndex) }

  /// Whether the input is read faster than it plays.
  var isPaced: Bool { context.isPaced }

  /// The codec of audio that cannot be decoded; nil if there is none.
  var ignoredAudio: String? { audio.ignored }

  /// Notices about the connection for an operator.
  var notices: [String] { context.notices }

  var oversized: UInt64 { video?.oversized ?? 0 }

  /// Packets of RTP that are missing, and packets of media that are damaged by losses.
  private(set) var lostPackets: UInt64 = 0

  /// Reads a packet.
  ///
  /// Blocks.
  ///
  /// - Returns: its units, often one; nil at the end.
  func read() throws(InputError) -> [InputUnit]? {
    let units = try cancellation.during(work) { () throws(InputError) in try readUnits() }
    if let publisher, let units {
      let codec = audio.first?.codec ?? audio.ignored
      reported.note(
        units, video, codec.map { PublisherReport.Audio(codec: PublisherReport.words($0)) },
        to: publisher)
    }
    return units
  }

  private func readUnits() throws(InputError) -> [InputUnit]? {
    let packet: ReadPacket? = unsafe try context.read { packet in unsafe ReadPacket(packet) }
    // bounded: a counter may wrap
    if context.format == "rtsp" { lostPackets &+= FFmpegLog.takeMissed() }
    guard let packet else {
      let last = held.take()
      return last.map { units(of: $0) }
    }
    if packet.isDamaged { lostPackets &+= 1 }  // bounded: a counter may wrap
    chooseVideo(packet.stream)
    try followProgram(packet)
    guard packet.stream == videoIndex, mayBeField else { return units(of: packet) }
    // The library cuts the two fields of a frame apart, of which the container dates one.
    if packet.pts == nil, packet.dts == nil, let first = held {
      held = first.joined(with: packet)
      return []
    }
    defer { held = packet }
    return held.map { units(of: $0) } ?? []
  }

  /// Whether packets of the video may be second fields: those of PES packets of MPEG-TS that the
  /// library's parser cuts.
  private var mayBeField: Bool { isParsedFile && video?.video.passThroughCodec == .h264 }

  private func units(of packet: ReadPacket) -> [InputUnit] {
    audio.choose(context, video: videoIndex, heard: packet.stream)
    guard let stream = unsafe context.streams[Int(packet.stream)],
      let parameters = unsafe stream.pointee.codecpar
    else { return [] }
    let base = unsafe stream.pointee.time_base
    if let format = unsafe LibraryMetadata.format(parameters) {
      guard context.isOfProgram(packet.stream, with: videoIndex) else { return [] }
      let unit = metadata.take(
        format, packet.bytes, ticks: packet.pts, base: (Int64(base.num), Int64(base.den)),
        arrival: packet.arrival)
      return unit.map { [.metadata($0)] } ?? []
    }
    let bits = unsafe Int(stream.pointee.pts_wrap_bits)
    func time(_ ticks: Int64) -> SourceTime {
      unwrapper.time(
        of: ticks, bits: bits, numerator: Int64(base.num), denominator: Int64(base.den))
    }
    if unsafe LibraryText.isText(parameters) {
      guard context.isOfProgram(packet.stream, with: videoIndex) else { return [] }
      // Times of texts are not used to unwrap those of the media.
      var unwrapper = unwrapper
      let pts = packet.pts.map { ticks in
        unwrapper.time(
          of: ticks, bits: bits, numerator: Int64(base.num), denominator: Int64(base.den))
      }
      let duration = Interval(
        ticks: packet.duration.multipliedSaturated(by: Int64(base.num)), timescale: Int64(base.den))
      return text.take(
        packet.bytes, of: packet.stream, unsafe LibraryText.Subtitles(stream, parameters),
        pts: pts, duration: duration, arrival: packet.arrival
      ).map { .metadata($0) }
    }
    let dts = packet.dts.map(time)
    guard let pts = packet.pts.map(time) ?? dts ?? audio.undatedTime(of: packet.stream) else {
      return []
    }
    if packet.stream == videoIndex {
      var texts: [MetadataPacket] = []
      if let ticks = packet.pts ?? packet.dts {
        metadata.note(ticks: ticks, pts: pts)
        texts = text.note(pts, ticks: ticks, arrival: packet.arrival)
      }
      if let extradata = packet.newExtradata {
        video?.take(extradata: extradata)
      } else {
        unsafe video?.update(parameters)
      }
      video?.declare(context.declaredColour(Int(packet.stream)))
      let units = video?.take(
        packet.bytes.span, pts: pts, dts: dts, isKey: packet.isKey, arrival: packet.arrival,
        senderTime: packet.senderTime)
      return (units ?? []).map { .video($0) } + texts.map { .metadata($0) }
    }
    let packets = audio.take(
      packet.bytes, of: packet.stream, pts: pts, arrival: packet.arrival,
      arePayloads: context.format == "mpegts" && context.isUnparsed)
    return (packets ?? []).map { .audio($0) }
  }

  /// Ends the connection if the program has another video stream than the chosen one: the next
  /// connection chooses again.
  private func followProgram(_ packet: ReadPacket) throws(InputError) {
    guard context.format == "mpegts", !context.isPaced, let videoIndex,
      let parameters = unsafe context.streams[Int(packet.stream)]?.pointee.codecpar,
      unsafe parameters.pointee.codec_type == AVMEDIA_TYPE_VIDEO
    else { return }
    let isOther = watch.heard(
      packet.stream, codec: unsafe parameters.pointee.codec_id.rawValue, chosen: videoIndex,
      isInProgram: context.programs.contains { $0.contains(Int(videoIndex)) }, at: packet.arrival)
    if isOther { throw .failed("the program has another video stream") }
    guard context.isUnparsed, packet.stream == videoIndex, let known = video?.video.codec,
      let other = VideoSignature.other(than: known, in: packet.bytes)
    else { return }
    throw .failed("the video stream has another codec now: \(other) in place of \(known)")
  }

  /// Selects the first video stream; some containers announce it late.
  private func chooseVideo(_ index: Int32) {
    guard videoIndex == nil, let stream = unsafe context.streams[Int(index)],
      let parameters = unsafe stream.pointee.codecpar,
      unsafe stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0,
      unsafe parameters.pointee.codec_type == AVMEDIA_TYPE_VIDEO
    else { return }
    videoIndex = index
    watch = ProgramWatch(streams: Int32(clamping: unsafe context.streams.count))
    let rate = unsafe stream.pointee.avg_frame_rate
    unsafe video = VideoDepacketizer(
      parameters, rate: FrameRate(Int64(rate.num), Int64(rate.den)),
      arePieces: context.isUnparsed && context.format == "rtsp",
      mayBePieces: context.isUnparsed && context.format == "mpegts", rotation: Rotation(stream),
      sizeLimit: sizeLimit)
    video?.declare(unsafe DolbyVision(stream))
  }
}

/// A copy of a libavformat packet.
private struct ReadPacket {
  let stream: Int32
  private(set) var bytes: [UInt8]
  let pts: Int64?
  let dts: Int64?
  /// In ticks; 0 if it is unknown.
  let duration: Int64
  let isKey: Bool
  /// Whether the demuxer has found that bytes are missing.
  let isDamaged: Bool
  let arrival: MonotonicTime
  let senderTime: WallTime?
  let newExtradata: [UInt8]?

  @unsafe
  init(_ packet: UnsafePointer<AVPacket>) {
    arrival = SystemClock.monotonicTime
    stream = unsafe packet.pointee.stream_index
    bytes = unsafe Array(
      UnsafeBufferPointer(start: packet.pointee.data, count: Int(packet.pointee.size)))
    pts = unsafe packet.pointee.pts == CFF_NOPTS ? nil : packet.pointee.pts
    dts = unsafe packet.pointee.dts == CFF_NOPTS ? nil : packet.pointee.dts
    duration = unsafe max(0, packet.pointee.duration)
    isKey = unsafe packet.pointee.flags & AV_PKT_FLAG_KEY != 0
    isDamaged = unsafe packet.pointee.flags & AV_PKT_FLAG_CORRUPT != 0
    let sent = unsafe cff_sender_time(packet)
    let (nanoseconds, isBeyond) = sent.multipliedReportingOverflow(by: 1000)
    senderTime = sent == CFF_NOPTS || isBeyond ? nil : WallTime(nanoseconds: nanoseconds)
    var size = 0
    let data = unsafe av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, &size)
    newExtradata = unsafe data.map { unsafe Array(UnsafeBufferPointer(start: $0, count: size)) }
  }

  /// The packet with the bytes of one after it; unchanged if it would be too long.
  func joined(with next: ReadPacket) -> ReadPacket {
    guard bytes.count + next.bytes.count < AccessUnitAssembler.most else { return self }
    var packet = self
    packet.bytes += next.bytes
    return packet
  }
}
