// SPDX-License-Identifier: Apache-2.0

import Media

/// The rules of the MPD schema and of Low-Latency Live for our elements: order of elements,
/// attributes that must be there, attributes that may be, their types.
///
/// - Source: ISO/IEC 23009-1, DASH-MPD.xsd; DASH-IF IOP v5 part 4, Low-Latency Live
enum ManifestRules {
  /// The type of an attribute's value.
  enum Value: Sendable {
    case text, unsigned, duration, dateTime, boolean, decimal, url, token
    case one(of: [String])
    case pattern(@Sendable (String) -> Bool)

    func matches(_ value: String) -> Bool {
      func digits(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
      }
      func number(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return (1...2).contains(parts.count) && parts.allSatisfy { digits($0) }
      }
      switch self {
      case .text: return true
      case .unsigned: return digits(value) && UInt64(value) != nil
      case .duration:
        return value.hasPrefix("PT") && value.hasSuffix("S")
          && number(value.dropFirst(2).dropLast())
      case .dateTime:
        // 1970-01-01T00:00:01.000Z
        let shape = value.map { $0.isNumber ? "0" : $0 }
        let start = Array("0000-00-00T00:00:00.000")
        return shape.starts(with: start) && shape.last == "Z"
          && shape[start.count...].dropLast().allSatisfy { $0 == "0" }
      case .boolean: return ["true", "false"].contains(value)
      case .decimal: return number(value)
      case .url: return value.hasPrefix("http://") || value.hasPrefix("https://")
      case .token: return !value.isEmpty && !value.contains { $0.isWhitespace }
      case .one(let allowed): return allowed.contains(value)
      case .pattern(let isRight): return isRight(value)
      }
    }
  }

  /// One element of the table.
  struct Element: Sendable {
    var required: [String: Value] = [:]
    var optional: [String: Value] = [:]
    /// In the order of the schema.
    var children: [String] = []
    var isFilledWithText = false
  }

  private static let representationBase = [
    "AudioChannelConfiguration", "SupplementalProperty", "InbandEventStream",
    "ProducerReferenceTime", "Resync",
  ]

  private static let ratio = Value.pattern { text in
    let sides = text.split(separator: ":").map { Int($0) ?? 0 }
    return sides.count == 2 && sides.allSatisfy { $0 > 0 }
  }

  private static let frameRate = Value.pattern { FrameRate($0) != nil && !$0.contains(".") }

  static let elements: [String: Element] = [
    "MPD": Element(
      required: [
        "xmlns": .one(of: ["urn:mpeg:dash:schema:mpd:2011"]), "profiles": .text,
        "minBufferTime": .duration, "type": .one(of: ["dynamic", "static"]),
        "availabilityStartTime": .dateTime, "publishTime": .dateTime,
      ],
      optional: [
        "id": .text, "minimumUpdatePeriod": .duration, "timeShiftBufferDepth": .duration,
        "suggestedPresentationDelay": .duration, "maxSegmentDuration": .duration,
        "mediaPresentationDuration": .duration,
      ],
      children: ["BaseURL", "ServiceDescription", "Period", "UTCTiming"]),
    "BaseURL": Element(isFilledWithText: true),
    "ServiceDescription": Element(
      required: ["id": .unsigned], children: ["Latency", "PlaybackRate"]),
    "Latency": Element(
      required: ["target": .unsigned, "min": .unsigned, "max": .unsigned, "referenceId": .unsigned]
    ),
    "PlaybackRate": Element(required: ["min": .decimal, "max": .decimal]),
    "Period": Element(
      required: ["id": .token, "start": .duration], optional: ["duration": .duration],
      children: ["AdaptationSet"]),
    "AdaptationSet": Element(
      required: [
        "id": .unsigned, "contentType": .one(of: ["video"]), "mimeType": .one(of: ["video/mp4"]),
        "containerProfiles": .one(of: ["cmfc"]), "segmentAlignment": .boolean,
        "startWithSAP": .one(of: ["1"]), "maxWidth": .unsigned, "maxHeight": .unsigned,
        "maxFrameRate": frameRate, "par": ratio,
      ],
      children: representationBase + ["Role", "SegmentTemplate", "Representation"]),
    "SupplementalProperty": Element(required: ["schemeIdUri": .text, "value": .text]),
    "InbandEventStream": Element(
      required: [
        "schemeIdUri": .one(of: [
          "urn:mpeg:dash:event:2012", "urn:streamer:event", "urn:scte:scte35:2013:bin",
          "https://aomedia.org/emsg/ID3", "urn:misb:KLV:bin:1910.1",
        ]),
        "value": .one(of: ["0", "1", "KLVx:01FC", "KLVx:01BD"]),
      ]),
    "ProducerReferenceTime": Element(
      required: [
        "id": .unsigned, "type": .one(of: ["captured", "encoder"]), "wallClockTime": .dateTime,
        "presentationTime": .unsigned,
      ],
      optional: ["inband": .boolean], children: ["UTCTiming"]),
    "UTCTiming": Element(
      required: [
        "schemeIdUri": .one(
          of: ["urn:mpeg:dash:utc:http-iso:2014", "urn:mpeg:dash:utc:http-xsdate:2014"]),
        "value": .url,
      ]),
    "Resync": Element(required: ["type": .one(of: ["0", "1", "2", "3"]), "dT": .unsigned]),
    "SegmentTemplate": Element(
      required: [
        "timescale": .unsigned, "startNumber": .unsigned, "presentationTimeOffset": .unsigned,
        "initialization": .token, "media": .token,
      ],
      optional: [
        "duration": .unsigned, "availabilityTimeOffset": .decimal,
        "availabilityTimeComplete": .boolean,
      ],
      children: ["SegmentTimeline"]),
    "SegmentTimeline": Element(required: [:], children: ["S"]),
    "S": Element(required: ["d": .unsigned], optional: ["t": .unsigned]),
    "Representation": Element(
      required: [
        "id": .token, "bandwidth": .unsigned, "codecs": .token, "width": .unsigned,
        "height": .unsigned, "frameRate": frameRate, "sar": ratio,
      ],
      optional: [
        "qualityRanking": .unsigned, "scanType": .one(of: ["interlaced"]),
        "scte214:supplementalCodecs": .token,
        "scte214:supplementalProfiles": .token,
        "xmlns:scte214": .one(of: ["urn:scte:dash:scte214-extensions"]),
      ],
      children: representationBase + ["SegmentTemplate"]),
  ]

