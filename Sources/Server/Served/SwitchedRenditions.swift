// SPDX-License-Identifier: Apache-2.0

import DASHPackager
import HLSPackager
import HTTP
import Media
import Packaging
import Sharing
import Statistics
import Switching
import Time

/// The renditions of a stream under the name `auto`, of which each viewer gets one per segment.
///
/// Shared by all loops.
final class SwitchedRenditions: MeasurementReceiver, Sendable {
  /// The video renditions, top rendition first, with responses that caches do not keep.
  let renditions: [ServedRendition]
  /// Whether the stream has audio or captions, and so a Multivariant Playlist.
  let hasMultivariant: Bool
  /// The Multivariant Playlist.
  let multivariant: MultivariantCache
  /// For each rendition, the Multivariant Playlist with this rendition only.
  let pinnedMultivariants: [MultivariantCache]
  /// The MPD with one Representation.
  let manifests: ManifestCache
  /// For each rendition, the MPD with this rendition only.
  let pinnedManifests: [ManifestCache]
  private let bandwidths: [Int64]
  /// The indices of the renditions without new media.
  private let missing: @Sendable (MonotonicTime) -> [Int]
  private let viewers = Locked(SwitchedViewers())

  /// The renditions of `served`; `tracks` describe its video renditions.
  init(_ served: ServedStream, _ parameters: PresentationParameters, tracks: [TrackDescription]) {
    let videos = served.renditions.filter { !$0.isAudio }
    let audios = served.renditions.filter(\.isAudio)
    let others = audios.map {
      PlaylistCache.Other(
        name: $0.name, uri: "../\($0.name)/playlist.m3u8", window: $0.window, isInStep: false)
    }
    let captions = served.captions?.tracks ?? []
    renditions = videos.map { video in
      ServedRendition(
        name: video.name, window: video.window,
        playlists: PlaylistCache(
          name: served.name, names: served.names, window: video.window, control: served.control,
          others: others, captions: captions, isForOneViewer: true,
          announcesNext: !served.options.sourceEnds),
        media: MediaResponseCache(
          served.names.numbering, targetDuration: served.control.targetDuration,
          segmentation: video.window.segmentation, isForOneViewer: true))
    }
    let sound = audios.map(\.window)
    hasMultivariant =
      !audios.isEmpty || !captions.isEmpty || !served.options.closedCaptions.isEmpty
    multivariant = MultivariantCache(
      name: served.name, windows: [videos[0].window] + sound,
      targetDuration: served.control.targetDuration, switched: SwitchedName.rendition,
      captions: captions, closedCaptions: served.closedCaptions)
    pinnedMultivariants = videos.map { video in
      MultivariantCache(
        name: served.name, windows: [video.window] + sound,
        targetDuration: served.control.targetDuration, captions: captions,
        closedCaptions: served.closedCaptions)
    }
    manifests = ManifestCache(
      parameters, names: served.names, windows: [videos[0].window] + sound,
      switched: SwitchedName.rendition, captions: captions,
      closedCaptions: served.closedCaptions, isForOneViewer: true)
    pinnedManifests = videos.map { video in
      ManifestCache(
        parameters, names: served.names, windows: [video.window] + sound, captions: captions,
        closedCaptions: served.closedCaptions, isForOneViewer: true)
    }
    bandwidths = tracks.map(\.bandwidth)
    missing = { [weak served] now in served?.missingRenditions(now: now) ?? [] }
  }

  /// The index of the rendition called `name`.
  func index(of name: String) -> Int? { renditions.firstIndex { $0.name == name } }

  /// The rendition of a segment for a viewer, and that of the choice before.
  func choose(
    _ segment: Int64, for viewer: UInt64, _ report: CMCDReport?, now: MonotonicTime
  ) -> (rendition: Int, before: Int?) {
    let window = renditions[0].window
    let (snapshot, segmentation) = (window.snapshot, window.segmentation)
    // A number far away names no segment: it says nothing about its viewer.
    guard (snapshot.newestSegment - 10_000...snapshot.newestSegment + 1000).contains(segment) else {
      return (0, nil)
    }
    let newest = snapshot.open?.chunks.last ?? snapshot.segments.last?.chunks.last
    let first = segmentation.firstFrame(of: segment)
    let rate = segmentation.video.grid.rate
    let frames = max(0, (newest?.lastFrame ?? first) - first)
    let distance = rate.duration(ofTicks: frames.multipliedSaturated(by: rate.ticksPerFrame))
    let ladder = ladder(segment, now)
    return viewers.withLock {
      $0.choose(
        segment, for: viewer, report, distance: distance,
        duration: segmentation.video.segmentDuration, of: ladder, now: now)
    }
  }

  /// Takes a measurement of a viewer; returns whether the bytes need no further measurement.
  package func observe(
    _ measurement: DeliveryMeasurement, of viewer: UInt64, now: MonotonicTime
  ) -> Bool {
    let ladder = SwitchedLadder(
      bandwidths: bandwidths, isAvailable: bandwidths.map { _ in true })
    return viewers.withLock { $0.observe(measurement, of: viewer, ladder, now: now) }
  }

  /// The name of the rendition that a viewer got last; nil if it is not known.
  func shown(to viewer: UInt64) -> String? {
    viewers.withLock { $0.newest(of: viewer) }.map { renditions[$0].name }
  }

  private func ladder(_ segment: Int64, _ now: MonotonicTime) -> SwitchedLadder {
    let missing = missing(now)
    return SwitchedLadder(
      bandwidths: bandwidths,
      isAvailable: renditions.enumerated().map { index, rendition in
        // A window has the segment, or will have it.
        rendition.window.snapshot.segment(segment).map { !$0.isListedAsGap } ?? !missing.contains(
          index)
      })
  }
}

extension ServedStream {
  /// The renditions between which the server can switch, or why it cannot.
  enum Switching: Sendable {
    case possible(SwitchedRenditions)
    /// The reason, for people.
    case impossible(String)
  }
}
