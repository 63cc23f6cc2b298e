// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net

/// Follows one Media Playlist, step by step, requests its media, and notes broken rules.
///
/// Confined to one thread.
final class PlaylistTrack {
  /// The address that is requested.
  let url: String
  /// The address of the newest playlist, which redirects may have changed: the base of its URIs.
  private var base: String
  private let origin: any ValidatedOrigin
  private let media: FollowedMedia
  /// Measures ages; without it everything is checked.
  private let meter: AgeMeter?
  /// The variables of the Multivariant Playlist.
  private let variables: PlaylistVariables?
  /// Whether each segment begins with a key frame, as the newest playlist says.
  private var isIndependent: Bool
  /// The newest full playlist; nil before the first one, and if it could not be read.
  private(set) var playlist: MediaPlaylist?
  private var newSegmentTime: Double?
  private var nextReload = 0.0
  private var reloads = 0
  private var hasCheckedRemoval = false
  private var hasCheckedHintedRange = false
  private var partTimes = PartTimes()
  /// When the first playlist arrived, and its first media sequence number.
  private var began = 0.0
  private var firstNumber: Int64 = 0

  /// - Parameters:
  ///   - url: the absolute address of the playlist.
  ///   - variant: the attributes of the variant with it.
  ///   - multivariant: the address of its Multivariant Playlist; nil without one.
  ///   - isIndependent: whether its Multivariant Playlist states EXT-X-INDEPENDENT-SEGMENTS.
  ///   - variables: those of its Multivariant Playlist.
  ///   - origin: the server.
  ///   - meter: measures ages, and only those requests are made that a player makes.
  init(
    _ url: String, variant: AttributeList?, in multivariant: String?, isIndependent: Bool,
    _ variables: PlaylistVariables?, _ origin: any ValidatedOrigin, _ meter: AgeMeter?
  ) {
    (self.url, base, self.origin, self.variables, self.meter) = (url, url, origin, variables, meter)
    media = FollowedMedia(of: url, variant: variant, in: multivariant, origin, meter)
    self.isIndependent = isIndependent
  }

  /// Whether the stream has ended, so that the origin may leave.
  var mayLeave = false
  private var hasLeft = false

  /// Whether there is nothing more to follow.
  var hasEnded: Bool { hasLeft || playlist?.hasEnded ?? true }

  /// Whether the origin has left, as it may after the end of the stream; with a meter also after
  /// each failure, since a restarted origin may have other numbers.
  private func isGone(_ reply: Reply) -> Bool {
    let mayEnd = meter != nil || mayLeave || playlist?.hasEnded == true
    guard mayEnd, !reply.isWhole, meter != nil || reply.status == 0 else { return false }
    hasLeft = true
    return true
  }

  /// Requests the first playlist.
  func begin(_ findings: inout Findings, _ times: inout Measurements) {
    let reply = origin.get(url)
    findings.check(.listedServed, reply.isWhole, reply.place, seen: reply.outcome)
    guard reply.isWhole else { return }
    began = reply.end
    take(reply, isHeld: false, nil, &findings, &times)
    newSegmentTime = reply.end
    guard let playlist, !playlist.hasEnded else { return }
    firstNumber = playlist.mediaSequence
    if let target = playlist.targetDuration { nextReload = reply.end + target / 2.0 }
    if meter == nil { checkRequests(playlist, &findings) }
  }

  /// Requests new media: the hinted part and the playlist that lists it, or the playlist after
  /// half a Target Duration.
  func step(_ findings: inout Findings, _ times: inout Measurements) {
    guard let playlist, !playlist.hasEnded else { return }
    if playlist.control?.canBlockReload == true {
      reload(playlist, &findings, &times)
    } else {
      origin.wait(until: nextReload)
      let reply = origin.get(url)
      guard !isGone(reply) else { return }
      findings.check(.listedServed, reply.isWhole, reply.place, seen: reply.outcome)
      nextReload = origin.now + max(0.5, (playlist.targetDuration ?? 2) / 2.0)
      if reply.isWhole { take(reply, isHeld: false, nil, &findings, &times) }
    }
  }

  /// Checks the rules of playlists that were followed for some time.
  func finish(_ findings: inout Findings) {
    guard let playlist, let target = playlist.targetDuration else { return }
    let place = Place(url: url, time: origin.now)
    if let part = playlist.partTarget {
      partTimes.check(&findings, partTarget: part, place)
      findings.checkReferenceTimes(media.dateDifferences, partTarget: part, place)
    }
    if playlist.hasEnded {
      origin.wait(until: origin.now + target)
      let again = origin.get(url)
      let hasEnded = MediaPlaylist(text(of: again)).hasEnded
      findings.check(
        .endStays, !again.isWhole || hasEnded, again.place, seen: "no EXT-X-ENDLIST any more")
    } else if origin.now - began >= 4.0 * target {
      findings.checkLength(playlist, hasRemoved: playlist.mediaSequence > firstNumber, place)
    }
  }

