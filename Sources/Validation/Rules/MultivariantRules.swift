// SPDX-License-Identifier: Apache-2.0

extension Rule {
  static let variantHasURI = Rule(
    "variant-has-uri", .must, draft + "§4.4.6.2", "Each EXT-X-STREAM-INF has one URI after it.")
  static let bandwidth = Rule(
    "bandwidth", .must, draft + "§4.4.6.2", "Each variant has BANDWIDTH above 0.")
  static let averageBandwidth = Rule(
    "average-bandwidth", .should, "Apple HLS Authoring 9.14",
    "Each variant has AVERAGE-BANDWIDTH.")
  static let codecs = Rule(
    "codecs", .must, "Apple HLS Authoring 9.1", "Each variant has CODECS.")
  static let supplementalCodecs = Rule(
    "supplemental-codecs", .must, draft + "§4.4.6.2",
    "SUPPLEMENTAL-CODECS lists formats, each with its brands of four characters.")
  static let resolution = Rule(
    "resolution", .must, "Apple HLS Authoring 9.2", "Each variant with video has RESOLUTION.")
  static let frameRate = Rule(
    "frame-rate", .must, "Apple HLS Authoring 9.15", "Each variant with video has FRAME-RATE.")
  static let groupDefined = Rule(
    "group-defined", .must, draft + "§4.4.6.2",
    "A group that a variant names has an EXT-X-MEDIA of its type.")
  static let mediaAttributes = Rule(
    "media-attributes", .must, draft + "§4.4.6.1",
    "EXT-X-MEDIA has TYPE, GROUP-ID and NAME.")
  static let mediaNameUnique = Rule(
    "media-name-unique", .must, draft + "§4.4.6.1", "A NAME occurs once in its group.")
  static let oneDefault = Rule(
    "one-default", .must, draft + "§4.4.6.1", "At most one member of a group has DEFAULT=YES.")
  static let independentSegments = Rule(
    "independent-segments", .should, "Apple HLS Authoring 7.5",
    "A Media Playlist, or its Multivariant Playlist, states EXT-X-INDEPENDENT-SEGMENTS.")
  static let sameTargets = Rule(
    "same-target-duration", .must, draft + "§6.2.4",
    "All Media Playlists of a stream have the same EXT-X-TARGETDURATION.")
  static let sameDiscontinuities = Rule(
    "same-discontinuities", .must, draft + "§6.2.4",
    "Segments of one time have the same Discontinuity Sequence Number in all playlists.")
  static let peakBandwidth = Rule(
    "bandwidth-true", .should, "Apple HLS Authoring 9.13",
    "The peak segment bit rate of a variant is at most 110 % of BANDWIDTH.")
  static let codecsTrue = Rule(
    "codecs-true", .must, draft + "§4.4.6.2", "CODECS names the format of the header.")

  static let multivariantRules = [
    variantHasURI, bandwidth, averageBandwidth, codecs, supplementalCodecs, resolution, frameRate,
    groupDefined, mediaAttributes, mediaNameUnique, oneDefault, independentSegments, sameTargets,
    sameDiscontinuities, peakBandwidth, codecsTrue,
  ]
}

