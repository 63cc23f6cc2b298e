// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media
internal import Sharing
import Time

/// The texts of an input that libavformat reads: subtitles of files, and teletext.
///
/// Confined to one thread.
struct LibraryText {
  /// Texts of one language.
  private struct Track {
    let language: Language
    let decoder: Decoder
    var held = HeldText<[TeletextPage.Block]>()
  }

  /// A decoder of a codec, or of a page of teletext.
  enum Decoder {
    case library(SubtitleDecoder), teletext(TeletextDecoder)

    /// Opens a decoder for subtitles, or for a page of them.
    static func open(_ subtitles: Subtitles, _ page: Int?) throws(FFmpegError) -> Decoder {
      guard let page else {
        return .library(
          try SubtitleDecoder(subtitles.codec, extradata: subtitles.configuration))
      }
      return .teletext(try TeletextDecoder(page: page))
    }

    /// The texts in a packet, each with its place; nil if the packet changes nothing.
    func decode(_ bytes: [UInt8], milliseconds: Int64) -> [TeletextPage.Block]? {
      switch self {
      case .teletext(let decoder): return decoder.decode(bytes)
      case .library(let decoder):
        let text = decoder.decode(bytes, milliseconds: milliseconds)?.joined(separator: "\n")
        return text.map { text in
          let isEmpty = !text.unicodeScalars.contains { !$0.properties.isWhitespace }
          return isEmpty ? [] : [TeletextPage.Block(text: text, place: nil)]
        }
      }
    }
  }

  /// A page of teletext with subtitles, as the PMT describes it.
  struct Page: Equatable {
    let number: Int
    let language: Language
  }

  /// The subtitles of a stream, as the container describes them.
  struct Subtitles {
    let codec: AVCodecID
    let configuration: [UInt8]
    /// The pages of teletext, with numbers; or the language of other subtitles.
    let parts: [(page: Int?, language: Language)]

    /// Subtitles with this configuration; the languages of pages have commas between them.
    init(_ codec: AVCodecID, configuration: [UInt8], languages: String) {
      self.codec = codec
      self.configuration = configuration
      parts =
        codec == AV_CODEC_ID_DVB_TELETEXT
        ? LibraryText.pages(configuration, languages).map { ($0.number, $0.language) }
        : [(nil, Language(languages))]
    }

    @unsafe
    init(_ stream: UnsafePointer<AVStream>, _ parameters: UnsafePointer<AVCodecParameters>) {
      let entry = unsafe av_dict_get(stream.pointee.metadata, "language", nil, 0)
      let languages = unsafe entry?.pointee.value.map { unsafe String(cString: $0) } ?? ""
      unsafe self.init(
        parameters.pointee.codec_id, configuration: Extradata.of(parameters), languages: languages)
    }

    /// libavcodec's name of the codec.
    var name: String { unsafe String(cString: avcodec_get_name(codec)) }
  }

  /// The largest distance of the time of a text from that of the newest access unit.
  private static let reach = Interval.seconds(10)
  /// The most tracks.
  private static let maximumTracks = 16
  /// How often a loss is given again, to streams that have joined a connection since.
  private static let interval = Interval.seconds(10)

  /// Raised if a stream wants the texts: their decoders cost time and memory.
  private let isWanted: OnceFlag
  private let open: (Subtitles, Int?) throws(FFmpegError) -> Decoder
  /// The tracks of each stream; none if it has no decoder.
  private var tracks: [Int32: [Track]] = [:]
  /// Why texts of a stream are left out, and when that was given.
  private var losses: [Int32: (loss: MetadataPacket.Loss, time: MonotonicTime)] = [:]
  /// The time of the newest access unit.
  private var newest: SourceTime?
  private var ticks: Int64 = 0

  /// No texts yet; `open` opens a decoder.
  init(
    isWanted: OnceFlag,
    open: @escaping (Subtitles, Int?) throws(FFmpegError) -> Decoder = Decoder.open
  ) {
    self.isWanted = isWanted
    self.open = open
  }

  /// Whether a stream has texts that are decoded.
  @unsafe
  static func isText(_ parameters: UnsafePointer<AVCodecParameters>) -> Bool {
    switch unsafe parameters.pointee.codec_id {
    case AV_CODEC_ID_MOV_TEXT, AV_CODEC_ID_WEBVTT, AV_CODEC_ID_SUBRIP, AV_CODEC_ID_DVB_TELETEXT:
      true
    default: false
    }
  }

  /// Notes an access unit; texts that are still shown go on.
  mutating func note(_ pts: SourceTime, ticks: Int64, arrival: MonotonicTime) -> [MetadataPacket] {
    newest = pts
    self.ticks = ticks
    var packets: [MetadataPacket] = []
    for (stream, list) in tracks {
      for index in list.indices {
        if let piece = tracks[stream]?[index].held.advance(to: pts) {
          packets += self.packets(piece, list[index].language, arrival)
        }
      }
    }
    return packets
  }