  /// The absolute address of an URI in the playlist.
  ///
  /// - Source: RFC 3986 §5.1.3
  func resolve(_ uri: String) -> String { WebAddress.resolve(uri, base: base) }

  /// Whether the playlist has this address, before or after redirects.
  func isAt(_ address: String) -> Bool {
    let path = address.prefix { $0 != "?" }
    return [url, base].contains { $0.prefix { $0 != "?" } == path }
  }

  // MARK: Requests

  /// The requests that are checked once.
  private func checkRequests(_ playlist: MediaPlaylist, _ findings: inout Findings) {
    // Not the first request, which opens a connection.
    let packed = origin.get(url, [HeaderField("Accept-Encoding", "gzip")])
    findings.check(
      .gzip, packed.value("content-encoding") == "gzip", packed.place,
      seen: "Content-Encoding: \(packed.value("content-encoding") ?? "none")")
    partTimes.take(packed)
    guard playlist.control?.canBlockReload == true else { return }
    let part = origin.get(address("_HLS_part=0"))
    findings.check(
      .partNeedsSegment, part.status == 400, part.place, seen: part.outcome, expected: "status 400")
    let far = origin.get(
      address("_HLS_msn=\(playlist.nextNumber.addingReportingOverflow(1000).partialValue)"))
    findings.check(
      .farAhead, far.status == 400, far.place, seen: far.outcome, expected: "status 400")
  }

  private func address(_ query: String) -> String { url + (url.contains("?") ? "&" : "?") + query }

  /// Requests the hinted part.
  ///
  /// The response to a hint without a length may go on to the end of the segment: it is requested
  /// once, and later parts when their lengths are listed.
  ///
  /// Each second one is requested before the playlist that lists it: a playlist that is not held
  /// would list the part after that. To measure ages all are, as by players.
  private func hintedPart(
    _ playlist: MediaPlaylist, _ findings: inout Findings, _ times: inout Measurements
  ) -> Reply? {
    guard let hint = playlist.hintedPart, playlist.hints.count(where: { $0.type == "PART" }) == 1
    else { return nil }
    media.prepareMeter(
      playlist.map, isEncrypted: playlist.listed.last?.isEncrypted == true,
      duration: playlist.partTarget ?? 1)
    if let range = hint.range, range.length == nil {
      guard !hasCheckedHintedRange else { return nil }
      hasCheckedHintedRange = true
      let reply = origin.get(resolve(hint.uri), range, meter)
      if reply.isWhole { _ = findings.checkRange(reply, range) }
      return reply
    }
    let reply = origin.get(resolve(hint.uri), hint.range, meter)
    if reply.isWhole, let range = hint.range { _ = findings.checkRange(reply, range) }
    if reply.isWhole, let target = playlist.partTarget {
      partTimes.takeHint(reply, partTarget: target)
    }
    if reply.isWhole { times.add(.hintedPart, reply.end - reply.sent) }
    return reply
  }

  /// Requests the playlist that lists the next part.
  private func reload(
    _ old: MediaPlaylist, _ findings: inout Findings, _ times: inout Measurements
  ) {
    let (number, index) = old.nextPart
    reloads += 1  // bounded: one per request
    let isEarly = meter != nil || reloads % 2 == 0
    var hinted = isEarly ? hintedPart(old, &findings, &times) : nil
    let asksForDelta = meter == nil && old.control?.canSkipUntil != nil && reloads % 3 == 0
    let part = old.isLowLatency ? "&_HLS_part=\(index)" : ""
    let reply = origin.get(
      address("_HLS_msn=\(number)\(part)\(asksForDelta ? "&_HLS_skip=YES" : "")"))
    guard !isGone(reply) else { return }
    let elapsed = reply.end - reply.sent
    let limit = 3.0 * (old.targetDuration ?? 10)
    findings.check(
      .reloadHeld, reply.isWhole && elapsed <= limit + 0.5, reply.place,
      seen: "\(reply.outcome) after \(Findings.rounded(elapsed)) s")
    guard reply.isWhole else {
      if let newSegmentTime {
        findings.checkPace(old, reply.sent - newSegmentTime, reply.place)
      }
      origin.wait(until: origin.now + 1)
      return
    }
    times.add(.reload, elapsed)
    if !isEarly { hinted = hintedPart(old, &findings, &times) }
    take(reply, isHeld: true, isDelta: asksForDelta, hinted, &findings, &times)
    guard let new = playlist else { return }
    if let target = new.partTarget, new.isNewer(than: old) {
      partTimes.takeReload(reply, partTarget: target)
    }
    findings.check(
      .reloadLists, new.hasEnded || new.isNewer(than: old), reply.place,
      seen: "up to part \(new.nextPart.part) of segment \(new.nextPart.segment)",
      expected: "beyond part \(index) of segment \(number)")
    // Else the same part would be requested again without a pause.
    if !new.isNewer(than: old) { origin.wait(until: origin.now + 0.5) }
  }

