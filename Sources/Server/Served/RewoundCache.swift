// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Media
import Net
import Packaging
import Sharing
import Time

/// A rendition's playlists that begin in the past and continue to the live edge.
///
/// Each has one text of its past segments, to which segments are appended; the rest is rendered
/// once per version. Shared by all loops.
final class RewoundCache: Sendable {
  /// The differences between responses of one version.
  struct Key: Hashable {
    /// The number of the first segment.
    let first: Int64
    let form: MediaPlaylist.Form
    let isCompressed: Bool
    let caching: ResponseFields.Caching
  }

  /// A request for a playlist that is being read.
  private typealias Waiting = (key: Key, answer: @Sendable (PreparedResponse) -> Void)

  private struct State {
    /// The revision of the archive that the lists have.
    var revision: Int64 = 0
    /// The lists by their keys.
    var lists: [Int64: RewoundList] = [:]
    /// The keys of lists of earlier revisions: their followers ask for them again.
    var forgotten: Set<Int64> = []
    /// The number of the first segment of the window at the last look for lists before it.
    var windowStart = Int64.min
    /// The requests that wait for a list to be read, by the number of its first segment.
    var waiting: [Int64: [Waiting]] = [:]

    /// Whether all lists are of an earlier revision of the archive than this one.
    mutating func isOutdated(by revision: Int64) -> Bool {
      defer { self.revision = revision }
      return revision != self.revision
    }

    /// The list that was requested least recently, if there are too many of them.
    func surplus(beside key: Int64) -> Int64? {
      guard lists.count > RewoundCache.maximumLists else { return nil }
      return lists.filter { $0.key != key }.min { $0.value.lastUse < $1.value.lastUse }?.key
    }
  }

  /// The most playlists of a rendition: a start in each minute of a day.
  private static let maximumLists = 1440

  private let names: MediaNames
  private let window: LiveWindow
  private let control: ServerControl
  private let others: [PlaylistCache.Other]
  private let archiveRevision: @Sendable () -> Int64
  private let budget: RewoundBudget
  private let state = Locked(State())

  /// The prefix of the names of media in a playlist.
  static let base = "../../"

  /// An empty cache.
  ///
  /// - Parameters:
  ///   - names: the names of media.
  ///   - window: of the rendition.
  ///   - control: of the stream.
  ///   - others: the other renditions with playlists of the past.
  ///   - budget: the bytes of playlists, shared with other caches.
  ///   - archiveRevision: changes when past segments are removed or added.
  init(
    names: MediaNames, window: LiveWindow, control: ServerControl, others: [PlaylistCache.Other],
    budget: RewoundBudget = .process, archiveRevision: @escaping @Sendable () -> Int64
  ) {
    self.budget = budget
    self.archiveRevision = archiveRevision
    self.names = names
    self.window = window
    self.control = control
    self.others = others
  }

  deinit { budget.removeAll(of: ObjectIdentifier(self)) }

  /// The number of playlists whose past segments are known.
  var count: Int { state.withLock { $0.lists.count } }

  /// Whether the playlist from segment `first` on was begun: its followers keep it.
  func has(_ first: Int64) -> Bool {
    state.withLock { $0.lists[first] != nil || $0.forgotten.contains(first) }
  }

  /// Notes a request for a playlist that is not known.
  ///
  /// - Returns: whether the caller reads the playlist, and then calls ``finish(_:_:)``; if not,
  ///   another request does.
  func begin(_ key: Key, _ answer: @escaping @Sendable (PreparedResponse) -> Void) -> Bool {
    state.withLock { state in
      state.waiting[key.first, default: []].append((key, answer))
      return state.waiting[key.first]?.count == 1
    }
  }

  /// Answers the requests for a playlist that was read, or could not be read.
  func finish(_ first: Int64, _ response: (Key) -> PreparedResponse) {
    let waiting = state.withLock { $0.waiting.removeValue(forKey: first) } ?? []
    for (key, answer) in waiting { answer(response(key)) }
  }

  /// The revision of the archive.
  var revision: Int64 { archiveRevision() }

  /// Adds a playlist with these lines, which end where the list of the window begins, or before.
  ///
  /// - Parameters:
  ///   - lines: the lines.
  ///   - key: the number with which the list began; the lines may begin later.
  ///   - revision: that of the archive before they were read; they are dropped if it has changed.
  ///   - now: the time of the request.
  func add(_ lines: PastLines, for key: Int64, revision: Int64, now: MonotonicTime) {
    var lines = lines
    let text = lines.takeText()
    let snapshot = window.listing.endingWithPart
    let sequence = max(0, snapshot.discontinuitySequence - lines.discontinuities)
    let present = archiveRevision()
    let victims = state.withLock { state -> [RewoundBudget.Victim] in
      compare(present, &state)
      guard revision == present, state.lists[key] == nil else { return [] }
      state.forgotten.remove(key)
      return keep(
        RewoundList(
          key: key, lines: lines, text: text.isEmpty ? [] : [SharedBytes(text)],
          discontinuitySequence: sequence, lastUse: now), &state)
    }
    for victim in victims { victim.cache.forget(victim.first) }
  }

