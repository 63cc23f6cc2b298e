// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media
import Time

/// Converts the packets of an audio stream to audio packets.
///
/// Confined to one thread.
struct AudioDepacketizer {
  /// The description; the owner sets what the container declares.
  var audio: InputDescription.Audio

  /// The codec that the container declares, in libavcodec's numbers; none if the units are no
  /// packets of libavformat.
  private(set) var codec: AVCodecID

  private let isAAC: Bool
  private let isBareOpus: Bool
  private let mayHaveHeaders: Bool
  /// Cuts AC-3 and E-AC-3; nil for other codecs.
  private var dolby: DolbySplitter?
  /// Cuts AAC in LATM; nil for other codecs.
  private var loas: LOASSplitter?
  /// Whether the layer of MPEG audio is not known: containers and RTP have one number for all.
  private var needsLayer: Bool
  /// The first bytes of a frame whose end has not arrived.
  private var rest: [UInt8] = []

  /// A depacketizer for an audio stream.
  @unsafe
  init(
    _ parameters: UnsafePointer<AVCodecParameters>, isUnparsed: Bool,
    language: Language = .undetermined, purpose: AudioPurpose = .main
  ) {
    let id = unsafe parameters.pointee.codec_id
    self.codec = id
    isAAC = id == AV_CODEC_ID_AAC
    isBareOpus = isUnparsed && id == AV_CODEC_ID_OPUS
    needsLayer = id == AV_CODEC_ID_MP3 || id == AV_CODEC_ID_MP2
    dolby = id == AV_CODEC_ID_AC3 || id == AV_CODEC_ID_EAC3 ? DolbySplitter() : nil
    loas = id == AV_CODEC_ID_AAC_LATM && isUnparsed ? LOASSplitter() : nil
    let configuration = unsafe Extradata.of(parameters)
    mayHaveHeaders = isAAC && configuration.isEmpty
    audio = unsafe InputDescription.Audio(
      codec: String(cString: avcodec_get_name(id)),
      sampleRate: Int(parameters.pointee.sample_rate),
      channels: Int(parameters.pointee.ch_layout.nb_channels), configuration: configuration,
      language: language, purpose: purpose)
    // For MPEG audio, RTP declares the same clock of 90 kHz for every sample rate (RFC 3551
    // §4.5.13).
    if isUnparsed, audio.sampleRate == 90_000 { audio.sampleRate = 0 }
    readConfiguration()
  }

  /// A depacketizer for payloads of MPEG-TS in another codec than the container declares, with the
  /// language and the purpose of the track; nil if the library does not know the codec.
  init?(_ name: String, replacing other: AudioDepacketizer) {
    guard let descriptor = unsafe avcodec_descriptor_get_by_name(name) else { return nil }
    var parameters = unsafe AVCodecParameters()
    unsafe parameters.codec_type = AVMEDIA_TYPE_AUDIO
    unsafe parameters.codec_id = unsafe descriptor.pointee.id
    unsafe self.init(
      &parameters, isUnparsed: true, language: other.audio.language, purpose: other.audio.purpose)
    (audio.label, audio.rank, audio.isAbsent) = (
      other.audio.label, other.audio.rank, other.audio.isAbsent
    )
    codec = other.codec
  }

  /// The duration of each packet; nil if it is unknown, or differs from packet to packet.
  var packetDuration: Interval? {
    isAAC ? AudioSpecificConfig(audio.configuration)?.frameDuration : nil
  }

  /// Takes the sample rate and the channels from the configuration of AAC.
  private mutating func readConfiguration() {
    guard isAAC, let parsed = AudioSpecificConfig(audio.configuration) else { return }
    (audio.sampleRate, audio.channels) = (Int(parsed.sampleRate), parsed.channels)
  }

