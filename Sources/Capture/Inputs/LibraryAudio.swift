// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media
import Time

/// The audio tracks of an input that libavformat reads, in the order of the container.
///
/// Confined to one thread.
struct LibraryAudio {
  private struct Track {
    let index: Int
    var depacketizer: AudioDepacketizer
    /// Notices another codec in the PID.
    var watch = CodecWatch()
    /// Whether a packet has arrived, not only the description.
    var hasHeard = false
    /// The time of the newest packet.
    var newest: SourceTime?
  }

  private var tracks: [Track] = []
  /// Whether the order of ``tracks`` stays; tracks that are found later follow, and those that the
  /// program has no longer are removed, except the first.
  private var isOrderFinal = false
  /// The streams of which the tracks were chosen; nil before the first packet.
  private var knownStreams: Int?
  /// The first track.
  private(set) var first: InputDescription.Audio?
  /// The tracks after the first.
  private(set) var others: [InputDescription.Audio] = []
  /// The codec of the first audio stream without a decoder, if there is no track; nil for none.
  private(set) var ignored: String?
  /// The first audio streams beyond the limit.
  private(set) var leftOut: [InputDescription.Audio] = []

  /// Chooses the tracks: those of the program of the video, whichever is heard first.
  ///
  /// A packet of the stream `heard` has arrived. The parameters of a described stream may be
  /// complete only with its first packet.
  mutating func choose(_ context: InputContext, video: Int32?, heard: Int32) {
    context.declareLATM(Int(heard))
    let streams = isOrderFinal ? context.membership : context.trackFingerprint(video: video)
    let isUnheard = tracks.contains { $0.index == heard && !$0.hasHeard }
    let isChanged = redescribe(context, heard)
    guard isUnheard || isChanged || streams != knownStreams else { return }
    if streams != knownStreams {
      knownStreams = streams
      choose(context, video: video)
    }
    if let track = tracks.firstIndex(where: { $0.index == heard && !$0.hasHeard }) {
      if let depacketizer = context.audioDepacketizer(Int(heard)) {
        tracks[track].depacketizer = depacketizer
      }
      tracks[track].hasHeard = true
    }
    describe()
    // Streams that are heard before the PMT belong to no program yet.
    guard !isOrderFinal, tracks.first?.hasHeard == true, video != nil,
      context.format != "mpegts" || !context.programs.isEmpty
    else { return }
    isOrderFinal = true
    knownStreams = context.membership
  }

  private mutating func choose(_ context: InputContext, video: Int32?) {
    let order = AudioTrackOrder.order(
      tracks: unsafe context.streams.indices.filter { context.isAudio($0) },
      programs: context.programs, video: video.map { Int($0) })
    let limit = InputDescription.maximumAudioTracks
    if isOrderFinal {
      let first = tracks.first?.index
      tracks.removeAll { $0.index != first && !order.contains($0.index) }
      if let first { tracks[0].depacketizer.audio.isAbsent = !order.contains(first) }
      let found = order.filter { index in !tracks.contains { $0.index == index } }
      // bounded: there are at most `limit` tracks
      for index in found.prefix(limit - tracks.count) { append(index, context) }
    } else {
      let known = tracks
      tracks = []
      for index in order.prefix(limit) {
        if let track = known.first(where: { $0.index == index && $0.hasHeard }) {
          tracks.append(track)
        } else {
          append(index, context)
        }
      }
    }
    ignored = tracks.isEmpty ? context.undecodableAudio : nil
    leftOut = order.filter { index in !tracks.contains { $0.index == index } }.prefix(limit)
      .compactMap { context.audioDepacketizer($0)?.audio }
  }

  /// Takes another language, purpose or codec of a stream: a program may give its PID to another
  /// track.
  ///
  /// - Returns: whether there is a change.
  private mutating func redescribe(_ context: InputContext, _ heard: Int32) -> Bool {
    guard let track = tracks.firstIndex(where: { $0.index == heard && $0.hasHeard }) else {
      return false
    }
    let before = tracks[track].depacketizer.audio
    if context.redescribe(&tracks[track].depacketizer, Int(heard)),
      let other = context.audioDepacketizer(Int(heard))
    {
      tracks[track].depacketizer = other
    }
    return tracks[track].depacketizer.audio != before
  }

  private mutating func append(_ index: Int, _ context: InputContext) {
    guard let depacketizer = context.audioDepacketizer(index) else { return }
    tracks.append(Track(index: index, depacketizer: depacketizer))
  }

  private mutating func describe() {
    first = tracks.first?.depacketizer.audio
    others = tracks.dropFirst().map(\.depacketizer.audio)
  }

