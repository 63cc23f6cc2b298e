// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Time

extension EdgeTrial {
  /// Sends the requests of a table below a stream.
  ///
  /// A random name gets a suffix per case, so that no cache has its addresses. A live stream has
  /// new names of media instead, and plain addresses are used again after their lifetime.
  mutating func tryCases(_ cases: [EdgeCase], _ stream: Stream) throws(Stop) {
    let cases = cases.filter(\.isTried)
    untried = cases.count
    viewer.prefix = try prefix(of: stream)
    var plain = viewer
    plain.stream = stream.name
    guard let path = plain.path(.playlist) else { return }
    try readStream(EdgeRequest(viewer: plain, path), stream)
    if live != nil, cases.contains(where: { $0.resource == .past }) {
      readExtent(try send(EdgeRequest(viewer: plain, plain.extentPath)))
    }
    try readControls(cases, stream)
    for (index, one) in cases.enumerated() {
      try tryCase(one, stream, index)
      // bounded: at most the number of cases
      untried -= 1
    }
  }

  /// The path before the name of a stream at this edge.
  ///
  /// - Throws: if it is unknown, so that no address of another site is tried, and if the stream is
  ///   that of the address.
  private func prefix(of stream: Stream) throws(Stop) -> String {
    guard let viewed else {
      throw .failure(
        "the address has no media below /S/RENDITION/ (expected a playlist or an MPD of a stream)")
    }
    guard viewed.stream != stream.name else {
      throw .failure(
        "the stream \(stream.name) is that of the address (expected a stream without viewers)")
    }
    return viewed.prefix
  }

  /// Takes the start of the oldest media from `dvr.json`.
  private mutating func readExtent(_ reply: Reply) {
    struct Extent: Decodable {
      let archive: Bool?
      let from: Double?
    }
    guard reply.isWhole,
      let extent = try? JSONDecoder().decode(Extent.self, from: Data(reply.body)),
      extent.archive == true, let from = extent.from
    else { return }
    oldest = Int64(exactly: from.rounded(.down))
  }

  /// Whether the stream is live, or does not exist.
  ///
  /// - Throws: for any other answer, so that no address with viewers is tried.
  private mutating func readStream(_ request: EdgeRequest, _ stream: Stream) throws(Stop) {
    let reply = try send(request)
    let playlist = MediaPlaylist(PlaylistText(reply.body))
    if reply.isWhole, !stream.isRandom, playlist.isLowLatency, !playlist.hasEnded {
      var names = EdgeLiveNames()
      names.take(playlist, now: now)
      live = names
      lifetime = max(lifetime, min(reply.lifetime ?? 1, 10))
      return
    }
    guard reply.status == 404 else {
      let expected =
        stream.isRandom ? "404" : "404, or the playlist of a live stream of Low-Latency HLS"
      throw .failure("\(reply.url): \(reply.outcome) (expected \(expected))")
    }
    lifetime = max(lifetime, min(reply.lifetime ?? 1, 10))
    findings.note(
      "the content of answers, and directives: the stream \(stream.name) does not exist, and all "
        + "viewers get 404")
  }

  private mutating func readControls(_ cases: [EdgeCase], _ stream: Stream) throws(Stop) {
    for one in cases {
      for query in one.victimQueries {
        // The key has no names of media.
        guard let key = EdgeVictim(one, query, viewer)?.key, controls[key] == nil,
          let names = try self.names(stream, suffix: nil, one),
          let victim = EdgeVictim(one, query, names)
        else { continue }
        let reply = try send(victim.request)
        learn(reply)
        guard reply.failure == nil else {
          throw .failure("\(reply.url): \(reply.outcome) (expected an answer)")
        }
        let expected = expectedStatus(one.resource)
        if one.resource == .past, live != nil, reply.status != expected {
          // Viewers may not go back as far as the archive.
          oldest = nil
          continue
        }
        guard reply.status == expected else {
          throw .failure("\(reply.url): \(reply.outcome) (expected \(expected))")
        }
        controls[key] = EdgeControl(reply)
      }
    }
  }

  /// The status of the answer to a viewer.
  private func expectedStatus(_ resource: EdgeCase.Resource) -> Int {
    if live == nil || resource == .missing { return 404 }
    // A time before the oldest media leads to their start.
    return resource == .past ? 307 : 200
  }

  private mutating func tryCase(_ one: EdgeCase, _ stream: Stream, _ index: Int) throws(Stop) {
    if [.root, .extent].contains(one.resource) {
      return findings.note("“\(one.name)”: its address is above the stream, and has viewers")
    }
    if one.resource == .past, live != nil, oldest == nil {
      return findings.note("“\(one.name)”: the stream has no past")
    }
    guard let names = try self.names(stream, suffix: index, one), let plan = EdgePlan(one, names)
    else {
      return findings.note("“\(one.name)”: each part of the stream was named by other requests")
    }
    waitUntilForgotten(plan.victims.map(\.request.target))
    let reply = try send(plan.attack)
    findings.checkRefusal(one, reply, plan.victims.first.flatMap { controls[$0.key] })
    for victim in plan.victims {
      let answer = try send(victim.request)
      guard let control = controls[victim.key] else { continue }
      findings.checkVictim(one, victim, answer, control)
      learn(answer)
    }
  }

  // MARK: Names

  /// Takes names of media from a playlist.
  private mutating func learn(_ reply: Reply) {
    guard live != nil, reply.isWhole, reply.mediaType.hasSuffix("mpegurl") else { return }
    let time = now
    live?.take(MediaPlaylist(PlaylistText(reply.body)), now: time)
  }

  /// The names for one case.
  ///
  /// - Parameters:
  ///   - stream: the stream of the trial.
  ///   - suffix: the number of the case; nil for a control request.
  ///   - one: the case.
  /// - Returns: nil if a live stream has no names left.
  /// - Throws: if the playlist cannot be requested.
  private mutating func names(
    _ stream: Stream, suffix: Int?, _ one: EdgeCase
  ) throws(Stop) -> EdgeNames? {
    var names = viewer
    names.stream = stream.name
    guard live != nil else {
      if let suffix, stream.isRandom { names.stream += "-\(suffix)" }
      let number = Int64(suffix ?? EdgePace.most)
      (names.segment, names.part) = (1000 + number, number % 8)
      names.next = 2000 + number
      names.past = 1_000_000_000 + number
      return names
    }
    if one.resource == .past {
      guard let oldest else { return nil }
      // bounded: the number of cases; the time is one of a clock
      names.past = oldest.subtractingSaturated(Int64(10 + (suffix ?? EdgePace.most)))
    }
    let texts = one.victimQueries + [one.query ?? ""]
    if [.part, .segment].contains(one.resource) || texts.contains(where: { $0.contains("{msn}") }) {
      var name = live?.part()
      if name == nil {
        try learnAgain(names)
        name = live?.part()
      }
      guard let name else { return nil }
      (names.segment, names.part) = (name.segment, name.part)
    }
    guard texts.contains(where: { $0.contains("{next}") }) else { return names }
    for _ in 0..<4 {
      let time = now
      if let next = live?.next(now: time) {
        names.next = next
        return names
      }
      wait(until: time + (live?.duration ?? 1))
    }
    return nil
  }

  /// Reads the playlist for names of media that no case has used.
  private mutating func learnAgain(_ names: EdgeNames) throws(Stop) {
    guard let path = names.path(.playlist) else { return }
    wait(until: now + (live?.duration ?? 1))
    waitUntilForgotten([path])
    learn(try send(EdgeRequest(viewer: names, path)))
  }
}