  /// A depacketizer for packets that are whole frames of `codec`.
  ///
  /// - Parameters:
  ///   - codec: libavcodec's name of the codec.
  ///   - configuration: the decoder configuration; for AAC it also declares rate and channels.
  ///   - sampleRate: Hz; 0 if unknown.
  ///   - channels: the number of channels; 0 if unknown.
  ///   - language: the declared language.
  ///   - purpose: the declared audience.
  init(
    codec: String, configuration: [UInt8], sampleRate: Int, channels: Int,
    language: Language = .undetermined, purpose: AudioPurpose = .main
  ) {
    self.codec = AV_CODEC_ID_NONE
    isAAC = codec == "aac"
    (isBareOpus, mayHaveHeaders) = (false, false)
    needsLayer = codec == "mp3"
    dolby = codec == "ac3" || codec == "eac3" ? DolbySplitter() : nil
    audio = InputDescription.Audio(
      codec: codec, sampleRate: sampleRate, channels: channels, configuration: configuration,
      language: language, purpose: purpose)
    readConfiguration()
  }

  /// The audio packets in one packet of the container.
  mutating func take(
    _ bytes: [UInt8], pts: SourceTime, arrival: MonotonicTime
  ) -> [AudioPacket] {
    if isBareOpus, bytes.first == 0x7F {
      return OpusTransport.packets(bytes).map { packet in
        AudioPacket(
          bytes: Array(bytes[packet.range]),
          pts: pts + Interval(ticks: packet.samplesBefore, timescale: 48_000), arrival: arrival)
      }
    }
    if loas != nil {
      return (loas?.take(bytes, pts: pts) ?? []).map {
        AudioPacket(bytes: $0.bytes, pts: $0.pts, arrival: arrival)
      }
    }
    if dolby != nil { return takeDolby(bytes, pts: pts, arrival: arrival) }
    if needsLayer, let layer = Self.layer(of: bytes) {
      needsLayer = false
      audio.codec = "mp\(layer)"
    }
    guard mayHaveHeaders else {
      return bytes.isEmpty ? [] : [AudioPacket(bytes: bytes, pts: pts, arrival: arrival)]
    }
    let whole = rest + bytes
    let frames = ADTS.frames(whole.span)
    // A frame that started before this packet is earlier than the packet's timestamp.
    let carried = frames.prefix { $0.range.lowerBound < rest.count }.count
    // bounded: frames are within `whole`
    rest = Array(whole[(frames.last?.range.upperBound ?? whole.count)...])
    return frames.enumerated().map { index, frame in
      (audio.sampleRate, audio.channels) = (frame.sampleRate, frame.channels)
      audio.configuration = frame.configuration
      let step = Interval(ticks: 1024, timescale: Int64(frame.sampleRate))
      return AudioPacket(
        // bounded: intervals saturate
        bytes: Array(whole[frame.range]), pts: pts + step * Int64(index - carried),
        arrival: arrival)
    }
  }

  /// The layer of MPEG audio whose frame begins a packet, 1 to 3; nil if none begins there.
  ///
  /// - Source: ISO/IEC 11172-3 §2.4.2.3; ISO/IEC 13818-3 §2.4.2.3
  static func layer(of bytes: [UInt8]) -> Int? {
    // The syncword, of which the unofficial version 2.5 has a bit less; forbidden values.
    guard bytes.count >= 4, bytes[0] == 0xFF, bytes[1] >= 0xE0, bytes[1] >> 3 & 3 != 1,
      bytes[1] >> 1 & 3 != 0, bytes[2] >> 4 != 15, bytes[2] >> 2 & 3 != 3
    else { return nil }
    return 4 - Int(bytes[1] >> 1 & 3)
  }

  /// The access units of AC-3 or E-AC-3 in a packet, of which the first describes the audio.
  private mutating func takeDolby(
    _ bytes: [UInt8], pts: SourceTime, arrival: MonotonicTime
  ) -> [AudioPacket] {
    let units = dolby?.take(bytes, pts: pts) ?? []
    if let first = dolby?.first {
      audio.codec = first.isEnhanced ? "eac3" : "ac3"
      audio.sampleRate = Int(first.sampleRate)
    }
    audio.configuration = dolby?.configuration?.bytes ?? []
    if let channels = dolby?.configuration?.channels { audio.channels = channels }
    return units.map { AudioPacket(bytes: $0.bytes, pts: $0.pts, arrival: arrival) }
  }
}