  /// The time of a packet without a timestamp: the end of the one before.
  ///
  /// RTP dates the first of several frames in its packet (RFC 3640 §3.2.1). Without parsers the
  /// library does not date the others.
  /// - Returns: nil if the stream `index` is no track, or its packets have no known duration.
  func undatedTime(of index: Int32) -> SourceTime? {
    guard let track = tracks.first(where: { $0.index == index }), let newest = track.newest,
      let duration = track.depacketizer.packetDuration
    else { return nil }
    return newest + duration
  }

  /// The audio packets in a packet of the stream `index`; nil if the stream is no track.
  ///
  /// `arePayloads`: whether packets are the payloads of MPEG-TS, whose codec may change.
  mutating func take(
    _ bytes: [UInt8], of index: Int32, pts: SourceTime, arrival: MonotonicTime, arePayloads: Bool
  ) -> [AudioPacket]? {
    guard let track = tracks.firstIndex(where: { $0.index == index }) else { return nil }
    let before = tracks[track].depacketizer.audio
    if arePayloads, let codec = tracks[track].watch.heard(bytes, known: before.codec),
      let other = AudioDepacketizer(codec, replacing: tracks[track].depacketizer)
    {
      tracks[track].depacketizer = other
    }
    var packets = tracks[track].depacketizer.take(bytes, pts: pts, arrival: arrival)
    if tracks[track].depacketizer.audio != before { describe() }
    for packet in packets.indices { packets[packet].track = track }
    tracks[track].newest = packets.last?.pts ?? tracks[track].newest
    return packets
  }
}

extension InputContext {
  /// A depacketizer for the audio stream `index`.
  fileprivate func audioDepacketizer(_ index: Int) -> AudioDepacketizer? {
    guard unsafe streams.indices.contains(index), let stream = unsafe streams[index],
      let parameters = unsafe stream.pointee.codecpar
    else { return nil }
    return unsafe AudioDepacketizer(
      parameters, isUnparsed: isUnparsed, language: language(of: stream),
      purpose: Self.purpose(of: stream))
  }

  /// Declares the codec of a stream of AAC in LATM.
  ///
  /// The library knows it by the type in the PMT, and forgets it if the analysis is too short to
  /// confirm it. Packets before the PMT are guessed to be of another codec.
  /// - Source: ISO/IEC 13818-1 table 2-34: 0x11 is ISO/IEC 14496-3 audio with LATM
  fileprivate func declareLATM(_ index: Int) {
    guard format == "mpegts", unsafe streams.indices.contains(index),
      let parameters = unsafe streams[index]?.pointee.codecpar,
      unsafe parameters.pointee.codec_id != AV_CODEC_ID_AAC_LATM,
      unsafe parameters.pointee.codec_tag == 0x11
    else { return }
    unsafe (parameters.pointee.codec_type, parameters.pointee.codec_id) = (
      AVMEDIA_TYPE_AUDIO, AV_CODEC_ID_AAC_LATM
    )
  }

  /// The codec of the first audio stream that no decoder of the library can decode.
  fileprivate var undecodableAudio: String? {
    for index in unsafe streams.indices where !isAudio(index) {
      guard let parameters = unsafe streams[index]?.pointee.codecpar,
        unsafe parameters.pointee.codec_type == AVMEDIA_TYPE_AUDIO
      else { continue }
      return unsafe String(cString: avcodec_get_name(parameters.pointee.codec_id))
    }
    return nil
  }

  /// A number that changes when a stream is found, or a program changes.
  fileprivate var membership: Int {
    var hasher = Hasher()
    unsafe hasher.combine(streams.count)
    hasher.combine(programs)
    return hasher.finalize()
  }

  /// Whether the codec of a stream is another one than that of its depacketizer; its language and
  /// purpose are taken.
  fileprivate func redescribe(_ depacketizer: inout AudioDepacketizer, _ index: Int) -> Bool {
    guard unsafe streams.indices.contains(index), let stream = unsafe streams[index],
      let parameters = unsafe stream.pointee.codecpar
    else { return false }
    depacketizer.audio.language = unsafe language(of: stream)
    depacketizer.audio.purpose = unsafe Self.purpose(of: stream)
    return unsafe parameters.pointee.codec_id != depacketizer.codec
  }

  /// The audience that the container declares for a stream.
  @unsafe
  private static func purpose(of stream: UnsafePointer<AVStream>) -> AudioPurpose {
    let disposition = unsafe stream.pointee.disposition
    if disposition & (AV_DISPOSITION_VISUAL_IMPAIRED | AV_DISPOSITION_DESCRIPTIONS) != 0 {
      return .visualImpaired
    }
    if disposition & AV_DISPOSITION_HEARING_IMPAIRED != 0 { return .hearingImpaired }
    return disposition & AV_DISPOSITION_CLEAN_EFFECTS != 0 ? .cleanEffects : .main
  }
}
