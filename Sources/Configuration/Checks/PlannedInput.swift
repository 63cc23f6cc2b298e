// SPDX-License-Identifier: Apache-2.0

import Capture
package import Media
import Packaging
package import Streams
import Time

/// The facts about an opened input, and the decision whether it is passed through.
package struct PlannedInput: Sendable {
  let facts: SourceFacts
  /// How it is packaged without re-encoding; nil if it is encoded.
  let fit: PassThroughAnalysis.Fit?
  /// Why it is encoded, for the log; nil if the settings ask for encoding or it is passed through.
  package let encodingReason: String?
  /// The segmentation of the session before; nil for the first one.
  private let former: Segmentation?

  /// Decides whether the input is passed through.
  ///
  /// - Parameters:
  ///   - facts: the facts about it.
  ///   - settings: the settings of its stream.
  ///   - isIrregular: whether the distances between its key frames turned out to vary.
  ///   - reason: why it must be encoded whatever the facts are; nil if they decide.
  ///   - former: the segmentation of the session before; nil for the first one.
  ///   - listed: the largest Target Duration that playlists of the stream have had, in seconds.
  /// - Throws: an error if `--passthrough always` is impossible.
  package init(
    _ facts: SourceFacts, settings: StreamSettings, isIrregular: Bool,
    unpaced reason: String? = nil, after former: Segmentation? = nil,
    targetDuration listed: Int64 = 0
  ) throws(UsageError) {
    self.facts = facts
    self.former = former
    switch PassThroughDecision(settings).outcome(
      facts, isIrregular: isIrregular, unpaced: reason)
    {
    case .passThrough(let fit):
      let kept = fit.keepingNumbers(of: former)
      let obstacle = former.flatMap { former in
        kept.obstacle(
          after: former, targetDuration: max(listed, former.targetDuration),
          longestGroup: settings.maximumGroupTime, keepsRate: settings.keepsRate)
      }
      // A camera that turned irregular would be encoded permanently: its value rises once.
      let mayChange = isIrregular && settings.input?.kind != .publisher
      if settings.passThrough == .auto, !mayChange, let obstacle {
        (self.fit, encodingReason) = (nil, obstacle)
      } else {
        (self.fit, encodingReason) = (kept, nil)
      }
    case .encode(let reason): (fit, encodingReason) = (nil, reason)
    case .refuse(let reason):
      let input = settings.input.map { "\"\($0)\"" } ?? "the input"
      throw UsageError(
        .setting("passthrough", "always"), .problem("impossible with \(input): \(reason)"))
    }
  }

  /// The settings, completed by the facts.
  ///
  /// The input gives its size if the settings have none, and likewise its rate. Pass-through
  /// also determines the durations and the length of the window.
  func complete(_ settings: StreamSettings) -> StreamSettings {
    var settings = settings
    if fit != nil, let ladder { settings.ladder = ladder }
    if settings.size == nil, settings.ladder.isEmpty {
      settings.size = facts.description.video.size
    }
    guard let fit else {
      if let former, keepsRate(of: former, settings) {
        // Numbers depend on both.
        settings.rate = former.grid.rate
        let duration = former.segmentDuration + .nanoseconds(500)
        settings.segmentDuration = .microseconds(duration.microseconds)
      }
      settings.rate = settings.rate ?? facts.rate
      return settings
    }
    settings.rate = fit.rate
    let duration = FrameGrid(rate: fit.rate).duration(ofFrames: fit.segmentFrames)
    settings.segmentDuration = .microseconds((duration + .nanoseconds(500)).microseconds)
    settings.requestedPartDuration = settings.requestedPartDuration.map {
      min($0, settings.segmentDuration)
    }
    settings.prefill = 0
    if fit.hasVariableDuration {
      // Three target durations of this input can be more segments than those of the settings.
      let least = WindowLengths.minimumListed(
        settings.segmentation(hasVariableDuration: true))
      settings.playlistLength = settings.playlistLength.map { max($0, least) }
      settings.retained = settings.retained.map { max($0, least + 2) }
    }
    if settings.ladder.isEmpty { settings.bitrateKilobits = Self.kilobits(facts.peakBitrate) }
    return settings
  }

  /// Whether an encoded session has the rate and the segments of the session before: the settings
  /// state no rate, and the source is a publisher or states none, the same one, or one with another
  /// timescale.
  ///
  /// A rate that was measured on a line with jitter would change the numbers of segments.
  private func keepsRate(of former: Segmentation, _ settings: StreamSettings) -> Bool {
    guard settings.rate == nil else { return false }
    guard facts.rate.timescale == former.grid.rate.timescale else { return true }
    guard !former.hasVariableDuration else { return false }
    if settings.keepsRate { return true }
    return facts.description.video.rate.map { $0 == former.grid.rate } ?? true
  }

  /// The observed peak, and half of it in reserve.
  private static func kilobits(_ peak: Int64) -> Int {
    let kilobits = (peak * 3 / 2 + 99_999) / 100_000 * 100
    return Int(min(max(kilobits, 100), 1_000_000))
  }

  /// The video tracks of a publisher as a ladder, the largest first; nil if there is one track.
  private var ladder: [RequestedRendition]? {
    let videos = facts.description.videos
    let sizes = videos.compactMap(\.size)
    let bitrates = [facts.peakBitrate] + facts.otherBitrates
    guard sizes.count > 1, sizes.count == videos.count, bitrates.count == videos.count,
      let top = facts.description.videosBySize.first,
      sizes.allSatisfy({ $0.width <= sizes[top].width && $0.height <= sizes[top].height })
    else { return nil }
    var names: Set<String> = []
    var rows: [(size: VideoSize, kilobits: Int)] = []
    // The smallest first. Players order renditions by bandwidth: a larger picture whose content
    // took fewer bits when it was observed must not come below a smaller one.
    for index in facts.description.videosBySize.reversed() {
      let size = sizes[index]
      let below = rows.lazy.filter { $0.size != size }.map(\.kilobits).max() ?? 0
      var kilobits = max(Self.kilobits(bitrates[index]), below + 1)
      // Renditions of one height are named by their bitrates.
      while !names.insert("\(size.height)p-\(kilobits)").inserted { kilobits += 1 }
      rows.append((size, kilobits))
    }
    return rows.reversed().map {
      RequestedRendition(size: .size($0.size), bitrateKilobits: $0.kilobits)
    }
  }
}