  // MARK: Responses

  private func text(of reply: Reply) -> PlaylistText {
    PlaylistText(reply.body, PlaylistVariables(url: reply.url, importing: variables))
  }

  /// Takes a playlist, full or delta.
  ///
  /// - Parameters:
  ///   - reply: the response.
  ///   - isHeld: whether it is that of a blocking reload.
  ///   - isDelta: whether a Playlist Delta Update was requested.
  ///   - hinted: the part that the playlist before had hinted; nil if it was not requested.
  ///   - findings: notes broken rules.
  ///   - times: notes ages.
  private func take(
    _ reply: Reply, isHeld: Bool, isDelta: Bool = false, _ hinted: Reply?,
    _ findings: inout Findings, _ times: inout Measurements
  ) {
    let text = text(of: reply)
    let place = reply.place
    findings.checkSyntax(text, place)
    guard text.isPlaylist, !text.isMultivariant else { return }
    base = reply.url
    media.base = base
    let given = MediaPlaylist(text)
    findings.checkPlaylistResponse(reply, target: isHeld ? nil : given.targetDuration)
    findings.checkMediaPlaylist(given, text, place)
    findings.checkParts(given, text, place)
    if !text.tags("#EXT-X-INDEPENDENT-SEGMENTS").isEmpty { isIndependent = true }
    findings.check(
      .independentSegments, isIndependent, place, seen: "no EXT-X-INDEPENDENT-SEGMENTS")
    var full = given
    if let old = playlist, isDelta {
      let again = origin.get(url)
      let later = MediaPlaylist(self.text(of: again))
      if again.isWhole { findings.checkDelta(given, after: old, before: later, place) }
      guard let merged = given.merged(onto: old) else {
        playlist = again.isWhole ? later : nil
        return
      }
      full = merged
    }
    let old = playlist
    playlist = full
    if let old { findings.checkUpdate(from: old, to: full, place) }
    if let hint = old?.hintedPart, let hinted = hinted ?? listedPart(hint, full, &findings) {
      media.takePart(hinted, hint, full, &findings, &times)
    }
    takeSegments(old, full, reply, &findings)
  }

  /// Requests a part whose hint had no length, with the listed range.
  private func listedPart(
    _ hint: MediaPlaylist.Hint, _ playlist: MediaPlaylist, _ findings: inout Findings
  ) -> Reply? {
    guard let range = hint.range, range.length == nil,
      let (segment, index) = playlist.place(ofPart: hint), segment.parts.indices.contains(index),
      !segment.parts[index].isGap, let listed = segment.parts[index].range
    else { return nil }
    let reply = origin.get(resolve(hint.uri), listed, meter)
    guard !reply.isWhole || findings.checkRange(reply, listed) else { return nil }
    return reply
  }

  /// Requests the segments that are complete since the last playlist.
  private func takeSegments(
    _ old: MediaPlaylist?, _ new: MediaPlaylist, _ reply: Reply, _ findings: inout Findings
  ) {
    // Of the first playlist the newest segment is enough.
    let fresh =
      old.map { old in new.segments.filter { $0.number >= old.nextNumber } }
      ?? Array(new.segments.suffix(1))
    if old != nil, !fresh.isEmpty {
      newSegmentTime = reply.end
    } else if let newSegmentTime, !new.hasEnded {
      // A response that lists no new segment; later requests may be late by this client.
      findings.checkPace(new, reply.sent - newSegmentTime, reply.place)
    }
    // To measure ages segments are requested only if there are no parts, from the next one on.
    guard meter == nil || (old != nil && !new.isLowLatency) else { return }
    for segment in fresh.suffix(3) where !segment.isGap {
      guard let uri = segment.uri else { continue }
      media.prepareMeter(
        segment.map, isEncrypted: segment.isEncrypted, duration: 1.5 * (new.targetDuration ?? 10))
      let reply = origin.get(resolve(uri), segment.range, meter)
      guard !isGone(reply) else { continue }
      if reply.isWhole { meter?.end(date: new.date(of: segment)) }
      if reply.isWhole, let range = segment.range, !findings.checkRange(reply, range) { continue }
      media.take(segment, reply, isIndependent: isIndependent, &findings)
    }
    if let old, meter == nil, !hasCheckedRemoval,
      let removed = old.segments.last(where: { $0.number < new.mediaSequence && !$0.isGap }),
      let uri = removed.uri
    {
      hasCheckedRemoval = true
      let again = origin.get(resolve(uri), removed.range)
      guard !isGone(again) else { return }
      findings.check(.removedServed, again.isWhole, again.place, seen: again.outcome)
    }
  }
}