  /// The texts in a packet.
  ///
  /// - Parameters:
  ///   - bytes: the packet.
  ///   - stream: the number of its stream.
  ///   - subtitles: what the container states about them.
  ///   - pts: its time; nil if it has none.
  ///   - duration: its duration; zero if it is unknown.
  ///   - arrival: when it was read.
  /// - Returns: the texts; none before the first access unit, whose time they need. A loss if texts
  ///   are not decoded.
  mutating func take(
    _ bytes: [UInt8], of stream: Int32, _ subtitles: @autoclosure () -> Subtitles,
    pts: SourceTime?, duration: Interval, arrival: MonotonicTime
  ) -> [MetadataPacket] {
    guard let newest, !bytes.isEmpty else { return [] }
    if tracks[stream] == nil, isWanted.isRaised || losses[stream] == nil {
      prepare(stream, subtitles())
    }
    let time = pts.flatMap { ($0 - newest).magnitude <= Self.reach ? $0 : nil } ?? newest
    var packets: [MetadataPacket] = []
    if let (loss, before) = losses[stream], arrival - before >= Self.interval {
      losses[stream] = (loss, arrival)
      packets.append(
        MetadataPacket(
          format: .leftOut(loss), bytes: [], pts: newest, ticks: ticks, arrival: arrival))
    }
    for index in tracks[stream, default: []].indices {
      guard let track = tracks[stream]?[index],
        let texts = track.decoder.decode(bytes, milliseconds: duration.milliseconds)
      else { continue }
      let piece =
        duration > .zero && !texts.isEmpty
        ? HeldText<[TeletextPage.Block]>.Piece(text: texts, start: time, duration: duration)
        : tracks[stream]?[index].held.show(texts.isEmpty ? nil : texts, at: time)
      if let piece { packets += self.packets(piece, track.language, arrival) }
    }
    return packets
  }

  private func packets(
    _ piece: HeldText<[TeletextPage.Block]>.Piece, _ language: Language, _ arrival: MonotonicTime
  ) -> [MetadataPacket] {
    piece.text.map { block in
      MetadataPacket(
        format: .text(language, duration: piece.duration, place: block.place),
        bytes: Array(block.text.utf8), pts: piece.start, ticks: ticks, arrival: arrival)
    }
  }

  /// Opens the decoders of a stream if its texts are wanted.
  private mutating func prepare(_ stream: Int32, _ subtitles: Subtitles) {
    guard isWanted.isRaised else {
      if subtitles.parts.isEmpty {
        tracks[stream] = []
      } else {
        losses[stream] = (.unwantedTexts(subtitles.parts.map(\.language)), .distantPast)
      }
      return
    }
    losses[stream] = nil
    let count = tracks.values.reduce(0) { $0 + $1.count }
    var opened: [Track] = []
    var failed: [String] = []
    var reason = ""
    // bounded: at most `maximumTracks`
    for part in subtitles.parts.prefix(Self.maximumTracks - count) {
      do throws(FFmpegError) {
        opened.append(Track(language: part.language, decoder: try open(subtitles, part.page)))
      } catch {
        let page = part.page.map { " page \($0)" } ?? ""
        failed.append("\(subtitles.name)\(page) in \(part.language.tag)")
        reason = "\(error)"
      }
    }
    tracks[stream] = opened
    guard !failed.isEmpty else { return }
    losses[stream] = (
      .undecodableTexts(failed.joined(separator: ", "), reason: reason), .distantPast
    )
  }

  /// The pages with subtitles in a descriptor, as libavformat gives it: two bytes for each page,
  /// and the languages with commas.
  ///
  /// - Source: ETSI EN 300 468 §6.2.43: types 2 and 5 are subtitles, 5 for the hard of hearing
  static func pages(_ descriptor: [UInt8], _ languages: String) -> [Page] {
    let names = languages.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    var found: [Page] = []
    for (index, offset) in stride(from: 0, to: descriptor.count - 1, by: 2).enumerated() {
      // bounded: within the bytes
      let (head, page) = (descriptor[offset], descriptor[offset + 1])
      let (magazine, tens, units) = (Int(head & 7), Int(page >> 4), Int(page & 15))
      guard [2, 5].contains(head >> 3), tens < 10, units < 10 else { continue }
      let language = names.indices.contains(index) ? Language(names[index]) : .undetermined
      // bounded: at most 899
      let number = (magazine == 0 ? 8 : magazine) * 100 + tens * 10 + units
      // One page of each language: that for all viewers is usually first.
      guard !found.contains(where: { $0.language == language }) else { continue }
      found.append(Page(number: number, language: language))
    }
    return found
  }
}
