// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
package import Media

/// A track of subtitles or metadata that an input declares.
package struct DataTrack: Sendable, Equatable {
  /// The content of the track.
  package enum Kind: Sendable, Equatable {
    /// Teletext: a page of subtitles, such as 888; nil if no page is one.
    case teletext(page: Int?)
    /// Subtitles whose texts are used, by libavcodec's name of the codec.
    case texts(String)
    /// Subtitles that are not used, such as pictures.
    case others(String)
    /// SCTE-35.
    case splices
    /// Timed ID3 tags.
    case id3
    /// KLV sets.
    case klv
  }

  package let kind: Kind
  /// The language that the container declares.
  package let language: Language
  /// The PID in a transport stream; nil in other containers.
  package let pid: Int?
  /// Whether libavcodec has the decoder that the track needs.
  package let isDecodable: Bool

  /// A track with these properties.
  package init(
    _ kind: Kind, language: Language = .undetermined, pid: Int? = nil, isDecodable: Bool = true
  ) {
    self.kind = kind
    self.language = language
    self.pid = pid
    self.isDecodable = isDecodable
  }
}

extension InputContext {
  /// The tracks of subtitles and metadata in the program of the video, in the order of the
  /// container; a page of teletext is a track.
  func dataTracks(video: Int32?) -> [DataTrack] {
    unsafe streams.indices.flatMap { index -> [DataTrack] in
      guard isOfProgram(Int32(clamping: index), with: video), let stream = unsafe streams[index],
        let parameters = unsafe stream.pointee.codecpar
      else { return [] }
      let pid = format == "mpegts" ? unsafe Int(stream.pointee.id) : nil
      switch unsafe LibraryMetadata.format(parameters) {
      case .splice: return [DataTrack(.splices, pid: pid)]
      case .id3: return [DataTrack(.id3, pid: pid)]
      case .klv: return [DataTrack(.klv, pid: pid)]
      default: break
      }
      guard unsafe parameters.pointee.codec_type == AVMEDIA_TYPE_SUBTITLE else { return [] }
      let codec = unsafe parameters.pointee.codec_id
      let isDecodable = unsafe avcodec_find_decoder(codec) != nil
      guard unsafe LibraryText.isText(parameters) else {
        let name = unsafe String(cString: avcodec_get_name(codec))
        return [DataTrack(.others(name), language: unsafe language(of: stream), pid: pid)]
      }
      let texts = unsafe LibraryText.Subtitles(stream, parameters)
      if texts.parts.isEmpty { return [DataTrack(.teletext(page: nil), pid: pid)] }
      return texts.parts.map { part in
        DataTrack(
          part.page.map { .teletext(page: $0) } ?? .texts(texts.name), language: part.language,
          pid: pid, isDecodable: isDecodable)
      }
    }
  }
}