extension PassThroughAnalysis.Fit {
  /// Why players of the stream could not continue with the media passed through; nil if they can.
  ///
  /// - Parameters:
  ///   - former: the segmentation of the session before.
  ///   - listed: the Target Duration of its playlists, in seconds.
  ///   - longestGroup: the longest permitted distance of key frames.
  ///   - keepsRate: whether the rate stays.
  /// - Returns: the reason, for the log.
  /// - Source: RFC 8216 §6.2.1: EXT-X-TARGETDURATION does not change; §6.2.2: segments are removed
  ///   from the beginning of a playlist, and one playlist has segments of one rate. Readers of one
  ///   CMAF header take its timescale for that of all media.
  fileprivate func obstacle(
    after former: Segmentation, targetDuration listed: Int64, longestGroup: Interval,
    keepsRate: Bool
  ) -> String? {
    guard rate == former.grid.rate || !keepsRate || former.hasVariableDuration else {
      return "\(rate) frames per second follow \(former.grid.rate)"
    }
    guard rate.timescale == former.grid.rate.timescale else {
      return "\(rate) frames per second need another timescale than the media before"
    }
    let duration = FrameGrid(rate: rate).duration(ofFrames: segmentFrames)
    let needed = Segmentation(
      rate: rate, segmentMicroseconds: (duration + .nanoseconds(500)).microseconds,
      partMicroseconds: 1,
      maximumGroupMicroseconds: hasVariableDuration ? longestGroup.microseconds : nil
    ).targetDuration
    guard needed > listed else { return nil }
    return "its key frames do not divide the segments of the source before, and their target "
      + "duration of \(listed) s cannot change"
  }

  /// The same with the shortest segments of the session before: numbers and the Target Duration
  /// depend on them.
  ///
  /// At another rate they last as long, to the nearest frame. If groups of pictures do not divide
  /// them, or the session before had variable duration, segments have variable duration.
  fileprivate func keepingNumbers(of former: Segmentation?) -> PassThroughAnalysis.Fit {
    guard let former else { return self }
    let frames =
      former.grid.rate == rate
      ? former.framesPerSegment : max(1, rate.nearestCount(former.segmentDuration))
    guard former.hasVariableDuration || frames != segmentFrames else { return self }
    var kept = self
    kept.segmentFrames = frames
    // bounded: a group has at least one frame
    let isWhole = groupFrames > 0 && frames % groupFrames == 0
    kept.hasVariableDuration = hasVariableDuration || former.hasVariableDuration || !isWhole
    return kept
  }
}

extension StreamSettings {
  /// Whether a publisher has the rate of the session before.
  ///
  /// Not if the operator asked for no encoder. Cameras keep their own rate: each would be encoded
  /// permanently.
  var keepsRate: Bool { passThrough != .always && input?.kind == .publisher }

  /// How frames are grouped into segments and parts.
  func segmentation(hasVariableDuration: Bool) -> Segmentation {
    Segmentation(
      rate: rate ?? Self.defaultRate, segmentMicroseconds: segmentDuration.microseconds,
      partMicroseconds: partDuration.microseconds,
      maximumGroupMicroseconds: hasVariableDuration ? maximumGroupTime.microseconds : nil)
  }
}
