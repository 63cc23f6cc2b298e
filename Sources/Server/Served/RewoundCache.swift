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
    var lists: [Int64: List] = [:]
    /// The keys of lists of earlier revisions: their followers ask for them again.
    var forgotten: Set<Int64> = []
    /// The bytes of the texts of all lists.
    var size = 0
    /// The requests that wait for a list to be read, by the number of its first segment.
    var waiting: [Int64: [Waiting]] = [:]

    /// Forgets all lists if the archive has another revision.
    mutating func compare(_ revision: Int64) {
      guard revision != self.revision else { return }
      self.revision = revision
      if forgotten.count > RewoundCache.maximumLists { forgotten = [] }
      for first in lists.keys {
        forgotten.insert(first)
        var left = take(first)
        left?.leave()
      }
    }

    /// Takes a list out.
    mutating func take(_ first: Int64) -> List? {
      guard let list = lists.removeValue(forKey: first) else { return nil }
      size -= list.size
      return list
    }

    /// Keeps a list; the least recently requested ones are forgotten if there are too many bytes.
    mutating func keep(_ list: List) {
      lists[list.key] = list
      size += list.size
      while size > RewoundCache.maximumSize || lists.count > RewoundCache.maximumLists,
        lists.count > 1,
        let oldest = lists.filter({ $0.key != list.key })
          .min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        var left = take(oldest.key)
        left?.leave()
      }
    }
  }

  private struct List {
    /// The number with which the list began; retention may have taken its first segments.
    let key: Int64
    var lines: PastLines
    /// The text of the lines.
    var text: [SharedBytes]
    let discontinuitySequence: Int64
    var lastUse = MonotonicTime.origin
    /// The responses of one version.
    var version = Int64.min
    var hasEnded = false
    var responses: [Key: PreparedResponse] = [:]

    /// The bytes of the text.
    var size: Int { text.reduce(0) { $0 + $1.count } }

    /// Appends the segments before `end` that the window has, and forgets the responses.
    mutating func advance(to end: Int64, _ snapshot: WindowSnapshot) {
      let before = text
      if end > lines.next {
        for segment in snapshot.pastSegments(lines.next..<end) { lines.append(segment) }
        let added = lines.takeText()
        if !added.isEmpty { text.append(SharedBytes(added)) }
        if text.count > RewoundCache.maximumPieces { merge() }
      }
      forget(before)
    }

    /// The list is forgotten.
    mutating func leave() {
      let before = text
      text = []
      forget(before)
    }

    /// Forgets the responses; their texts and those of `before` are past media, unless the list
    /// still has them.
    private mutating func forget(_ before: [SharedBytes]) {
      var texts: [SharedBytes] = []
      for piece in responses.values.flatMap(\.body).map(\.bytes) + before
      where !text.contains(where: { $0 === piece }) && !texts.contains(where: { $0 === piece }) {
        texts.append(piece)
      }
      responses = [:]
      if !texts.isEmpty { PastMedia.add(texts: texts, at: SystemClock.monotonicTime) }
    }

    /// Joins the pieces that were appended; the first one is the long one.
    private mutating func merge() {
      let size = text.dropFirst().reduce(0) { $0 + $1.count }
      let isLong = size > text[0].count / 4
      let joined = text.dropFirst(isLong ? 0 : 1)
      text = text.dropLast(joined.count) + [SharedBytes(joined.flatMap { $0.prefix($0.count) })]
    }
  }

  /// The most pieces of a text.
  private static let maximumPieces = 64
  /// The most bytes of the playlists of a rendition: 16 lists of a day of segments of a second.
  ///
  /// The least recently requested list is forgotten, and read from the archive again on request.
  private static let maximumSize = 64 << 20
  /// The most playlists of a rendition: a start in each minute of a day.
  private static let maximumLists = 1440

  private let names: MediaNames
  private let window: LiveWindow
  private let control: ServerControl
  private let others: [PlaylistCache.Other]
  private let archiveRevision: @Sendable () -> Int64
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
  ///   - archiveRevision: changes when past segments are removed or added.
  init(
    names: MediaNames, window: LiveWindow, control: ServerControl, others: [PlaylistCache.Other],
    archiveRevision: @escaping @Sendable () -> Int64
  ) {
    self.archiveRevision = archiveRevision
    self.names = names
    self.window = window
    self.control = control
    self.others = others
  }

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
    state.withLock { state in
      state.compare(present)
      guard revision == present, state.lists[key] == nil else { return }
      state.forgotten.remove(key)
      state.keep(
        List(
          key: key, lines: lines, text: text.isEmpty ? [] : [SharedBytes(text)],
          discontinuitySequence: sequence, lastUse: now))
    }
  }

  /// The response for `key` from the newest snapshot; nil if the past segments are not known.
  func response(_ key: Key, now: MonotonicTime) -> PreparedResponse? {
    let snapshot = window.listing
    let present = archiveRevision()
    return state.withLock { state in
      state.compare(present)
      guard var list = state.take(key.first) else { return nil }
      // A list without requests may have been left behind by the window.
      guard let response = response(key, snapshot, &list) else {
        list.leave()
        return nil
      }
      list.lastUse = now
      state.keep(list)
      return response
    }
  }

  private func response(
    _ key: Key, _ snapshot: WindowSnapshot, _ list: inout List
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
