// SPDX-License-Identifier: Apache-2.0

import CMAF
import HTTP
import Net

/// The media of one Media Playlist: checks headers, parts and segments against their entries and
/// against each other.
///
/// Confined to one thread.
final class FollowedMedia {
  /// The most segments of which parts are kept.
  private static let maximumSegments = 4
  /// The most times that are kept.
  private static let maximumTimes = 10_000

  /// The absolute address of the playlist, after redirects.
  var base: String
  private let origin: any ValidatedOrigin
  /// The absolute address by which the Multivariant Playlist names it.
  private let address: String
  /// The EXT-X-STREAM-INF of its variant; nil for audio, and without a Multivariant Playlist.
  private var variant: AttributeList?
  /// The address of the Multivariant Playlist; nil without one.
  private let multivariant: String?
  private let meter: AgeMeter?
  private var headers: [String: MovieHeader] = [:]
  /// The media of the parts that were received, by segment and index.
  private var parts: [Int64: [Int: [UInt8]]] = [:]
  /// The segment that was received last, and its end in ticks.
  private var last: (number: Int64, end: Int64)?
  private var hasCheckedRange = false
  /// The `prft` of each part less its date, in seconds.
  private(set) var dateDifferences: [Double] = []

  /// Media of which nothing was received.
  init(
    of url: String, variant: AttributeList?, in multivariant: String?,
    _ origin: any ValidatedOrigin, _ meter: AgeMeter?
  ) {
    (base, address, self.origin, self.meter) = (url, url, origin, meter)
    (self.variant, self.multivariant) = (variant, multivariant)
  }

  /// Prepares the meter for the next response with media.
  ///
  /// - Parameters:
  ///   - map: of the media.
  ///   - isEncrypted: whether all their bytes are.
  ///   - duration: of the media, in seconds.
  func prepareMeter(_ map: MediaPlaylist.Map?, isEncrypted: Bool, duration: Double) {
    guard let meter else { return }
    meter.prepare(hasBoxes: map != nil && !isEncrypted, duration: duration)
    guard let map else { return }
    let address = WebAddress.resolve(map.uri, base: base)
    meter.takeHeader(named: address) { origin.get(address, map.range).content }
  }

  /// Checks the response to a hinted part, if it became a part.
  ///
  /// - Parameters:
  ///   - reply: the response.
  ///   - hint: the hint of the part.
  ///   - new: the playlist after the one with the hint.
  ///   - findings: notes broken rules.
  ///   - times: notes ages.
  func takePart(
    _ reply: Reply, _ hint: MediaPlaylist.Hint, _ new: MediaPlaylist, _ findings: inout Findings,
    _ times: inout Measurements
  ) {
    guard let (segment, index) = new.place(ofPart: hint) else { return }
    // bounded: the place of a part
    let part = segment.parts[index]
    guard !part.isGap else { return }
    let before = segment.parts.prefix(index).reduce(0) { $0 + $1.duration }
    let date = new.date(of: segment).map { $0 + before }
    if reply.isWhole { meter?.end(date: date) }
    findings.check(
      .hintServed, reply.isWhole && !reply.body.isEmpty, reply.place,
      seen: reply.isWhole ? "an empty body" : reply.outcome)
    guard reply.isWhole, let map = segment.map else { return }
    var reply = reply
    if let range = part.range, reply.status != 206 || Int64(reply.body.count) != range.length {
      // The response to a hint without a length may have later parts too.
      let whole = ByteRange(
        start: range.start - (hint.range?.start ?? 0), length: range.length)
      guard let bytes = whole.bytes(of: reply.body) else {
        return findings.check(
          .listedRanges, false, reply.place, seen: "\(reply.body.count) bytes",
          expected: "at least \(range.length ?? 0)")
      }
      reply.body = bytes
    }
    let header = header(map, &findings)
    guard isReadable(segment, &findings) else { return }
    guard let found = findings.checkFragments(reply.body, header, reply.place) else { return }
    parts[segment.number, default: [:]][index] = found.media
    while parts.count > Self.maximumSegments, let oldest = parts.keys.min() {
      parts[oldest] = nil
    }
    if let timescale = header?.timescale {
      findings.checkDuration(found, timescale, listed: part.duration, reply.place)
    }
    if part.isIndependent {
      findings.check(
        .independentPart, found.hasKeyFrame, reply.place, seen: "INDEPENDENT=YES without key frame")
    }
    findings.checkReferenceTime(found, reply.end, reply.place)
    if let time = found.referenceTime, let date, dateDifferences.count < Self.maximumTimes {
      dateDifferences.append(time - date)
    }
    if let time = found.referenceTime { times.add(.age, reply.end - time) }
  }

  /// Checks the response to a complete segment.
  ///
  /// - Parameters:
  ///   - segment: its entry in the playlist.
  ///   - reply: the response.
  ///   - isIndependent: whether each segment begins with a key frame.
  ///   - findings: notes broken rules.
  func take(
    _ segment: MediaPlaylist.Segment, _ reply: Reply, isIndependent: Bool,
    _ findings: inout Findings
  ) {
    findings.check(.listedServed, reply.isWhole, reply.place, seen: reply.outcome)
    guard reply.isWhole else { return }
    findings.checkMediaResponse(reply, isFragmented: segment.map != nil)
    if segment.range == nil, !hasCheckedRange, reply.body.count > 100 {
      hasCheckedRange = true
      let part = origin.get(reply.url, [HeaderField("Range", "bytes=0-99")])
      findings.checkRange(part, whole: reply.body)
    }
    if let limit = variant?["BANDWIDTH"].flatMap({ Double($0) }), segment.duration >= 0.5 {
      let rate = Double(reply.body.count) * 8.0 / segment.duration
      findings.check(
        .peakBandwidth, rate <= 1.1 * limit, reply.place,
        seen: "\(Int64(clamping: Int128(rate))) bit/s", expected: "at most \(1.1 * limit)")
    }
    guard let map = segment.map else {
      return findings.note("the content of media without EXT-X-MAP, such as MPEG-TS")
    }
    let header = header(map, &findings)
    guard isReadable(segment, &findings) else { return }
    checkBytes(segment, reply, header, isIndependent, &findings)
  }

