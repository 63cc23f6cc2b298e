// SPDX-License-Identifier: Apache-2.0

import Checked

extension Rule {
  static let wellFormed = Rule(
    "mpd-well-formed", .must, dash + "§5.2", "An MPD is well-formed XML with the root MPD.")
  static let profiles = Rule(
    "mpd-profiles", .must, dash + "§5.3.1.2", "An MPD has profiles and minBufferTime.")
  static let availabilityStart = Rule(
    "availability-start", .must, dash + "§5.3.1.2",
    "A dynamic MPD has availabilityStartTime, a date with a time zone, and publishTime.")
  static let startPassed = Rule(
    "availability-start-passed", .should, dash + "§5.3.1.2",
    "availabilityStartTime is not in the future.")
  static let updatePeriod = Rule(
    "update-period", .should, dash + "§5.3.1.2",
    "A dynamic MPD whose Period is open has minimumUpdatePeriod.")
  static let periods = Rule(
    "period-ids", .must, dash + "§5.3.2.2",
    "A Period of a dynamic MPD has an id that occurs once, and a start.")
  static let representationIDs = Rule(
    "representation-ids", .must, dash + "§5.3.5.2",
    "Each Representation has an id that occurs once in its Period.")
  static let representationBandwidth = Rule(
    "representation-bandwidth", .must, dash + "§5.3.5.2",
    "Each Representation has a bandwidth above 0.")
  static let mimeTypes = Rule(
    "mime-types", .must, dash + "§5.3.7.2", "Each Representation has a mimeType.")
  static let representationCodecs = Rule(
    "representation-codecs", .should, dash + "§5.3.7.2", "Each Representation has codecs.")
  static let addressing = Rule(
    "segment-addressing", .must, dash + "§5.3.9.4",
    "A SegmentTemplate has media with $Number$ or $Time$, and duration or a SegmentTimeline.")
  static let timelineOrder = Rule(
    "timeline-order", .must, dash + "§5.3.9.6",
    "Segments of a SegmentTimeline do not overlap and have durations above 0.")
  static let offsetBelowDuration = Rule(
    "time-offset-below-duration", .must, iop + "9.X.4.3-3",
    "availabilityTimeOffset is above 0 and below the segment duration.")
  static let incompleteStated = Rule(
    "incomplete-stated", .should, dash + "§5.3.9.5.1",
    "A live template with availabilityTimeOffset has availabilityTimeComplete=\"false\".")
  static let clockSource = Rule(
    "utc-timing", .must, iop + "9.X.4.2-2", "A low-latency MPD has a UTCTiming.")
  static let clockTrue = Rule(
    "utc-timing-true", .must, dash + "§5.8.4.11",
    "The clock of UTCTiming agrees with the Date field of the origin within two seconds.")
  static let latencyStated = Rule(
    "latency-stated", .should, iop + "9.X.4.2-4",
    "A low-latency MPD has a ServiceDescription with a target Latency.")
  static let latencyOrder = Rule(
    "latency-order", .must, dash + "Annex K.3.2",
    "Latency min, target and max, and PlaybackRate min and max, are in order.")
  static let referenceTimes = Rule(
    "producer-reference-times", .must, iop + "9.X.4.2-6",
    "Each AdaptationSet of a low-latency MPD but those of images has a ProducerReferenceTime with "
      + "wallClockTime and presentationTime.")

  static let manifestRules = [
    wellFormed, profiles, availabilityStart, startPassed, updatePeriod, periods,
    representationIDs, representationBandwidth, mimeTypes, representationCodecs, addressing,
    timelineOrder, offsetBelowDuration, incompleteStated, clockSource, clockTrue, latencyStated,
    latencyOrder, referenceTimes,
  ]
}

extension Manifest {
  /// Whether segments are available before they are complete.
  var isLowLatency: Bool {
    tracks.contains { $0.template.map { !$0.isCompleteAtOnce } ?? false }
      || tracks.contains { ($0.template?.availabilityTimeOffset ?? 0) > 0 }
  }
}

extension Findings {
  /// Checks one MPD, by itself.
  mutating func checkManifest(_ manifest: Manifest, _ place: Place) {
    let root = manifest.root
    check(
      .profiles, root["profiles"] != nil && root["minBufferTime"] != nil, place,
      seen:
        "profiles=\(root["profiles"] ?? "none") minBufferTime=\(root["minBufferTime"] ?? "none")")
    checkIDs(manifest, place)
    for track in manifest.tracks { checkTrack(track, place) }
    guard manifest.isDynamic else { return }
    check(
      .availabilityStart, manifest.availabilityStart != nil && manifest.publishTime != nil, place,
      seen: "availabilityStartTime=\(root["availabilityStartTime"] ?? "none") "
        + "publishTime=\(root["publishTime"] ?? "none")")
    if let start = manifest.availabilityStart {
      check(
        .startPassed, start <= place.time + 1, place,
        seen: "availabilityStartTime \(Self.rounded(start - place.time)) s ahead")
    }
    let isOpen = root.all("Period").last.map { $0["duration"] == nil } ?? false
    check(
      .updatePeriod, !isOpen || manifest.updatePeriod != nil, place,
      seen: "no minimumUpdatePeriod")
    if manifest.isLowLatency { checkLowLatency(manifest, place) }
  }

