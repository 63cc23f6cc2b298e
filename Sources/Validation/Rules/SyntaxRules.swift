// SPDX-License-Identifier: Apache-2.0

extension Rule {
  static let firstLine = Rule(
    "playlist-first-line", .must, draft + "§4.4.1.1", "A playlist begins with the line #EXTM3U.")
  static let encoding = Rule(
    "playlist-encoding", .must, draft + "§4",
    "A playlist is UTF-8 without a byte order mark and without control characters.")
  static let attributeForm = Rule(
    "attribute-form", .must, draft + "§4.2",
    "Attributes are NAME=VALUE, separated by commas, without white space.")
  static let attributeOnce = Rule(
    "attribute-once", .must, draft + "§4.2", "An attribute occurs once in a tag.")
  static let tagOnce = Rule(
    "tag-once", .must, draft + "§4.4", "A tag that applies to the playlist occurs once.")
  static let tagsUnmixed = Rule(
    "tags-unmixed", .must, draft + "§4.1",
    "A playlist has tags of Media Playlists or of Multivariant Playlists, not of both.")
  static let durationForm = Rule(
    "extinf-form", .must, draft + "§4.4.4.1",
    "EXTINF is a decimal number of seconds with a comma after it.")
  static let versionSuffices = Rule(
    "version-suffices", .must, draft + "§8",
    "EXT-X-VERSION is at least the version that the tags need.")
  static let variablesDefined = Rule(
    "variables-defined", .must, draft + "§4.4.2.3",
    "EXT-X-DEFINE gives a value, once, to each variable before a line that refers to it.")

  static let syntaxRules = [
    firstLine, encoding, attributeForm, attributeOnce, tagOnce, tagsUnmixed, durationForm,
    versionSuffices, variablesDefined,
  ]
}

extension Findings {
  /// Checks the text of a playlist.
  ///
  /// - Source: draft-pantos-hls-rfc8216bis-22 §4
  mutating func checkSyntax(_ text: PlaylistText, _ place: Place) {
    check(
      .firstLine, text.first == "#EXTM3U", place, seen: "\"\(text.first.prefix(40))\"",
      expected: "#EXTM3U")
    let control = text.bytes.first { $0 < 0x20 && $0 != 0x0A && $0 != 0x0D || $0 == 0x7F }
    let hasMark = text.bytes.starts(with: [0xEF, 0xBB, 0xBF])
    let isText = String(validating: text.bytes, as: UTF8.self) != nil
    check(
      .encoding, control == nil && !hasMark && isText, place,
      seen: hasMark
        ? "a byte order mark" : isText ? "the byte \(control ?? 0)" : "bytes that are not UTF-8")
    checkAttributes(text, place)
    let names = text.lines.compactMap(\.tag)
    var counts: [String: Int] = [:]
    for name in names { counts[name, default: 0] += 1 }  // bounded: by the number of lines
    let twice = PlaylistText.singleTags.filter { counts[$0, default: 0] > 1 }.sorted()
    check(.tagOnce, twice.isEmpty, place, seen: twice.joined(separator: ", ") + " several times")
    let media = names.first { PlaylistText.mediaTags.contains($0) }
    let multivariant = names.first { PlaylistText.multivariantTags.contains($0) }
    check(
      .tagsUnmixed, media == nil || multivariant == nil, place,
      seen: "\(media ?? "") beside \(multivariant ?? "")")
    for line in text.tags("#EXTINF") {
      let hasComma = line.value.utf8.contains(UInt8(ascii: ","))
      check(
        .durationForm, hasComma && MediaPlaylist.duration(line.value) != nil, place,
        seen: "#EXTINF:\(line.value.prefix(40))")
    }
    let faults = text.variables.faults
    check(.variablesDefined, faults.isEmpty, place, seen: faults.first ?? "")
    checkVersion(text, counts, place)
  }

  private mutating func checkAttributes(_ text: PlaylistText, _ place: Place) {
    for line in text.lines {
      guard let tag = line.tag, let attributes = line.attributes else { continue }
      check(
        .attributeForm, attributes.malformed == nil, place,
        seen: "\(tag): \(attributes.malformed ?? "")")
      check(
        .attributeOnce, attributes.repeated.isEmpty, place,
        seen: "\(tag): \(attributes.repeated.joined(separator: ", ")) twice")
    }
  }

  private mutating func checkVersion(
    _ text: PlaylistText, _ counts: [String: Int], _ place: Place
  ) {
    guard !text.isMultivariant else { return }
    let version = text.tags("#EXT-X-VERSION").first.flatMap { Int($0.value) } ?? 1
    var needed = 1
    var reason = ""
    func need(_ least: Int, _ tag: String, _ isThere: Bool) {
      if isThere, least > needed { (needed, reason) = (least, tag) }
    }
    let isIFramesOnly = counts["#EXT-X-I-FRAMES-ONLY"] != nil
    let hasFraction = text.tags("#EXTINF").contains { $0.value.utf8.contains(UInt8(ascii: ".")) }
    need(3, "EXTINF with a fraction", hasFraction)
    need(4, "EXT-X-BYTERANGE", counts["#EXT-X-BYTERANGE"] != nil)
    need(4, "EXT-X-I-FRAMES-ONLY", isIFramesOnly)
    need(isIFramesOnly ? 5 : 6, "EXT-X-MAP", counts["#EXT-X-MAP"] != nil)
    need(8, "EXT-X-DEFINE", counts["#EXT-X-DEFINE"] != nil)
    need(9, "EXT-X-SKIP", counts["#EXT-X-SKIP"] != nil)
    let hasParameter = text.tags("#EXT-X-DEFINE").contains {
      $0.attributes?.has("QUERYPARAM") == true
    }
    need(11, "QUERYPARAM", hasParameter)
    check(
      .versionSuffices, version >= needed, place, seen: "EXT-X-VERSION \(version) with \(reason)",
      expected: "at least \(needed)")
  }
}
