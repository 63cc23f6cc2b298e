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
  private var unwrapper = TimestampUnwrapper()
  private var videoIndex: Int32?
  private var audioIndex: Int32?
  private var video: VideoDepacketizer?
  private var audio: AudioDepacketizer?
  /// The audio streams beside the first.
  private var otherAudio: [InputDescription.Audio] = []
  /// Whether a packet of the audio stream has arrived, not only its description.
  private var hasHeard = false
  /// Whether no packet can change which stream is the audio.
  private var isAudioFinal = false
  /// The tracks of which the audio was chosen; nil before the first packet.
  private var knownTracks: Int?

  /// Opens the input, or the container of a publisher.
  ///
  /// Blocks until it is open.
  init(
    _ address: InputAddress, _ options: InputOptions, _ cancellation: InputCancellation,
    container: PublishedMedia? = nil
  ) throws(InputError) {
    context = try cancellation.during(.connecting) { () throws(InputError) in
      try InputContext(address, options, cancellation, container: container)
    }
    self.cancellation = cancellation
    work = address.kind == .http ? .connecting : .reading
    sizeLimit = options.frameSizeLimit
  }

  var description: InputDescription? {
    guard let video, video.isComplete else { return nil }
    var description = InputDescription(
      format: context.format, video: video.video, audio: audio?.audio, isPaced: context.isPaced)
    description.otherAudio = otherAudio
    return description
  }

  /// Whether the input is read faster than it plays.
  var isPaced: Bool { context.isPaced }

  var oversized: UInt64 { video?.oversized ?? 0 }

  /// Reads a packet.
  ///
  /// Blocks.
  ///
  /// - Returns: its units, often one; nil at the end.
  func read() throws(InputError) -> [InputUnit]? {
    try cancellation.during(work) { () throws(InputError) in try readUnits() }
  }

  private func readUnits() throws(InputError) -> [InputUnit]? {
    let packet: ReadPacket? = unsafe try context.read { packet in unsafe ReadPacket(packet) }
    guard let packet else { return nil }
    chooseVideo(packet.stream)
    if !isAudioFinal { chooseAudio(packet.stream) }
    guard let stream = unsafe context.streams[Int(packet.stream)],
      let parameters = unsafe stream.pointee.codecpar
    else { return [] }
    let base = unsafe stream.pointee.time_base
    let bits = unsafe Int(stream.pointee.pts_wrap_bits)
    func time(_ ticks: Int64) -> SourceTime {
      unwrapper.time(
        of: ticks, bits: bits, numerator: Int64(base.num), denominator: Int64(base.den))
    }
    let dts = packet.dts.map(time)
    guard let pts = packet.pts.map(time) ?? dts else { return [] }
    if packet.stream == videoIndex {
      if let extradata = packet.newExtradata {
        video?.take(extradata: extradata)
      } else {
        unsafe video?.update(parameters)
      }
      let units = video?.take(
        packet.bytes.span, pts: pts, dts: dts, isKey: packet.isKey, arrival: packet.arrival,
        senderTime: packet.senderTime)
      return (units ?? []).map { .video($0) }
    } else if packet.stream == audioIndex {
      let packets = audio?.take(packet.bytes, pts: pts, arrival: packet.arrival)
      return (packets ?? []).map { .audio($0) }
    }
    return []
  }

  /// Selects the first video stream; some containers announce it late.
  private func chooseVideo(_ index: Int32) {
    guard videoIndex == nil, let stream = unsafe context.streams[Int(index)],
      let parameters = unsafe stream.pointee.codecpar,
      unsafe stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0,
      unsafe parameters.pointee.codec_type == AVMEDIA_TYPE_VIDEO
    else { return }
    videoIndex = index
    let rate = unsafe stream.pointee.avg_frame_rate
    unsafe video = VideoDepacketizer(
      parameters, rate: FrameRate(Int64(rate.num), Int64(rate.den)),
      arePieces: context.isUnparsed && context.format == "rtsp", rotation: Rotation(stream),
      sizeLimit: sizeLimit)
  }

  /// Selects the first audio stream of the container, whichever is heard first.
  ///
  /// A packet of the stream `heard` has arrived. The parameters of a described stream may be
  /// complete only with its first packet.
  private func chooseAudio(_ heard: Int32) {
    let tracks = context.trackFingerprint(video: videoIndex)
    guard heard == audioIndex || tracks != knownTracks else { return }
    knownTracks = tracks
    let programs = context.programs
    let order = AudioTrackOrder.order(
      tracks: unsafe context.streams.indices.filter { context.isAudio($0) },
      programs: programs, video: videoIndex.map { Int($0) })
    guard let first = order.first.map({ Int32($0) }) else { return }
    if first != audioIndex { (audioIndex, audio, hasHeard) = (first, nil, false) }
    otherAudio = order.dropFirst().compactMap { depacketizer($0)?.audio }
    if !hasHeard { audio = depacketizer(Int(first)) }
    hasHeard = hasHeard || heard == first
    // Streams that are heard before the PMT belong to no program yet.
    isAudioFinal =
      hasHeard && videoIndex != nil && (context.format != "mpegts" || !programs.isEmpty)
  }

  private func depacketizer(_ index: Int) -> AudioDepacketizer? {
    guard let stream = unsafe context.streams[index],
      let parameters = unsafe stream.pointee.codecpar
    else { return nil }
    return unsafe AudioDepacketizer(
      parameters, isUnparsed: context.isUnparsed, language: context.language(of: stream))
  }
}

/// A copy of a libavformat packet.
private struct ReadPacket {
  let stream: Int32
  let bytes: [UInt8]
  let pts: Int64?
  let dts: Int64?
  let isKey: Bool
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
    isKey = unsafe packet.pointee.flags & AV_PKT_FLAG_KEY != 0
    let sent = unsafe cff_sender_time(packet)
    let (nanoseconds, isBeyond) = sent.multipliedReportingOverflow(by: 1000)
    senderTime = sent == CFF_NOPTS || isBeyond ? nil : WallTime(nanoseconds: nanoseconds)
    var size = 0
    let data = unsafe av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, &size)
    newExtradata = unsafe data.map { unsafe Array(UnsafeBufferPointer(start: $0, count: size)) }
  }
}
