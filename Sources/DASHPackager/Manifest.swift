// SPDX-License-Identifier: Apache-2.0

import Media
package import Packaging

/// The MPD as text, made from one window snapshot.
/// - Source: ISO/IEC 23009-1 §5; DASH-IF IOP v5 part 4, Low-Latency Live
package struct Manifest: Sendable {
  /// What decides the text of the MPDs of one stream: equal editions, equal text.
  package struct Edition: Sendable, Hashable {
    private let oldest: DiscontinuityPeriod?
    private let newest: DiscontinuityPeriod?
    private let listed: Int
    private let endedWith: Int64?
    /// The newest header of the sound: it begins a run a little later than pictures do.
    private let audioHeader: String?
    /// Where segments are listed one by one, those that are being made.
    private let open: [Int64?]

    /// The edition to which `snapshot` belongs, with that of the sound beside it.
    package init(_ snapshot: WindowSnapshot, audio: WindowSnapshot? = nil) {
      let hasVariableDuration = snapshot.track?.segmentation.hasVariableDuration ?? false
      audioHeader = audio?.track?.headerHash
      open = hasVariableDuration ? [snapshot.open?.number, audio?.open?.number] : []
      oldest = snapshot.listed.first?.run ?? snapshot.open?.run
      newest = snapshot.open?.run ?? snapshot.listed.last?.run
      listed = snapshot.listed.count
      endedWith = snapshot.state == .ended ? snapshot.segments.last?.number : nil
    }
  }

  /// Where the MPD lies: what it says in absolute and in relative URLs.
  package struct Location: Sendable, Hashable {
    /// What stands before `/time`: scheme and authority.
    package let origin: String
    /// BaseURL: what stands before the names of renditions; empty where they lie beside the MPD.
    package let base: String

    /// A location.
    package init(origin: String, base: String) {
      self.origin = origin
      self.base = base
    }
  }

  private let snapshot: WindowSnapshot
  private let tracks: [TrackDescription]
  private let audio: WindowSnapshot?
  private let terms: PresentationParameters
  private let names: MediaNames
  private let location: Location
  private let publishTime: Int64
  private let periods: [Period]

  /// The MPD of `snapshot`; nil while it has no complete segment, for the first MPD ever answered is complete.
  ///
  /// - Parameters:
  ///   - snapshot: the window of the first track at one moment.
  ///   - tracks: the renditions, those of pictures with the best first; nil for the snapshot's own alone.
  ///   - audio: the window of the sound at the same moment; needed where segments are listed one by one, or
  ///     its header changes with the runs.
  ///   - terms: the stream's constants.
  ///   - names: the names of media.
  ///   - location: where the MPD lies.
  ///   - publishTime: wall clock at which this edition came to be; nanoseconds since 1970.
  package init?(
    _ snapshot: WindowSnapshot, tracks: [TrackDescription]? = nil, audio: WindowSnapshot? = nil,
    terms: PresentationParameters, names: MediaNames, location: Location, publishTime: Int64
  ) {
    guard let track = snapshot.track, !snapshot.segments.isEmpty else { return nil }
    self.snapshot = snapshot
    self.tracks = tracks ?? [track]
    self.audio = audio
    self.terms = terms
    self.names = names
    self.location = location
    self.publishTime = publishTime
    periods = Period.all(of: snapshot, terms.segmentation, names)
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
      out.element(
        "UTCTiming",
        [
          ("schemeIdUri", "urn:mpeg:dash:utc:http-xsdate:2014"),
          ("value", location.origin + "/time?xsdate"),
        ])
    }
    return out.text
  }

  /// A ladder is encoded, and its headers stay; what is passed through may come back with another header.
  private func track(for track: TrackDescription, of period: Period) -> TrackDescription {
    if track.rendition == snapshot.track?.rendition {
      return snapshot.track(of: period.run) ?? track
    }
    guard track.size == nil, let audio else { return track }
    let runs = audio.listed.map(\.run) + [audio.open?.run].compactMap(\.self)
    return runs.last { $0.index == period.index }.flatMap { audio.track(of: $0) } ?? track
  }

  private func write(_ period: Period, to out: inout XMLText) {
    let pictures = tracks.filter { $0.size != nil }.map { track(for: $0, of: period) }
    if !pictures.isEmpty {
      var timing = AdaptationSetTiming.ofPictures(terms, names, period, timing, hasEnded: hasEnded)
      if terms.segmentation.hasVariableDuration {
        timing.timeline = SegmentTimeline(snapshot, period)
      }
      VideoAdaptationSet(tracks: pictures, timing: timing).write(to: &out)
    }
    for track in tracks {
      guard case .audio(let segmentation) = track.segmentation else { continue }
      var timing = AdaptationSetTiming.ofAudio(
        segmentation, terms, names, period, timing, hasEnded: hasEnded)
      if terms.segmentation.hasVariableDuration {
        // A set without a segment would be invalid; the next edition has it.
        guard let timeline = audio.flatMap({ SegmentTimeline($0, period) }) else { continue }
        timing.timeline = timeline
      }
      let set = AudioAdaptationSet(track: self.track(for: track, of: period), id: 2, timing: timing)
      set.write(to: &out)
    }
  }

  private var hasEnded: Bool { snapshot.state == .ended }

  private var timing: XMLText.Attributes {
    [
      ("schemeIdUri", "urn:mpeg:dash:utc:http-iso:2014"), ("value", location.origin + "/time?iso"),
    ]
  }

  private func attributes(_ profiles: [String], type: String) -> XMLText.Attributes {
    [
      ("xmlns", "urn:mpeg:dash:schema:mpd:2011"), ("id", terms.name),
      ("profiles", profiles.joined(separator: ",")), ("type", type),
      ("availabilityStartTime", MPDTime.dateTime(terms.availabilityStart)),
      ("publishTime", UTCTime(nanoseconds: publishTime).text),
    ]
  }

  private static let profiles = [
    "urn:mpeg:dash:profile:isoff-live:2011", "urn:mpeg:dash:profile:cmaf:2019",
  ]

  private var liveAttributes: XMLText.Attributes {
    let profiles = Self.profiles + ["http://www.dashif.org/guidelines/low-latency-live-v5"]
    let target = terms.target * 1_000_000
    return attributes(profiles, type: "dynamic") + [
      // New Periods and the end are known within this time, and each segment that is listed by itself; an unchanged
      // MPD is a 304.
      ("minimumUpdatePeriod", terms.segmentation.hasVariableDuration ? "PT0.5S" : "PT2S"),
      ("timeShiftBufferDepth", MPDTime.duration(listedNanoseconds)),
      ("suggestedPresentationDelay", MPDTime.duration(target)),
      ("minBufferTime", MPDTime.duration(target / 4)), longestSegment,
    ]
  }

  private var listedNanoseconds: Int64 {
    let segmentation = terms.segmentation
    guard segmentation.hasVariableDuration else {
      return Int64(snapshot.listed.count) * segmentation.segmentNanoseconds
    }
    return segmentation.grid.rate.nanoseconds(
      ofTicks: snapshot.listed.reduce(0) { $0 + $1.duration })
  }

  /// Nothing in it speaks of a live edge.
  ///
  /// Its first Period begins with the first listed segment, at the location that this had on the
  /// timeline of the live presentation: who plays goes on, who comes anew begins there.
  private var endedAttributes: XMLText.Attributes {
    let end = periods.last.map { $0.start + ($0.duration ?? 0) } ?? 0
    return attributes(Self.profiles, type: "static") + [
      ("mediaPresentationDuration", MPDTime.duration(end)),
      ("minBufferTime", MPDTime.duration(terms.target * 250_000)), longestSegment,
    ]
  }

  /// Segments of sound follow those of pictures, to within one coded frame of sound.
  private var longestSegment: (String, String?) {
    (
      "maxSegmentDuration",
      MPDTime.duration(terms.segmentation.longestSegmentNanoseconds + 100_000_000)
    )
  }

  private func serviceDescription(_ out: inout XMLText) {
    let reference = periods.first.map { AdaptationSetTiming.capturedTimeID($0) } ?? 1
    out.element("ServiceDescription", [("id", "0")]) { out in
      out.element(
        "Latency",
        [
          ("referenceId", "\(reference)"), ("target", "\(terms.target)"),
          ("min", "\(terms.target / 2)"), ("max", "\(3 * terms.target)"),
        ])
      out.element("PlaybackRate", [("min", "0.92"), ("max", "1.08")])
    }
  }
}
