// SPDX-License-Identifier: Apache-2.0

import CMAF
import Checked
import HTTP
import Media
import Net
import Time
import XML

/// Follows an MPD and the segments of its Representations, in turn.
struct ManifestValidation {
  /// How long after its availability time a segment is requested, in seconds.
  private static let usualMargin = 0.05

  let origin: any ValidatedOrigin
  /// When it ends, in seconds since 1970.
  let end: Double
  private let meter: AgeMeter?
  var findings: Findings
  var times = Measurements()
  /// Whether the newest MPD is static.
  private(set) var hasEnded = false
  private var headers: [String: MovieHeader] = [:]
  /// The address that is requested: the given one, or that of Location.
  private var location = ""
  /// The address of the newest MPD after redirects: the base of its addresses.
  private var base = ""
  /// The most Representations that are followed.
  private let most: Int
  /// The present margin.
  private var margin: Double
  private var turn = 0
  private var hasCheckedOldest: Bool
  private var hasCheckedRange = false
  /// The last segment of each timeline that was requested, by its start.
  private var requested: [String: Int64] = [:]
  /// The refusal of the last segment, and the start of that after availabilityStartTime, in
  /// seconds; nil if it was sent.
  private var refusal: (reply: Reply, start: Double)?

  init(origin: any ValidatedOrigin, end: Double, _ meter: AgeMeter?) {
    (self.origin, self.end, self.meter) = (origin, end, meter)
    findings = meter.map { Findings(onNew: $0.record.take) } ?? Findings()
    // To measure ages only those requests are made that a player makes. Chunks that are made within
    // the margin would be older.
    (most, margin, hasCheckedOldest) = meter == nil ? (8, Self.usualMargin, false) : (1, 0, true)
  }

  /// - Parameters:
  ///   - reply: the first response.
  ///   - url: the address that was given.
  mutating func follow(_ reply: Reply, at url: String) {
    location = url
    guard var manifest = take(reply) else { return }
    checkClock(manifest)
    noteUnread(manifest)
    while origin.now < end, !origin.isCancelled, manifest.isDynamic {
      let period = manifest.tracks.last?.period
      let tracks = manifest.tracks.filter { $0.period == period && $0.template != nil }
        .prefix(most)
      let began = origin.now
      if !tracks.isEmpty {
        // bounded: there is a track
        let track = tracks[turn % tracks.count]
        turn += 1  // bounded: one per segment
        step(track, manifest)
      }
      // An MPD without a segment to wait for.
      origin.wait(until: min(end, began + (tracks.isEmpty ? 1 : 0.1)))
      let again = origin.get(location)
      findings.check(.listedServed, again.isWhole, again.place, seen: again.outcome)
      let next = again.isWhole ? take(again) : nil
      judgeRefusal(next)
      guard let next else {
        origin.wait(until: origin.now + 1)
        continue
      }
      findings.checkUpdate(from: manifest, to: next, again.place)
      manifest = next
    }
    hasEnded = !manifest.isDynamic
  }

  /// Reads an MPD.
  private mutating func take(_ reply: Reply) -> Manifest? {
    do throws(XMLFault) {
      let manifest = try Manifest(
        String(decoding: reply.body, as: UTF8.self), now: reply.end)
      findings.check(.wellFormed, true, reply.place, seen: "")
      base = reply.url
      if let next = manifest.root.first("Location")?.text, !next.isEmpty {
        location = WebAddress.resolve(next, base: base)
      }
      findings.checkManifest(manifest, reply.place)
      let segment = manifest.tracks.compactMap { $0.template?.seconds }.max() ?? 10
      findings.checkManifestResponse(
        reply, period: manifest.isDynamic ? max(segment, manifest.updatePeriod ?? 0) : nil)
      return manifest
    } catch {
      findings.check(.wellFormed, false, reply.place, seen: "\(error)")
      return nil
    }
  }

  /// Notes the Representations whose segments are not followed.
  private mutating func noteUnread(_ manifest: Manifest) {
    for text in manifest.unread { findings.note(text) }
    guard manifest.isDynamic else {
      return findings.note("segments of an MPD that is static from the start")
    }
    let period = manifest.tracks.last?.period
    let tracks = manifest.tracks.filter { $0.period == period }
    if tracks.isEmpty { findings.note("an MPD without Representations in its last Period") }
    let others = tracks.filter { $0.template == nil }.map(\.id)
    if !others.isEmpty {
      findings.note(
        "segments of Representations without SegmentTemplate: \(others.joined(separator: ", "))")
    }
    let further = tracks.count - others.count - most  // bounded: sizes of arrays
    if further > 0 {
      findings.note("segments of \(further) Representations after the first \(most)")
    }
  }

