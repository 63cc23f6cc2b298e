// SPDX-License-Identifier: Apache-2.0

import Archive
import Encryption
import HLSPackager
import Media
import Packaging
import Sharing
import Time

/// A stream while it has no session: its archive as a served stream without media in its windows,
/// for all loops.
///
/// The renditions are read from the archive for the first request, on a thread of its readers, and
/// again when the archive has changed.
final class RecordedStream: Sendable {
  private struct Known: Sendable {
    let served: ServedStream
    /// The revision and the newest segment of the archive that it has.
    let revision: Int64, newest: Int64
  }

  private struct State: Sendable {
    var known: Known?
    /// No reading before this time: the last one has found nothing.
    var retryAt = MonotonicTime.origin
    var waiting: [@Sendable (Bool) -> Void] = []
  }

  /// How long after a reading without a result the archive is read again.
  private static let retryInterval = Interval.seconds(1)

  /// When the stream lost its session, or was added.
  let since = SystemClock.monotonicTime
  private let name: String
  private let archive: StreamArchive
  private let options: StreamServingOptions
  private let keys: StreamKeys?
  private let state = Locked(State())

  /// The recording of a stream; nil without an archive.
  ///
  /// - Parameters:
  ///   - name: the name of the stream.
  ///   - options: how it is served.
  ///   - keys: those of its last session; nil for those of the options.
  init?(_ name: String, _ options: StreamServingOptions, keys: StreamKeys? = nil) {
    guard let archive = options.archive else { return nil }
    self.name = name
    self.archive = archive
    self.keys = keys ?? options.keys
    var options = options
    // These belong to sessions.
    (options.captions, options.pushes) = (nil, nil)
    self.options = options
  }

  /// The stream as the archive has it now; nil if that is not read, or nothing was found.
  var served: ServedStream? {
    guard let known = state.withLock(\.known), known.revision == archive.revision,
      archive.extent(of: known.served.top.name)?.upperBound == known.newest
    else { return nil }
    return known.served
  }

  /// Whether the archive may have media, and may be read at `now`.
  func mayBeRead(_ now: MonotonicTime) -> Bool {
    guard !archive.isLoaded || !archive.renditions.isEmpty else { return false }
    return state.withLock { $0.retryAt <= now }
  }

  /// Reads the renditions, once for all requests that arrive meanwhile.
  ///
  /// - Parameter answer: called on any thread, with true if ``served`` is known from now on.
  func read(answer: @escaping @Sendable (Bool) -> Void) {
    let isFirst = state.withLock { state in
      state.waiting.append(answer)
      return state.waiting.count == 1
    }
    guard isFirst else { return }
    let revision = archive.revision
    archive.recordedTracks { [self] result in
      let known = (try? result.get()).flatMap { describe($0.tracks, $0.order, revision) }
      let waiting = state.withLock { state in
        state.known = known
        if known == nil { state.retryAt = SystemClock.monotonicTime + Self.retryInterval }
        defer { state.waiting = [] }
        return state.waiting
      }
      for answer in waiting { answer(known != nil) }
    }
  }

  private func describe(
    _ tracks: [RecordedTrack], _ order: RenditionOrder?, _ revision: Int64
  ) -> Known? {
    let descriptions = RecordedTrack.descriptions(of: tracks, in: order)
    var windows: [(name: String, window: LiveWindow)] = []
    for description in descriptions {
      guard let track = tracks.first(where: { $0.name == description.rendition }),
        let last = track.segments.last
      else { continue }
      windows.append(
        (track.name, .recorded(description, until: last.number, end: track.end)))
    }
    guard let top = windows.first,
      let newest = tracks.first(where: { $0.name == top.name })?.segments.last?.number
    else { return nil }
    let served = ServedStream(
      name: name, names: MediaNames(.epoch, first: 0, keys: keys), windows: windows,
      control: ServerControl(
        segmentations: descriptions.map(\.segmentation), holdBack: options.holdBack,
        hasCueTags: options.hasCueTags),
      options: options, isRecorded: true)
    return Known(served: served, revision: revision, newest: newest)
  }
}
