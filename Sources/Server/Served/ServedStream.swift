// SPDX-License-Identifier: Apache-2.0

import Archive
import DASHPackager
package import HLSPackager
import HTTP
import Media
package import Packaging
import Sharing
import Stills
package import Streams
import Switching
import Time

/// A stream with its prepared responses, shared by all loops.
package final class ServedStream: Sendable {
  /// The first element of its URLs.
  package let name: String
  /// Its names of media.
  package let names: MediaNames
  /// The session that publishes into its windows; nil if the windows belong to a test.
  package let source: StreamSession?
  /// Its renditions: video with the top rendition first, then audio; at least one.
  let renditions: [ServedRendition]
  let control: ServerControl
  /// The longest duration of a segment.
  let segmentDuration: Interval
  /// How it is served.
  package let options: StreamServingOptions
  /// Whether it has no session: only the archive has media.
  let isRecorded: Bool
  /// The text renditions; nil for none.
  let captions: ServedCaptions?
  /// Its closed captions.
  let closedCaptions: ClosedCaptions
  let measures: Measures
  let multivariant: MultivariantCache
  let manifests: ManifestCache
  /// The MPD of the past for viewers, and for clients with the admin token; nil without an archive.
  let past: Past?, unlimitedPast: Past?
  private let parameters: PresentationParameters
  private let knownSwitching = Locked<Switching?>(nil)
  private let isObstacleTaken = OnceFlag()
  /// Whether the video had a high dynamic range or Dolby Vision when that was asked first.
  private let firstRange = Locked<Bool?>(nil)
  /// The frames of the top rendition in its window.
  let stillTrack = StillTrack()
  /// Its frames in the archive: prefill has numbers of segments that the archive has.
  let pastStillTrack = StillTrack()
  /// Raised when publications are told to the service of stills.
  let isFollowable = OnceFlag()
  private let motionPictures = Locked<[UInt16?: MotionPictureFeed]>([:])
  /// The renditions without new media.
  let missing = Locked(MissingRenditions())
  /// The windows that carry its events.
  package let events: EventWindows

  /// The MPD of the past, and how far it reaches back.
  struct Past: Sendable {
    let runs: PastRuns
    let manifests: ManifestCache
  }

  /// The measurements of the stream's own threads, for statistics.
  struct Measures: Sendable {
    /// How long after its frame time a frame slot stays open.
    var inputDelay = Interval.zero
    /// The counters of the stream.
    var statistics: @Sendable () -> StreamStatistics = { [initial = StreamStatistics()] in
      initial
    }
    /// Wall clock minus announced wall clock.
    var clockError: @Sendable () -> Interval = { .zero }
  }

  /// A stream from its parts.
  ///
  /// - Parameters:
  ///   - name: the first element of its URLs.
  ///   - names: its names of media.
  ///   - windows: the renditions' names and windows, top rendition first; at least one.
  ///   - control: the constants of its playlists.
  ///   - parameters: the constants of its MPDs; nil for defaults.
  ///   - options: how it is served.
  ///   - root: the beginning of the URLs in its playlists; nil for relative ones.
  ///   - cmsd: the CMSD fields of its media responses, by rendition; empty for none.
  ///   - measures: the measurements of its threads.
  ///   - source: the session that publishes into its windows.
  ///   - isRecorded: whether it has no session: only the archive has media.
  init(
    name: String, names: MediaNames, windows: [(name: String, window: LiveWindow)],
    control: ServerControl, parameters: PresentationParameters? = nil,
    options: StreamServingOptions = StreamServingOptions(), root: String? = nil,
    cmsd: [CMSDFields] = [],
    measures: Measures = Measures(), source: StreamSession? = nil, isRecorded: Bool = false
  ) {
    self.name = name
    self.isRecorded = isRecorded
    self.source = source
    self.names = names
    self.control = control
    self.options = options
    self.measures = measures
    captions = options.captions.map { ServedCaptions($0, names, control) }
    let closedCaptions = ClosedCaptions(options.closedCaptions)
    self.closedCaptions = closedCaptions
    events = source?.events ?? EventWindows(windows.map(\.window))
    if let captions = options.captions { events.carry(captions) }
    renditions = windows.enumerated().map { index, rendition in
      let isAudio = rendition.window.segmentation.isAudio
      let others = windows.filter { $0.name != rendition.name }
        .map { other in
          PlaylistCache.Other(
            name: other.name, uri: "../\(other.name)/playlist.m3u8", window: other.window,
            isInStep: !isAudio && !other.window.segmentation.isAudio)
        }
      return ServedRendition(
        name: rendition.name, window: rendition.window,
        playlists: PlaylistCache(
          name: name, root: root, names: names, window: rendition.window, control: control,
          others: others, captions: options.captions?.tracks ?? [],
          announcesNext: !options.sourceEnds),
        media: MediaResponseCache(
          names.numbering, targetDuration: control.targetDuration,
          segmentation: rendition.window.segmentation,
          cmsd: index < cmsd.count ? cmsd[index] : nil),
        rewound: options.archive.map { archive in
          RewoundCache(
            names: names, window: rendition.window, control: control, others: others,
            archiveRevision: { archive.revision })
        })
    }
    multivariant = MultivariantCache(
      name: name, root: root, windows: windows.map(\.window),
      targetDuration: control.targetDuration,
      captions: options.captions?.tracks ?? [], closedCaptions: closedCaptions)
    let parameters =
      parameters
      ?? PresentationParameters(
        name: name, segmentation: windows[0].window.segmentation.video, targetLatency: .seconds(1),
        inputDelay: measures.inputDelay)
    self.parameters = parameters
    segmentDuration = windows[0].window.segmentation.video.maximumSegmentDuration
    manifests = ManifestCache(
      parameters, names: names, windows: windows.map(\.window),
      captions: options.captions?.tracks ?? [], closedCaptions: closedCaptions)
    func past(_ dvr: @escaping @Sendable () -> Interval) -> Past? {
      guard let archive = options.archive else { return nil }
      let listed =
        archive.policy.renditions == .all
        ? windows : windows.filter { $0.name == windows[0].name || $0.window.segmentation.isAudio }
      let runs = PastRuns(archive, listed, dvr: dvr)
      return Past(
        runs: runs,
        manifests: ManifestCache(
          parameters, names: names, windows: listed.map(\.window),
          closedCaptions: closedCaptions, past: runs))
    }
    self.past = past { [reach = options.reach] in reach.dvr }
    unlimitedPast = past { Self.maximumPast }
    let top = windows[0].window
    top.subscribe { [weak top] in
      if let top { closedCaptions.read(top.snapshot) }
    }
  }

  /// How far clients with the admin token may go back.
  private static let maximumPast = Interval.seconds(366 * 86_400)

  /// Whether the server can switch between the video renditions; nil until they are described.
  var switching: Switching? {
    knownSwitching.withLock { known in
      if let known { return known }
      let windows = renditions.filter { !$0.isAudio }.map(\.window)
      let tracks = windows.compactMap(\.snapshot.track)
      guard tracks.count == windows.count else { return nil }
      let obstacle =
        source?.configuration.passesThrough == true
        ? "the video is passed through" : SwitchedLadder.obstacle(tracks)
      let switching =
        obstacle.map { Switching.impossible($0) }
        ?? .possible(SwitchedRenditions(self, parameters, tracks: tracks))
      known = switching
      return switching
    }
  }

  /// The audio for clients that choose none: the default track, or the first one.
  ///
  /// Nil without audio, and until all audio tracks are described.
  var defaultAudio: ServedRendition? {
    let audio = renditions.filter(\.isAudio)
    let tracks = audio.compactMap(\.window.snapshot.track)
    guard tracks.count == audio.count else { return nil }
    return tracks.firstIndex(where: \.isDefault).map { audio[$0] } ?? audio.first
  }

  /// The pictures of its motion JPEG in a width.
  func pictures(width: UInt16?) -> MotionPictureFeed {
    motionPictures.withLock { feeds in
      if let feed = feeds[width] { return feed }
      let feed = MotionPictureFeed(width: width)
      feeds[width] = feed
      return feed
    }
  }

  /// Why the server does not switch between the renditions as the options ask, once.
  func takeObstacle() -> String? {
    guard options.switchesRenditions, case .impossible(let reason)? = switching,
      isObstacleTaken.raise()
    else { return nil }
    return reason
  }

  /// Whether the video has a high dynamic range or Dolby Vision; false until it is described.
  ///
  /// A later change has no effect: players reload the playlist, which must keep its kind.
  private var hasRange: Bool {
    if let known = firstRange.withLock({ $0 }) { return known }
    // The description is copied with its texts: only requests before it is known pay for that.
    guard let track = window.snapshot.track else { return false }
    let now = track.range != .sdr || track.supplement != nil
    return firstRange.withLock { first in
      let found = first ?? now
      first = found
      return found
    }
  }

  /// Whether only a Multivariant Playlist states a property of the stream.
  ///
  /// Players of chunked playlists get no captions.
  func needsMultivariant(isChunked: Bool) -> Bool {
    hasRange || (captions != nil || !options.closedCaptions.isEmpty) && !isChunked
  }

  /// The top rendition.
  var top: ServedRendition { renditions[0] }
  /// The window of the top rendition.
  package var window: LiveWindow { top.window }
  /// The number of playlists of the top rendition that were rendered, and that were compressed.
  package var playlistWork: (renderings: Int, compressions: Int) { top.playlists.work }
  /// The numbers of the segments in the archive; nil without an archive or segments.
  package var archivedNumbers: ClosedRange<Int64>? { past?.runs.extent }
  /// The media of the top rendition.
  var media: MediaResponseCache { top.media }

  /// The longest hold: three Target Durations (RFC 8216bis §6.2.5.2), or less if the
  /// operator sets less.
  var holdLimit: Interval { min(.seconds(3 * control.targetDuration), options.holdLimit) }

  /// A stream of windows that no session publishes into.
  ///
  /// - Parameters:
  ///   - name: the first element of its URLs.
  ///   - names: its names of media.
  ///   - windows: the renditions' names and windows, top rendition first; at least one.
  ///   - control: the constants of its playlists.
  ///   - options: how it is served.
  ///   - root: the beginning of the URLs in its playlists; nil for relative ones.
  package convenience init(
    name: String, names: MediaNames, of windows: [(name: String, window: LiveWindow)],
    control: ServerControl, options: StreamServingOptions = StreamServingOptions(),
    root: String? = nil
  ) {
    self.init(
      name: name, names: names, windows: windows, control: control, options: options, root: root)
  }

  /// The response for a part or segment that the window of a rendition does not have: 410 if it was
  /// evicted, or was that of a program before.
  func missing(
    _ number: Int64, _ availability: SegmentAvailability, of media: MediaResponseCache
  ) -> PreparedResponse {
    guard names.printed(number) > 0 else { return media.absent }
    return switch availability {
    case .evicted, .predating: media.error(410, "the segment has left the window")
    case .complete, .open, .ahead, .never: media.absent
    }
  }

  /// The stream of a session.
  ///
  /// - Parameters:
  ///   - stream: the session.
  ///   - options: how it is served.
  ///   - root: the beginning of the URLs in its playlists; nil for relative ones.
  ///   - sendsCMSD: whether its media have CMSD fields.
  package convenience init(
    _ stream: StreamSession, _ options: StreamServingOptions, root: String? = nil, sendsCMSD: Bool
  ) {
    let configuration = stream.configuration
    self.init(
      name: configuration.name, names: stream.names,
      windows: stream.renditions.map { ($0.track.name, $0.window) },
      control: ServerControl(
        segmentations: stream.renditions.map(\.track.segmentation), holdBack: options.holdBack,
        hasCueTags: options.hasCueTags,
        targetDurationAtLeast: configuration.earlier?.targetDuration ?? 0),
      parameters: PresentationParameters(
        name: configuration.name, segmentation: configuration.segmentation,
        targetLatency: options.targetLatency(of: configuration),
        inputDelay: configuration.inputDelay, audioDelay: configuration.audioDelay),
      options: options, root: root,
      cmsd: sendsCMSD
        ? stream.renditions.map { CMSDFields(bitrateKilobits: $0.track.bitrateKilobits) } : [],
      measures: Measures(
        inputDelay: configuration.inputDelay, statistics: { stream.statistics },
        clockError: { stream.clockError }), source: stream)
  }
}