  /// Compares the first UTCTiming over HTTP with the Date field of its response.
  private mutating func checkClock(_ manifest: Manifest) {
    let clock = manifest.root.all("UTCTiming").first {
      let scheme = $0["schemeIdUri"] ?? ""
      return scheme.contains(":http-iso:") || scheme.contains(":http-xsdate:")
    }
    guard let value = clock?["value"]?.split(separator: " ").first else { return }
    let reply = origin.get(WebAddress.resolve(String(value), base: base))
    guard reply.isWhole else {
      return findings.check(.clockTrue, false, reply.place, seen: reply.outcome)
    }
    let text = String(decoding: reply.body.prefix(64), as: UTF8.self).filter { !$0.isWhitespace }
    let time = InstantText.date(text).map { Double($0.milliseconds) / 1000 }
    guard let date = reply.value("date").flatMap({ Self.seconds($0) }) else { return }
    let difference = (time ?? .infinity) - date
    findings.check(
      .clockTrue, difference >= -2 && difference <= 3, reply.place,
      seen: time == nil ? "no date: \(text)" : "\(Findings.rounded(difference)) s from Date")
  }

  /// A date such as `Sun, 06 Nov 1994 08:49:37 GMT`, in seconds since 1970.
  ///
  /// - Source: RFC 9110 §5.6.7
  private static func seconds(_ date: String) -> Double? {
    let words = date.split(separator: " ")
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    guard words.count == 6, let month = months.firstIndex(of: String(words[2])) else { return nil }
    let text = "\(words[3])-\(month < 9 ? "0" : "")\(month + 1)-\(words[1])T\(words[4])Z"
    return InstantText.date(text).map { Double($0.milliseconds) / 1000 }
  }

  // MARK: Segments

  private mutating func step(_ track: Manifest.Track, _ manifest: Manifest) {
    guard let template = track.template, let start = manifest.availabilityStart else { return }
    let header = header(track, template)
    if let meter {
      meter.prepare(
        hasBoxes: template.initialization != nil,
        duration: template.isCompleteAtOnce ? 1.5 * (template.newestSeconds ?? 10) : 0)
      if let pattern = template.initialization {
        let address = initialization(pattern, track, template)
        meter.takeHeader(named: address) { origin.get(address).content }
      }
    }
    if let duration = template.seconds, duration >= 0.01 {
      byNumber(track, template, header, start + track.periodStart, duration)
      if !hasCheckedOldest {
        hasCheckedOldest = true
        checkOldest(track, template, manifest, start + track.periodStart, duration)
      }
    } else if let newest = template.timeline?.last {
      byTimeline(track, template, header, newest)
    }
  }

  /// Requests the segment that becomes available next.
  private mutating func byNumber(
    _ track: Manifest.Track, _ template: Manifest.Template, _ header: MovieHeader?,
    _ origin0: Double, _ duration: Double
  ) {
    let offset = min(duration, max(0, template.availabilityTimeOffset ?? 0))
    // Segment i is available at its end, less the offset.
    // bounded: numbers with a fraction do not trap
    let index = ((origin.now - origin0 + offset) / duration).rounded(.down)
    guard index >= 0, index < 9e15 else { return }
    let available = origin0 + (index + 1.0) * duration - offset
    origin.wait(until: min(end, available + margin))
    guard origin.now >= available else { return }
    // bounded: below 2^53
    let number = template.startNumber.addingReportingOverflow(Int64(index)).partialValue
    let (reply, isRepeated) = whole(track, template, number: number, time: 0)
    guard reply.isWhole else {
      // bounded: numbers with a fraction do not trap
      refusal = (reply, track.periodStart + index * duration)
      // The two clocks may differ.
      margin = Self.usualMargin
      return
    }
    findings.check(.availableInTime, true, reply.place, seen: reply.outcome)
    if !isRepeated, let first = reply.pieces.first { times.add(.firstByte, first - available) }
    let start =
      index * duration + Double(template.presentationTimeOffset)
      / Double(template.timescale)
    checkMedia(
      reply, header, start: start, duration: duration,
      isLowLatency: !template.isCompleteAtOnce && !isRepeated)
  }

  /// Judges the refusal of a segment by the MPD after it: a stream may end before a segment that
  /// it was going to have.
  private mutating func judgeRefusal(_ next: Manifest?) {
    guard let (reply, start) = refusal.take() else { return }
    if let next, !next.isDynamic, let end = next.end, start > end - 0.001 { return }
    findings.check(.availableInTime, false, reply.place, seen: reply.outcome)
  }