  /// Forgets the lists that the window has left behind, as it is now: no segment continues them.
  ///
  /// Their followers ask for them again, and they are read from the archive.
  func windowMoved(to snapshot: WindowSnapshot) {
    guard let start = snapshot.segments.first?.number else { return }
    state.withLock { state in
      guard start > state.windowStart else { return }
      state.windowStart = start
      for (first, list) in state.lists where list.lines.next < start { remember(first, &state) }
    }
  }

  /// Forgets all lists if the archive has another revision.
  private func compare(_ revision: Int64, _ state: inout State) {
    guard state.isOutdated(by: revision) else { return }
    for first in state.lists.keys { remember(first, &state) }
  }

  /// Forgets a list whose followers ask for it again.
  private func remember(_ first: Int64, _ state: inout State) {
    if state.forgotten.count > Self.maximumLists { state.forgotten = [] }
    state.forgotten.insert(first)
    leave(first, &state)
  }

  private func leave(_ first: Int64, _ state: inout State) {
    var left = state.lists.removeValue(forKey: first)
    left?.leave()
    budget.remove(ObjectIdentifier(self), first)
  }

  /// Keeps a list.
  ///
  /// - Returns: lists of all caches that are forgotten outside of the lock.
  private func keep(_ list: RewoundList, _ state: inout State) -> [RewoundBudget.Victim] {
    state.lists[list.key] = list
    if let surplus = state.surplus(beside: list.key) { leave(surplus, &state) }
    return budget.note(self, list.key, size: list.size, now: list.lastUse)
  }

  private func forget(_ first: Int64) { state.withLock { leave(first, &$0) } }

  /// The response for `key` from the newest snapshot; nil if the past segments are not known.
  func response(_ key: Key, now: MonotonicTime) -> PreparedResponse? {
    let snapshot = window.listing
    let present = archiveRevision()
    let (response, victims) = state.withLock {
      state -> (PreparedResponse?, [RewoundBudget.Victim]) in
      compare(present, &state)
      guard var list = state.lists.removeValue(forKey: key.first) else { return (nil, []) }
      // A list without requests may have been left behind by the window.
      guard let response = self.response(key, snapshot, &list) else {
        list.leave()
        budget.remove(ObjectIdentifier(self), key.first)
        return (nil, [])
      }
      list.lastUse = now
      return (response, keep(list, &state))
    }
    for victim in victims { victim.cache.forget(victim.first) }
    return response
  }

  private func response(
    _ key: Key, _ snapshot: WindowSnapshot, _ list: inout RewoundList
  ) -> PreparedResponse? {
    let hasEnded = snapshot.state == .ended
    if snapshot.version > list.version || hasEnded != list.hasEnded {
      guard let end = snapshot.endingWithPart.listed.first(where: { $0.number >= key.first }) else {
        return nil
      }
      list.advance(to: end.number, snapshot)
      list.version = snapshot.version
      list.hasEnded = hasEnded
    }
    if let response = list.responses[key] { return response }
    let playlist = MediaPlaylist(
      snapshot, control: control, names: names, base: Self.base,
      reports: others.map { report($0, from: key.first) },
      past: MediaPlaylist.Past(list.lines, discontinuitySequence: list.discontinuitySequence))
    guard let playlist else { return nil }
    let sections = playlist.sections(hasEnded ? .full : key.form)
    var body = [SharedBytes(sections.head)]
    if !sections.skipsPast { body += list.text }
    body.append(SharedBytes(sections.segments))
    // A whole playlist is long, and each version differs: its compression would cost a loop 5 ms.
    var isCompressed = false
    if key.isCompressed, sections.skipsPast,
      let compressed = Gzip.compress(SharedBytes(sections.head + sections.segments))
    {
      body = [compressed]
      isCompressed = true
    }
    let response = PreparedResponse(
      status: 200, fields: fields(key, list.version, hasEnded, isCompressed), body: body)
    list.responses[key] = response
    return response
  }

  private func report(_ other: PlaylistCache.Other, from first: Int64) -> RenditionReport {
    let report = other.report
    return RenditionReport(
      uri: "../../../\(other.name)/from/\(names.printed(first))/playlist.m3u8", last: report.last)
  }

  private func fields(
    _ key: Key, _ version: Int64, _ hasEnded: Bool, _ isCompressed: Bool
  ) -> [HeaderField] {
    let form =
      switch key.form {
      case .full: "m"
      case .delta: "d"
      case .deltaWithDateRanges: "r"
      }
    var fields = ResponseFields.fields(
      "application/vnd.apple.mpegurl", key.caching, priority: .playlist)
    fields.append(HeaderField("Vary", "Accept-Encoding"))
    fields.append(HeaderField("X-Playlist-Version", "\(version)"))
    if isCompressed { fields.append(HeaderField("Content-Encoding", "gzip")) }
    fields.append(
      RestartETag.of(
        "\(version)\(form)f\(key.first)\(isCompressed ? "z" : "")\(hasEnded ? "e" : "")"))
    return fields
  }
}
