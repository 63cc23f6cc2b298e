// SPDX-License-Identifier: Apache-2.0

import Encryption
import Media
package import Packaging
package import Time

/// An MPD as text, rendered from one window snapshot.
///
/// - Source: ISO/IEC 23009-1 §5; DASH-IF IOP v5 part 4, Low-Latency Live
package struct Manifest: Sendable {
  /// The state of a stream that its MPDs depend on: equal editions have equal text.
  package struct Edition: Sendable, Hashable {
    private let oldest: DiscontinuityPeriod?
    private let newest: DiscontinuityPeriod?
    private let listed: Int
    private let endedWith: Int64?
    /// The end of the newest Period while the source is away.
    private let mediaEnd: MediaEnd?
    private let past: ManifestPast?
    /// The newest headers of the audio, which begins a period slightly later than video.
    private let audioHeaders: [String?]
    /// The numbers of the open segments, if the MPD has a SegmentTimeline.
    private let open: [Int64?]
    private let closedCaptions: [ClosedCaptionTrack]

    /// The edition of these windows, of what viewers may play before them, and of the closed
    /// captions.
    package init(
      _ snapshot: WindowSnapshot, audio: [WindowSnapshot] = [], past: ManifestPast? = nil,
      closedCaptions: [ClosedCaptionTrack] = []
    ) {
      self.closedCaptions = closedCaptions
      self.past = past?.edition
      let hasVariableDuration = snapshot.track?.segmentation.hasVariableDuration ?? false
      audioHeaders = audio.map { $0.track?.headerHash }
      open = hasVariableDuration ? ([snapshot] + audio).map { $0.open?.number } : []
      oldest = snapshot.listed.first?.period ?? snapshot.open?.period
      newest = snapshot.open?.period ?? snapshot.listed.last?.period
      listed = snapshot.listed.count
      mediaEnd = snapshot.isAway ? snapshot.mediaEnd : nil
      endedWith = snapshot.state == .ended ? snapshot.segments.last?.number : nil
    }
  }

  /// The location of an MPD, on which its URLs depend.
  package struct Location: Sendable, Hashable {
    /// Scheme and authority of absolute URLs.
    package let origin: String
    /// BaseURL: the relative path to the folders of the renditions; empty if it is that of the MPD.
    package let base: String

    /// A location.
    package init(origin: String, base: String) {
      self.origin = origin
      self.base = base
    }
  }

  private let snapshot: WindowSnapshot
  private let tracks: [TrackDescription]
  private let audio: [WindowSnapshot]
  private let parameters: PresentationParameters
  private let names: MediaNames
  private let location: Location
  private let publishTime: WallTime
  private let past: ManifestPast?
  private let captions: [CaptionTrack]
  private let closedCaptions: [ClosedCaptionTrack]
  private let periods: [Period]

  /// The MPD of `snapshot`; nil if that has no complete segment.
  ///
  /// - Parameters:
  ///   - snapshot: the window of the first track.
  ///   - tracks: the renditions, top rendition first; nil if the snapshot's is the only one.
  ///   - audio: the windows of the audio renditions; needed if segments have variable duration or
  ///     CMAF headers change.
  ///   - parameters: the stream's constants.
  ///   - names: the names of media.
  ///   - location: the location of the MPD.
  ///   - publishTime: the creation time of this edition.
  ///   - past: how viewers may go further back than the window; nil if they may not.
  ///   - captions: the text renditions of the window.
  ///   - closedCaptions: the closed captions.
  package init?(
    _ snapshot: WindowSnapshot, tracks: [TrackDescription]? = nil, audio: [WindowSnapshot] = [],
    parameters: PresentationParameters, names: MediaNames, location: Location,
    publishTime: WallTime, past: ManifestPast? = nil, captions: [CaptionTrack] = [],
    closedCaptions: [ClosedCaptionTrack] = []
  ) {
    self.captions = captions
    self.closedCaptions = closedCaptions
    guard let track = snapshot.track, !snapshot.segments.isEmpty else { return nil }
    self.snapshot = snapshot
    self.tracks = tracks ?? [track]
    self.audio = audio
    self.parameters = parameters
    self.names = names
    self.location = location
    self.publishTime = publishTime
    self.past = past
    periods =
      past.map { Period.all(of: snapshot, $0, parameters.segmentation, names) }
      ?? Period.all(of: snapshot, parameters.segmentation, names)
  }

  /// The text of the MPD.
  package func text() -> String {
    var out = XMLText()
    out.element("MPD", hasEnded ? endedAttributes : liveAttributes) { out in
      if !location.base.isEmpty { out.element("BaseURL", containing: location.base) }
      if !hasEnded { serviceDescription(&out) }
      for period in periods {
        out.element(
          "Period",
          [
            ("id", period.id), ("start", MPDTime.duration(period.start)),
            ("duration", period.duration.map(MPDTime.duration)),
          ]
        ) { write(period, to: &$0) }
      }
      out.element("UTCTiming", timing)
      out.descriptor(
        "UTCTiming", "urn:mpeg:dash:utc:http-xsdate:2014", location.origin + "/time?xsdate")
    }
    return out.text
  }

  /// The track in `period`; the header of a pass-through stream may change between periods.
  ///
  /// Nil if the archive does not have the rendition in a Period of the past.
  private func track(for track: TrackDescription, of period: Period) -> TrackDescription? {
    if let past = period.past { return past.first { $0.rendition == track.rendition } }
    if track.rendition == snapshot.track?.rendition {
      return snapshot.track(of: period.period) ?? track
    }
    guard track.size == nil, let audio = window(of: track) else { return track }
    let periods = audio.listed.map(\.period) + [audio.open?.period].compactMap(\.self)
    return periods.last { $0.index == period.index }.flatMap { audio.track(of: $0) } ?? track
  }

  /// The window of an audio track; nil if it is not known.
  private func window(of track: TrackDescription) -> WindowSnapshot? {
    audio.first { $0.track?.rendition == track.rendition }
  }

  private func write(_ period: Period, to out: inout XMLText) {
    let videos = tracks.filter { $0.size != nil }.compactMap { track(for: $0, of: period) }
    if !videos.isEmpty {
      var timing = AdaptationSetTiming.ofVideo(
        parameters, names, period, timing, firstTimeID: timeID(period, set: 1),
        hasEnded: hasEnded)
      if parameters.segmentation.hasVariableDuration {
        timing.timeline = SegmentTimeline(snapshot, period)
      }
      let protection = videos.first.flatMap { self.protection(of: $0) }
      VideoAdaptationSet(
        tracks: videos, timing: timing, protection: protection, captions: closedCaptions
      ).write(to: &out)
    }
    for (id, track) in zip(2..., tracks.filter { $0.size == nil }) {
      guard let track = self.track(for: track, of: period),
        case .audio(let segmentation) = track.segmentation
      else { continue }
      var timing = AdaptationSetTiming.ofAudio(
        segmentation, parameters, names, period, timing, firstTimeID: timeID(period, set: id),
        hasEnded: hasEnded)
      if parameters.segmentation.hasVariableDuration {
        // A set without a segment would be invalid; the next edition contains the set.
        guard let timeline = window(of: track).flatMap({ SegmentTimeline($0, period) }) else {
          continue
        }
        timing.timeline = timeline
      }
      AudioAdaptationSet(track: track, id: id, timing: timing, protection: protection(of: track))
        .write(to: &out)
    }
    if period.past == nil { texts(period, &out) }
    thumbnails(of: videos, period, &out)
  }

  /// The encryption of a track, whose header may be that of a Period of the past; nil if the media
  /// is clear.
  private func protection(of track: TrackDescription) -> ContentProtection? {
    guard let identifier = track.keyIdentifier else { return nil }
    // The signals of a key that the stream no longer has are not known.
    return ContentProtection(
      identifier: identifier, signals: names.keys?.key(with: identifier)?.signals ?? [],
      licences: "\(location.origin)/\(parameters.name)/clearkey")
  }

  /// Writes the captions, whose segments are those of the video.
  private func texts(_ period: Period, _ out: inout XMLText) {
    var timing = AdaptationSetTiming.ofVideo(
      parameters, names, period, timing, firstTimeID: timeID(period, set: 1), hasEnded: hasEnded)
    if parameters.segmentation.hasVariableDuration {
      // A set without a segment would be invalid; the next edition contains the set.
      guard let timeline = SegmentTimeline(snapshot, period, withOpen: false) else { return }
      timing.timeline = timeline
    }
    for (id, track) in zip((2 + tracks.count { $0.size == nil })..., captions) {
      CaptionAdaptationSet(track: track, id: id, timing: timing).write(to: &out)
    }
  }

  /// Writes the pictures of key frames: for an MPD of the past, in which viewers look for a time.
  private func thumbnails(
    of videos: [TrackDescription], _ period: Period, _ out: inout XMLText
  ) {
    guard past != nil, let video = videos.first, video.keyIdentifier == nil,
      !parameters.segmentation.hasVariableDuration, let size = video.size
    else { return }
    let timing = AdaptationSetTiming.ofVideo(
      parameters, names, period, timing, firstTimeID: timeID(period, set: 1), hasEnded: hasEnded)
    ThumbnailAdaptationSet(of: size, id: 2 + tracks.count { $0.size == nil }, timing: timing)
      .write(to: &out)
  }

  /// The id of the first of two ProducerReferenceTimes of an AdaptationSet of `period`, from 1; at
  /// least two sets have numbers.
  private func timeID(_ period: Period, set: Int) -> Int64 {
    let sets = max(2, 1 + tracks.count { $0.size == nil })
    return 2 * (period.index * Int64(sets) + Int64(set)) - 1
  }

  private var hasEnded: Bool { snapshot.state == .ended }

  private var timing: XMLText.Attributes {
    [
      ("schemeIdUri", "urn:mpeg:dash:utc:http-iso:2014"), ("value", location.origin + "/time?iso"),
    ]
  }

  private func attributes(_ profiles: [String], type: String) -> XMLText.Attributes {
    [
      ("xmlns", "urn:mpeg:dash:schema:mpd:2011"), ("id", parameters.name),
      ("profiles", profiles.joined(separator: ",")), ("type", type),
      ("availabilityStartTime", MPDTime.dateTime(parameters.availabilityStart)),
      ("publishTime", UTCTime(publishTime).text),
    ]
  }

  private static let profiles = [
    "urn:mpeg:dash:profile:isoff-live:2011", "urn:mpeg:dash:profile:cmaf:2019",
  ]

  private var liveAttributes: XMLText.Attributes {
    let profiles = Self.profiles + ["http://www.dashif.org/guidelines/low-latency-live-v5"]
    let target = Interval.milliseconds(parameters.targetLatency.milliseconds)
    return attributes(profiles, type: "dynamic") + [
      // Players learn of new Periods, of the end, and of the segments of a SegmentTimeline within
      // this time; the response for an unchanged MPD is 304.
      ("minimumUpdatePeriod", parameters.segmentation.hasVariableDuration ? "PT0.5S" : "PT2S"),
      ("timeShiftBufferDepth", MPDTime.duration(max(listedDuration, past?.depth ?? .zero))),
      ("suggestedPresentationDelay", MPDTime.duration(target)),
      ("minBufferTime", MPDTime.duration(target / 4)), segmentDurationLimit,
    ]
  }

  private var listedDuration: Interval {
    guard parameters.segmentation.hasVariableDuration else {
      return parameters.segmentDuration * Int64(snapshot.listed.count)
    }
    let ticks = snapshot.listed.reduce(0) { $0 + $1.duration }
    return parameters.segmentation.grid.rate.duration(ofTicks: ticks)
  }

  /// The attributes of an ended stream, without a live edge.
  ///
  /// The first Period begins with the first listed segment, at its position on the timeline of the
  /// live presentation: players continue, new players start there.
  private var endedAttributes: XMLText.Attributes {
    let end = periods.last.map { $0.start + ($0.duration ?? .zero) } ?? .zero
    return attributes(Self.profiles, type: "static") + [
      ("mediaPresentationDuration", MPDTime.duration(end)),
      (
        "minBufferTime",
        MPDTime.duration(.microseconds(parameters.targetLatency.milliseconds * 250))
      ), segmentDurationLimit,
    ]
  }

  /// Audio segments last as long as video segments, to within one AAC frame.
  private var segmentDurationLimit: (String, String?) {
    (
      "maxSegmentDuration",
      MPDTime.duration(parameters.segmentation.maximumSegmentDuration + .milliseconds(100))
    )
  }

  private func serviceDescription(_ out: inout XMLText) {
    let target = parameters.targetLatency.milliseconds
    let reference = periods.first { $0.past == nil }.map { timeID($0, set: 1) } ?? 1
    out.element("ServiceDescription", [("id", "0")]) { out in
      out.element(
        "Latency",
        [
          ("referenceId", "\(reference)"), ("target", "\(target)"),
          ("min", "\(target / 2)"), ("max", "\(3 * target)"),
        ])
      // Players apply the rates also in the past, where no delay is too long.
      let (slowest, fastest) = past == nil ? ("0.92", "1.08") : ("1", "1")
      out.element("PlaybackRate", [("min", slowest), ("max", fastest)])
    }
  }
}