  /// Requests the newest segment of a timeline, if it is new.
  private mutating func byTimeline(
    _ track: Manifest.Track, _ template: Manifest.Template, _ header: MovieHeader?,
    _ newest: (start: Int64, duration: Int64)
  ) {
    guard requested[track.id] != newest.start else {
      origin.wait(until: origin.now + 0.2)
      return
    }
    requested[track.id] = newest.start
    let count = Int64(template.timeline?.count ?? 1) - 1
    let number = template.timelineNumber.addingReportingOverflow(count).partialValue
    let (reply, isRepeated) = whole(track, template, number: number, time: newest.start)
    findings.check(.availableInTime, reply.isWhole, reply.place, seen: reply.outcome)
    guard reply.isWhole else { return }
    let scale = Double(template.timescale)
    checkMedia(
      reply, header, start: Double(newest.start) / scale,
      duration: Double(newest.duration) / scale,
      isLowLatency: !template.isCompleteAtOnce && !isRepeated)
  }

  private mutating func checkMedia(
    _ reply: Reply, _ header: MovieHeader?, start: Double, duration: Double, isLowLatency: Bool
  ) {
    findings.checkMediaResponse(reply, isFragmented: header != nil)
    guard let header, let found = findings.checkFragments(reply.body, header, reply.place) else {
      return
    }
    findings.checkSegment(
      reply, found, start: start, duration: duration, timescale: header.timescale,
      isLowLatency: isLowLatency)
    guard isLowLatency else { return }
    findings.checkReferenceTime(found, reply.end, reply.place)
    if let time = found.referenceTime { times.add(.age, reply.end - time) }
  }

  /// Requests the oldest segment of the time shift buffer, and a range of it.
  private mutating func checkOldest(
    _ track: Manifest.Track, _ template: Manifest.Template, _ manifest: Manifest,
    _ origin0: Double, _ duration: Double
  ) {
    guard let depth = manifest.timeShiftDepth else { return }
    // bounded: numbers with a fraction do not trap
    let index = max(0, ((origin.now - depth - origin0) / duration).rounded(.up) + 1)
    guard (index + 1.0) * duration + origin0 < origin.now, index < 9e15 else { return }
    // bounded: below 2^53
    let number = template.startNumber.addingReportingOverflow(Int64(index)).partialValue
    let reply = get(track, template, number: number, time: 0)
    findings.check(.availableStill, reply.isWhole, reply.place, seen: reply.outcome)
    guard reply.isWhole, reply.body.count > 100, !hasCheckedRange else { return }
    hasCheckedRange = true
    let part = origin.get(reply.url, [HeaderField("Range", "bytes=0-99")])
    findings.checkRange(part, whole: reply.body)
  }

  /// Requests a segment, and once again if the response is cut, as by the restart of a server.
  ///
  /// - Returns: the response, and whether it is the second one, which is not sent while made.
  /// - Source: RFC 9110 §9.2.2
  private mutating func whole(
    _ track: Manifest.Track, _ template: Manifest.Template, number: Int64, time: Int64
  ) -> (Reply, isRepeated: Bool) {
    let reply = get(track, template, number: number, time: time)
    findings.check(.sentWhole, !reply.isCut, reply.place, seen: reply.outcome)
    if reply.isWhole { meter?.end(date: nil) }
    guard reply.isCut else { return (reply, false) }
    return (get(track, template, number: number, time: time), true)
  }

  private func get(
    _ track: Manifest.Track, _ template: Manifest.Template, number: Int64, time: Int64
  ) -> Reply {
    origin.get(
      address(
        template.uri(
          template.media ?? "", id: track.id, bandwidth: track.bandwidth, number: number,
          time: time), track), [], meter)
  }

  private func address(_ uri: String, _ track: Manifest.Track) -> String {
    var base = self.base
    for reference in track.base.split(separator: "\n") {
      base = WebAddress.resolve(String(reference), base: base)
    }
    return WebAddress.resolve(uri, base: base)
  }

  /// The address of the header of a track.
  private func initialization(
    _ pattern: String, _ track: Manifest.Track, _ template: Manifest.Template
  ) -> String {
    address(
      template.uri(pattern, id: track.id, bandwidth: track.bandwidth, number: 0, time: 0), track)
  }

  /// The header of a track, which is requested once.
  private mutating func header(
    _ track: Manifest.Track, _ template: Manifest.Template
  ) -> MovieHeader? {
    guard let pattern = template.initialization else { return nil }
    let address = initialization(pattern, track, template)
    if let known = headers[address] { return known }
    let reply = origin.get(address)
    findings.check(.headerThere, reply.isWhole, reply.place, seen: reply.outcome)
    guard reply.isWhole else { return nil }
    let header = findings.checkHeader(reply.body, reply.place)
    headers[address] = header
    return header
  }
}