  /// The elements of thumbnails, DASH-IF IOP v4.3 §6.2.6.
  private static let images: [String: Element] = [
    "AdaptationSet": Element(
      required: [
        "id": .unsigned, "contentType": .one(of: ["image"]), "mimeType": .one(of: ["image/jpeg"]),
      ],
      children: ["SegmentTemplate", "Representation"]),
    "SegmentTemplate": Element(
      required: [
        "timescale": .unsigned, "startNumber": .unsigned, "presentationTimeOffset": .unsigned,
        "duration": .unsigned, "media": .token,
      ]),
    "Representation": Element(
      required: [
        "id": .token, "bandwidth": .unsigned, "width": .unsigned, "height": .unsigned,
      ],
      children: ["EssentialProperty"]),
    "EssentialProperty": Element(
      required: [
        "schemeIdUri": .one(of: ["http://dashif.org/guidelines/thumbnail_tile"]),
        "value": .pattern { $0.split(separator: "x").compactMap { Int($0) }.count == 2 },
      ]),
  ]

  /// The errors in `element` and its children; empty if there are none.
  static func faults(of element: XMLElement) -> [String] {
    faults(of: element, elements)
  }

  private static func faults(of element: XMLElement, _ elements: [String: Element]) -> [String] {
    let elements = element["contentType"] == "image" ? images : elements
    guard let rule = elements[element.name] else { return ["\(element.name) is not in the table"] }
    var faults: [String] = []
    if element.name == "SegmentTemplate",
      (element["duration"] == nil) == element.all("SegmentTimeline").isEmpty
    {
      faults.append("SegmentTemplate has both of @duration and SegmentTimeline, or neither")
    }
    for name in rule.required.keys.sorted() where element[name] == nil {
      faults.append("\(element.name)@\(name) is missing")
    }
    for (name, value) in element.attributes {
      guard let type = rule.required[name] ?? rule.optional[name] else {
        faults.append("\(element.name)@\(name) is not in the table")
        continue
      }
      if !type.matches(value) { faults.append("\(element.name)@\(name) is \(value)") }
    }
    let places = element.children.map { rule.children.firstIndex(of: $0.name) ?? -1 }
    if places.contains(-1) || places != places.sorted() {
      faults.append("\(element.name) has \(element.children.map(\.name))")
    }
    if rule.isFilledWithText == element.text.isEmpty {
      faults.append("text of \(element.name): \(element.text)")
    }
    return faults + element.children.flatMap { Self.faults(of: $0, elements) }
  }
}
