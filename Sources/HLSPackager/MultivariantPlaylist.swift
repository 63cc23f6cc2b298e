// SPDX-License-Identifier: Apache-2.0

import Media
package import Packaging

/// A Multivariant Playlist as text; constant while the CMAF headers of the renditions are, but for
/// captions that are seen later.
///
/// - Source: RFC 8216bis §4.4.6
package struct MultivariantPlaylist: Sendable {
  private let variants: [TrackDescription]
  private let audios: [TrackDescription]
  private let base: String
  private let file: String
  private let variantFile: String
  private let iFrameFile: String?
  private let captions: [CaptionTrack]
  private let closedCaptions: [ClosedCaptionTrack]

  /// The playlist of these renditions: each video rendition is a Variant Stream with all audio.
  ///
  /// - Parameters:
  ///   - tracks: the renditions; video with the top rendition first.
  ///   - base: the prefix of each rendition's folder: empty, or a relative path that ends in a
  ///     slash.
  ///   - file: the name of each rendition's playlist, such as `playlist.m3u8`.
  ///   - variantFile: the name of the playlist of a Variant Stream; nil for `file`.
  ///   - iFrameFile: the name of the playlist of I-frames of each video rendition; nil if they have
  ///     none.
  ///   - captions: the text renditions of all variants.
  ///   - closedCaptions: the closed captions of all variants.
  package init(
    _ tracks: [TrackDescription], base: String, file: String, variantFile: String? = nil,
    iFrameFile: String? = nil, captions: [CaptionTrack] = [],
    closedCaptions: [ClosedCaptionTrack] = []
  ) {
    self.captions = captions
    self.closedCaptions = closedCaptions
    variants = tracks.filter { $0.size != nil }
    audios = tracks.filter { $0.size == nil }
    self.base = base
    self.file = file
    self.variantFile = variantFile ?? file
    self.iFrameFile = iFrameFile
  }

  /// The text of the playlist.
  package var text: String {
    var out = PlaylistText()
    out.line("#EXTM3U")
    // The tag also covers the Media Playlists (§4.4.1.2), which need 6 for EXT-X-MAP; SERVICE needs
    // 7 (§8).
    let hasServices = closedCaptions.contains { $0.service > .service(0) }
    out.line("#EXT-X-VERSION:\(hasServices ? 7 : 6)")
    for group in groups {
      for audio in group.tracks { write(audio, of: group, to: &out) }
    }
    for track in captions {
      let language = track.language
      out.line(
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"captions\",NAME=\"\(language.name)\","
          + "LANGUAGE=\"\(language.text)\",DEFAULT=\(track.isDefault ? "YES" : "NO"),"
          + "AUTOSELECT=YES,FORCED=NO,URI=\"\(base)\(track.rendition)/\(file)\"")
    }
    for track in closedCaptions { write(track, to: &out) }
    for variant in variants {
      if groups.isEmpty { write(variant, with: nil, to: &out) }
      for group in groups { write(variant, with: group, to: &out) }
    }
    if let iFrameFile {
      for variant in variants { write(iFramesOf: variant, iFrameFile, to: &out) }
    }
    return out.text
  }

  /// The audio renditions of one codec: a player plays those of one group.
  private struct AudioGroup {
    let id: String
    let tracks: [TrackDescription]

    /// Whether players play a rendition unless their viewer chooses another one.
    ///
    /// A group of another codec than AAC without a default rendition has the first one.
    func isDefault(_ audio: TrackDescription) -> Bool {
      if tracks.contains(where: \.isDefault) { return audio.isDefault }
      return id != "audio" && tracks.first?.rendition == audio.rendition
    }

    /// Whether players may choose a rendition by the language of their system.
    ///
    /// Of renditions with the same LANGUAGE and CHARACTERISTICS only one: the default rendition, or
    /// the first one. Audio without speech has no language, so viewers choose it themselves.
    /// - Source: RFC 8216bis §4.4.6.1.1
    func isAutomatic(_ audio: TrackDescription) -> Bool {
      let equal = tracks.filter { other in
        other.language == audio.language
          && other.purpose.characteristic == audio.purpose.characteristic
          && (other.purpose != .cleanEffects || isDefault(other))
      }
      return (equal.first(where: isDefault) ?? equal.first)?.rendition == audio.rendition
    }
  }

  /// AAC, and other codecs after it: the variants name the codecs of their group (§4.4.6.2).
  private var groups: [AudioGroup] {
    let (main, others) = (
      audios.filter { $0.codecs.hasPrefix("mp4a") }, audios.filter { !$0.codecs.hasPrefix("mp4a") }
    )
    var groups = main.isEmpty ? [] : [AudioGroup(id: "audio", tracks: main)]
    var codecs: [String] = []
    for track in others where !codecs.contains(track.codecs) { codecs.append(track.codecs) }
    groups += codecs.map { codec in
      AudioGroup(id: "audio-\(codec)", tracks: others.filter { $0.codecs == codec })
    }
    return groups
  }

  private func write(_ audio: TrackDescription, of group: AudioGroup, to out: inout PlaylistText) {
    let isDefault = group.isDefault(audio)
    let isAutomatic = group.isAutomatic(audio)
    // An unknown language is und (§4.4.6.1, RFC 5646 §4.1).
    out.line(
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"\(group.id)\",NAME=\"\(audio.label ?? audio.rendition)\","
        + "LANGUAGE=\"\(audio.language.tag)\",DEFAULT=\(isDefault ? "YES" : "NO"),"
        + "AUTOSELECT=\(isAutomatic ? "YES" : "NO"),"
        + "CHANNELS=\"\(audio.channels ?? 2)\"," + Self.characteristics(audio.purpose)
        + "URI=\"\(base)\(audio.rendition)/\(file)\"")
  }

  /// The audience of a track, as a media characteristic (§4.4.6.1).
  private static func characteristics(_ purpose: AudioPurpose) -> String {
    purpose.characteristic.map { "CHARACTERISTICS=\"\($0)\"," } ?? ""
  }

  private func write(_ track: ClosedCaptionTrack, to out: inout PlaylistText) {
    out.line(
      "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"closed-captions\",NAME=\"\(track.name)\","
        + (track.language.map { "LANGUAGE=\"\($0.text)\"," } ?? "")
        + "DEFAULT=\(track.isDefault ? "YES" : "NO"),AUTOSELECT=YES,"
        + "INSTREAM-ID=\"\(track.service.name)\"")
  }

  /// "...the largest sum of peak Segment Bit Rates produced by any playable combination of
  /// Renditions" (§4.4.6.2).
  private func write(
    _ variant: TrackDescription, with group: AudioGroup?, to out: inout PlaylistText
  ) {
    let audios = group?.tracks ?? []
    let bandwidth = variant.bandwidth + (audios.map(\.bandwidth).max() ?? 0)
    let average = variant.averageBandwidth + (audios.map(\.averageBandwidth).max() ?? 0)
    var codecs = [variant.codecs]
    for audio in audios where !codecs.contains(audio.codecs) { codecs.append(audio.codecs) }
    let size = variant.size.map { "RESOLUTION=\($0)," } ?? ""
    out.line(
      "#EXT-X-STREAM-INF:BANDWIDTH=\(bandwidth),AVERAGE-BANDWIDTH=\(average),"
        + "CODECS=\"\(codecs.joined(separator: ","))\",\(Self.supplement(variant))\(size)"
        + "FRAME-RATE=\(variant.segmentation.video.grid.rate.decimal)"
        + (variant.range == .sdr ? "" : ",VIDEO-RANGE=\(variant.range.rawValue)")
        + (group.map { ",AUDIO=\"\($0.id)\"" } ?? "")
        + (captions.isEmpty ? "" : ",SUBTITLES=\"captions\"")
        + (closedCaptions.isEmpty ? "" : ",CLOSED-CAPTIONS=\"closed-captions\""))
    out.line("\(base)\(variant.rendition)/\(variantFile)")
  }

  /// The format of samples whose base layer is in CODECS, and its brand (§4.4.6.2).
  private static func supplement(_ variant: TrackDescription) -> String {
    variant.supplement.map { "SUPPLEMENTAL-CODECS=\"\($0.codecs)/\($0.brand)\"," } ?? ""
  }

  /// A key frame has at most the bytes of its segment, and the same duration: BANDWIDTH of the
  /// rendition is an upper bound (§4.4.6.3).
  private func write(
    iFramesOf variant: TrackDescription, _ file: String, to out: inout PlaylistText
  ) {
    let size = variant.size.map { "RESOLUTION=\($0)," } ?? ""
    out.line(
      "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=\(variant.bandwidth),CODECS=\"\(variant.codecs)\","
        + Self.supplement(variant) + size
        + (variant.range == .sdr ? "" : "VIDEO-RANGE=\(variant.range.rawValue),")
        + "URI=\"\(base)\(variant.rendition)/\(file)\"")
  }
}