extension Findings {
  /// Checks a Multivariant Playlist.
  ///
  /// - Source: draft-pantos-hls-rfc8216bis-22 §4.4.6
  mutating func checkMultivariant(_ playlist: MultivariantPlaylist, _ place: Place) {
    check(
      .variantHasURI, playlist.strays.isEmpty, place, seen: playlist.strays.joined(separator: ", "))
    for variant in playlist.variants {
      let attributes = variant.attributes
      check(
        .bandwidth, attributes["BANDWIDTH"].flatMap { Int64($0) }.map { $0 > 0 } ?? false, place,
        seen: "BANDWIDTH=\(attributes["BANDWIDTH"] ?? "none") of \(variant.uri)")
      check(
        .averageBandwidth, attributes["AVERAGE-BANDWIDTH"] != nil, place,
        seen: "no AVERAGE-BANDWIDTH of \(variant.uri)")
      check(.codecs, attributes["CODECS"] != nil, place, seen: "no CODECS of \(variant.uri)")
      if let supplement = attributes["SUPPLEMENTAL-CODECS"] {
        check(
          .supplementalCodecs, Self.areFormatsWithBrands(supplement), place,
          seen: "SUPPLEMENTAL-CODECS=\"\(supplement)\" of \(variant.uri)")
      }
      if variant.hasVideo {
        check(
          .resolution, attributes["RESOLUTION"] != nil, place,
          seen: "no RESOLUTION of \(variant.uri)")
        check(
          .frameRate, attributes["FRAME-RATE"] != nil, place,
          seen: "no FRAME-RATE of \(variant.uri)")
      }
      for type in ["AUDIO", "VIDEO", "SUBTITLES"] {
        guard let group = attributes[type] else { continue }
        let isThere = playlist.renditions.contains {
          $0["TYPE"] == type && $0["GROUP-ID"] == group
        }
        check(
          .groupDefined, isThere, place, seen: "\(type)=\"\(group)\" without an EXT-X-MEDIA")
      }
    }
    checkGroups(playlist, place)
  }

  /// Whether a list has formats, each with brands after slashes.
  private static func areFormatsWithBrands(_ list: String) -> Bool {
    list.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { element in
      let fields = element.split(separator: "/", omittingEmptySubsequences: false)
        .map { $0.filter { !$0.isWhitespace } }
      return fields.first?.isEmpty == false
        && fields.dropFirst().allSatisfy { $0.utf8.count == 4 }
    }
  }

  private mutating func checkGroups(_ playlist: MultivariantPlaylist, _ place: Place) {
    var names: Set<[String]> = []
    var defaults: Set<[String]> = []
    for attributes in playlist.renditions {
      let (type, group, name) = (attributes["TYPE"], attributes["GROUP-ID"], attributes["NAME"])
      check(
        .mediaAttributes, type != nil && group != nil && name != nil, place,
        seen: "EXT-X-MEDIA of \(attributes["URI"] ?? "no URI")")
      let key = [type ?? "", group ?? ""]
      check(
        .mediaNameUnique, names.insert(key + [name ?? ""]).inserted, place,
        seen: "NAME=\"\(name ?? "")\" twice in \(group ?? "")")
      guard attributes.isYes("DEFAULT") else { continue }
      check(
        .oneDefault, defaults.insert(key).inserted, place,
        seen: "several members of \(group ?? "") with DEFAULT=YES")
    }
  }

  /// Checks the Media Playlists of a stream against each other.
  ///
  /// - Parameters:
  ///   - playlists: by their addresses.
  ///   - place: where they were seen.
  mutating func checkTogether(_ playlists: [String: MediaPlaylist], _ place: Place) {
    guard playlists.count > 1 else { return }
    let targets = Set(playlists.values.compactMap(\.targetDuration)).sorted()
    check(
      .sameTargets, targets.count <= 1, place,
      seen: targets.map { "\($0)" }.joined(separator: " and "))
    guard let first = playlists.min(by: { $0.key < $1.key }) else { return }
    for (url, other) in playlists where url != first.key {
      let wrong = first.value.discontinuity(besides: other)
      check(
        .sameDiscontinuities, wrong == nil, place,
        seen: "segment \(wrong ?? 0) of \(url) has another number than that of \(first.key)")
    }
  }
}

extension MediaPlaylist {
  /// The number of the first segment whose time a segment of `other` has with another Discontinuity
  /// Sequence Number.
  fileprivate func discontinuity(besides other: MediaPlaylist) -> Int64? {
    func sequences(_ playlist: MediaPlaylist) -> [(time: Double, number: Int64, count: Int64)] {
      var count = playlist.discontinuitySequence
      return playlist.segments.compactMap { segment in
        if segment.isDiscontinuity { count = count.addingReportingOverflow(1).partialValue }
        return segment.date.map { ($0, segment.number, count) }
      }
    }
    let mine = sequences(self)
    for other in sequences(other) {
      guard let same = mine.first(where: { abs($0.time - other.time) < 0.05 }) else { continue }
      if same.count != other.count { return other.number }
    }
    return nil
  }
}