  private mutating func checkIDs(_ manifest: Manifest, _ place: Place) {
    let periods = manifest.root.all("Period")
    let ids = periods.map { $0["id"] ?? "" }
    if manifest.isDynamic {
      check(
        .periods,
        Set(ids).count == ids.count && !ids.contains("")
          && periods.allSatisfy { $0["start"] != nil || periods.count > 1 },
        place, seen: "Periods with the ids \(ids)")
    }
    for period in Set(manifest.tracks.map(\.period)) {
      let ids = manifest.tracks.filter { $0.period == period }.map(\.id)
      check(
        .representationIDs, Set(ids).count == ids.count && !ids.contains(""), place,
        seen: "Representations with the ids \(ids) in Period \(period)")
    }
  }

  private mutating func checkTrack(_ track: Manifest.Track, _ place: Place) {
    let name = "Representation \(track.id)"
    check(
      .representationBandwidth, (track.bandwidth ?? 0) > 0, place,
      seen: "\(name) with bandwidth \(track.bandwidth ?? 0)")
    check(.mimeTypes, !track.mimeType.isEmpty, place, seen: "\(name) without mimeType")
    check(.representationCodecs, track.codecs != nil, place, seen: "\(name) without codecs")
    guard let template = track.template else { return }
    let media = template.media ?? ""
    let hasTime = (template.duration ?? 0) > 0 || template.timeline != nil
    check(
      .addressing, (media.contains("$Number") || media.contains("$Time")) && hasTime, place,
      seen: "\(name) with media=\"\(media)\", \(hasTime ? "a duration" : "no duration")")
    if let timeline = template.timeline {
      let isOrdered = zip(timeline, timeline.dropFirst()).allSatisfy { before, after in
        after.start >= before.start.addingReportingOverflow(before.duration).partialValue
      }
      check(
        .timelineOrder, isOrdered && timeline.allSatisfy { $0.duration > 0 }, place,
        seen: "\(name) with segments that overlap or last no time")
    }
    guard let offset = template.availabilityTimeOffset else { return }
    check(
      .incompleteStated, offset <= 0 || !template.isCompleteAtOnce, place,
      seen: "availabilityTimeOffset=\(offset) of \(name) without availabilityTimeComplete")
    let longest =
      template.seconds
      ?? template.timeline?.last.map { Double($0.duration) / Double(template.timescale) } ?? 0
    check(
      .offsetBelowDuration, offset > 0 && offset < longest, place,
      seen: "availabilityTimeOffset=\(offset) of \(name)", expected: "above 0, below \(longest)")
  }

  private mutating func checkLowLatency(_ manifest: Manifest, _ place: Place) {
    let root = manifest.root
    check(.clockSource, !root.all("UTCTiming").isEmpty, place, seen: "no UTCTiming")
    let nodes = root.descendants
    let latencies = nodes.filter { $0.name == "Latency" }
    check(
      .latencyStated, latencies.contains { $0["target"] != nil }, place, seen: "no Latency@target")
    for latency in latencies {
      let values = ["min", "target", "max"].compactMap { latency[$0].flatMap { Double($0) } }
      check(
        .latencyOrder, values == values.sorted(), place,
        seen: "Latency min, target, max of \(values)")
    }
    for rate in nodes where rate.name == "PlaybackRate" {
      let values = ["min", "max"].compactMap { rate[$0].flatMap { Double($0) } }
      check(
        .latencyOrder, values == values.sorted(), place, seen: "PlaybackRate min, max of \(values)")
    }
    // Thumbnails are complete files, which no player shows as the live picture.
    let sets = nodes.filter { $0.name == "AdaptationSet" && $0["contentType"] != "image" }
    for set in sets {
      let times = set.descendants.filter { $0.name == "ProducerReferenceTime" }
      let isWhole = times.allSatisfy {
        $0["wallClockTime"] != nil && $0["presentationTime"] != nil
      }
      check(
        .referenceTimes, !times.isEmpty && isWhole, place,
        seen: "AdaptationSet \(set["id"] ?? "") with \(times.count) ProducerReferenceTime")
    }
  }
}