  /// Whether the boxes of a segment can be read; notes it if not.
  private func isReadable(
    _ segment: MediaPlaylist.Segment, _ findings: inout Findings
  ) -> Bool {
    guard segment.isEncrypted else { return true }
    findings.note(
      "boxes of media with EXT-X-KEY:METHOD=\(segment.keyMethod ?? ""), not decrypted")
    return false
  }

  private func checkBytes(
    _ segment: MediaPlaylist.Segment, _ reply: Reply, _ header: MovieHeader?,
    _ isIndependent: Bool, _ findings: inout Findings
  ) {
    guard let found = findings.checkFragments(reply.body, header, reply.place) else { return }
    defer { last = found.end.map { (segment.number, $0) } }
    if let header {
      findings.checkDuration(found, header.timescale, listed: segment.duration, reply.place)
    }
    if isIndependent {
      findings.check(
        .keyFrameFirst, found.beginsWithKeyFrame, reply.place,
        seen: "a first sample that is no key frame")
    }
    if let last, let start = found.start, !segment.isDiscontinuity,
      segment.number == last.number.addingReportingOverflow(1).partialValue
    {
      // A rounded time may differ by a tick.
      let step = start.subtractingReportingOverflow(last.end).partialValue
      findings.check(
        .decodeTimeContinuous, step.magnitude <= 1, reply.place,
        seen: "segment \(segment.number) begins at \(start)", expected: "\(last.end)")
    }
    guard let received = parts.removeValue(forKey: segment.number),
      received.count == segment.parts.count, !segment.parts.isEmpty
    else { return }
    let media = segment.parts.indices.flatMap { received[$0] ?? [] }
    findings.check(
      .partsAreSegment, media == found.media, reply.place,
      seen: "\(found.media.count) bytes of media", expected: "\(media.count), those of its parts")
  }

  /// The header of a track, which is requested once.
  private func header(_ map: MediaPlaylist.Map, _ findings: inout Findings) -> MovieHeader? {
    let address = WebAddress.resolve(map.uri, base: base)
    let key = "\(address)\n\(map.range?.field.value ?? "")"
    if let known = headers[key] { return known }
    let reply = origin.get(address, map.range)
    findings.check(.listedServed, reply.isWhole, reply.place, seen: reply.outcome)
    if reply.isWhole, let range = map.range, !findings.checkRange(reply, range) { return nil }
    guard !map.isEncrypted else { return nil }
    guard reply.isWhole, let header = findings.checkHeader(reply.body, reply.place) else {
      return nil
    }
    headers[key] = header
    if let codecs = try? header.entry.codecs(), !states(codecs) {
      // A later publisher of the stream has other media than when the playlist was read.
      renewVariant()
      findings.check(
        .codecsTrue, states(codecs), reply.place,
        seen: "CODECS=\"\(variant?["CODECS"] ?? "")\"", expected: "with \(codecs)")
    }
    return header
  }

  /// Whether the variant names the format, or no formats at all.
  private func states(_ codecs: String) -> Bool {
    guard let stated = variant?["CODECS"] else { return true }
    return stated.lowercased().split(separator: ",").contains {
      $0.filter { !$0.isWhitespace } == codecs.lowercased()
    }
  }

  /// Reads the Multivariant Playlist again.
  private func renewVariant() {
    guard let multivariant else { return }
    let reply = origin.get(multivariant)
    let playlist = MultivariantPlaylist(PlaylistText(reply.body))
    let found = playlist.variants.first {
      WebAddress.resolve($0.uri, base: reply.url) == address
    }
    if reply.isWhole, let found { variant = found.attributes }
  }
}

extension MediaPlaylist {
  /// The segment of a hinted part, and the index of the part; nil if it is not listed.
  func place(ofPart hint: Hint) -> (segment: Segment, index: Int)? {
    for segment in listed.reversed() {
      if let index = segment.parts.firstIndex(where: { $0.isHinted(by: hint) }) {
        return (segment, index)
      }
    }
    return nil
  }
}

extension MediaPlaylist {
  /// The date of the start of a listed segment: its own, or that of an earlier one of the same
  /// discontinuity period plus the durations between them; nil if one of these cannot be read.
  func date(of segment: Segment) -> Double? {
    var (current, distance, isTimed) = (segment, 0.0, segment.isTimed)
    for earlier in segments.reversed() where earlier.number < segment.number {
      if current.date != nil || current.isDiscontinuity { break }
      (current, distance) = (earlier, distance + earlier.duration)
      isTimed = isTimed && earlier.isTimed
    }
    return isTimed ? current.date.map { $0 + distance } : nil
  }
}

extension MediaPlaylist.Part {
  /// Whether it is the part of a hint.
  func isHinted(by hint: MediaPlaylist.Hint) -> Bool {
    uri == hint.uri && (range?.start ?? 0) == (hint.range?.start ?? 0)
  }
}
