// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// Finds from the first access units whether an input can be passed through, and how: a pure state
/// machine.
///
/// `Configuration/Checks/PassThroughDecision.swift` decides. The result is known at the key frame
/// that would end the first segment: the first key frame at or after the requested segment
/// duration. A later change of the source does not change the result; the session handles it.
package struct PassThroughAnalysis: Sendable {
  /// The parameters of pass-through.
  package struct Fit: Sendable, Equatable, Codable {
    /// The frame rate.
    package var rate: FrameRate
    /// The longest observed GOP, in frames from IDR to IDR.
    package var groupFrames: Int64
    /// Frames in a segment: the larger of GOP and requested segment, of which one divides the
    /// other.
    ///
    /// With variable duration, the minimum.
    package var segmentFrames: Int64
    /// Whether segments have variable duration, since GOPs differ or do not divide the segment.
    package var hasVariableDuration = false
    /// How far decoding and presentation order differ.
    package var reordering = Reordering.none

    /// The same rate with variable-duration segments of at least `segmentMicroseconds`.
    package func withVariableDuration(segmentMicroseconds: Int64) -> Fit {
      let segmentation = Segmentation(
        rate: rate, segmentMicroseconds: segmentMicroseconds, partMicroseconds: segmentMicroseconds)
      return Fit(
        rate: rate, groupFrames: groupFrames, segmentFrames: segmentation.framesPerSegment,
        hasVariableDuration: true, reordering: reordering)
    }
  }

  /// Why an input must be encoded.
  package enum Reason: Sendable, Equatable, CustomStringConvertible, Codable {
    /// The codec cannot be passed through.
    case codec(String)
    /// Decoding order and presentation order differ; a new analysis may permit it.
    case reordered
    /// Pictures are presented before the key frame that precedes them in decoding order.
    case openGroup
    /// A frame is more than half a frame duration away from the grid of the rate.
    case irregularRate(FrameRate)
    /// Timestamps count frames at the rate, but this many arrive in 1000 seconds.
    case unpaced(FrameRate, arriving: Int64)
    /// Timestamps jump, or are far from the frames of the rate.
    case unplaceable(FrameRate)
    /// No IDR arrived for this many seconds.
    case longGroup(Int64)
    /// The input is a playlist, whose media arrives in bursts.
    case playlist

    /// The reason in a few words, for the log.
    package var description: String {
      switch self {
      case .codec(let name): "\(name) is none of H.264, HEVC, AV1 and VP9"
      case .reordered: "the stream has B-frames"
      case .openGroup: "the stream has B-frames that refer to two groups (open GOP)"
      case .irregularRate(let rate): "the frames are not on the grid of \(rate) fps"
      case .unpaced(let rate, let arriving):
        "its timestamps count \(rate) frames per second, but \(Decimal.string(arriving, digits: 3))"
          + " arrive"
      case .unplaceable(let rate):
        "its timestamps jump or are far from frames of \(rate) fps"
      case .playlist: "the input is a playlist"
      case .longGroup(let seconds): "no key frame for more than \(seconds) s"
      }
    }
  }

  /// The result of the analysis.
  package enum Verdict: Sendable, Equatable, Codable {
    /// No key frame has ended a segment yet.
    case undecided
    /// The input can be passed through.
    case fits(Fit)
    /// The input must be encoded.
    case unfit(Reason)
  }

  /// The longest permitted GOP by default.
  package static let defaultLongestGroup = Interval.seconds(4)

  /// How long a rate is measured that nothing states, if timestamps have jitter.
  private static let measuringTime = Interval.seconds(3)

  /// The present result; final unless `undecided`.
  package private(set) var verdict = Verdict.undecided

  /// The bitrate of the largest GOP in bit/s; 0 before the first GOP is complete.
  package private(set) var peakBitrate: Int64 = 0

  private let segmentMicroseconds: Int64
  private let maximumGroupTime: Interval
  private let declared: FrameRate?
  /// The rate that metadata name; see ``InputRate``.
  private let named: FrameRate?
  /// The rate that the settings state; nil if the source decides.
  private let stated: FrameRate?
  private let isFile: Bool
  /// The timestamp of the first frame, if that is not an IDR.
  private var first: SourceTime?
  private var timestamps: [SourceTime] = []
  private var units: [FrameOrder.Unit] = []
  private var keys: [Int] = []
  private var groupBytes: Int64 = 0

  /// An analysis of a stream.
  ///
  /// - Parameters:
  ///   - video: the description of the video stream.
  ///   - segmentMicroseconds: the requested segment duration, in microseconds.
  ///   - maximumGroupTime: the longest permitted GOP.
  ///   - declaredRate: the frame rate that the codec declares; nil if undeclared.
  ///   - statedRate: the frame rate that the settings state; nil if the source decides.
  ///   - isFile: whether all access units can be read before the stream begins; the decision then
  ///     comes with ``finish(isLoop:)``.
  ///   - isPlaylist: whether the input is a playlist.
  package init(
    _ video: InputDescription.Video, segmentMicroseconds: Int64,
    maximumGroupTime: Interval = defaultLongestGroup, declaredRate: FrameRate? = nil,
    statedRate: FrameRate? = nil, isFile: Bool = false, isPlaylist: Bool = false
  ) {
    self.isFile = isFile
    self.segmentMicroseconds = segmentMicroseconds
    self.maximumGroupTime = maximumGroupTime
    declared = statedRate ?? declaredRate ?? video.rate
    stated = statedRate
    named = InputRate.named(video.namedMillihertz)
    if video.passThroughCodec == nil { verdict = .unfit(.codec(video.codec)) }
    if isPlaylist { verdict = .unfit(.playlist) }
  }

  /// Decides by the access units of a file; a long file may not have been read to its end.
  ///
  /// - Parameter isLoop: whether the file starts over when it ends. Segments of a fixed duration
  ///   that the file does not consist of would then end with each turn.
  package mutating func finish(isLoop: Bool) {
    guard verdict == .undecided, !keys.isEmpty else { return }
    decide(isEnd: true)
    guard isLoop, case .fits(let fit) = verdict, !fit.hasVariableDuration,
      // bounded: a segment has at least one frame
      Int64(timestamps.count) % fit.segmentFrames != 0
    else { return }
    verdict = .fits(fit.withVariableDuration(segmentMicroseconds: segmentMicroseconds))
  }

  /// Adds the next access unit in decoding order, of `size` bytes.
  ///
  /// A leading picture belongs to two groups, whatever its timestamp. Decode timestamp and `count`,
  /// see ``AccessUnit/pictureOrder``, tell B-frames from jitter. The arrival confirms a lost access
  /// unit; without it timestamps alone do.
  package mutating func take(
    pts: SourceTime, dts: SourceTime? = nil, count: Int64? = nil, isKey: Bool,
    isLeading: Bool = false, size: Int = 0, arrival: MonotonicTime? = nil
  ) {
    guard verdict == .undecided else { return }
    guard isKey || !keys.isEmpty else {
      // Some streams have no IDR after their start: rolling intra refresh, open GOPs.
      let first = first ?? pts
      self.first = first
      if pts - first > maximumGroupTime {
        verdict = .unfit(.longGroup(maximumGroupTime.wholeSeconds))
      }
      return
    }
    if isKey, let key = keys.last, pts > timestamps[key] {
      // bounded: bytes of one group, each unit at most 32 MB
      peakBitrate = max(peakBitrate, (pts - timestamps[key]).rate(of: groupBytes * 8))
      groupBytes = 0
    }
    groupBytes += Int64(size)
    if isLeading {
      verdict = .unfit(.openGroup)
      return
    }
    if isKey { keys.append(timestamps.count) }
    timestamps.append(pts)
    units.append(.init(pts: pts, dts: dts, count: count, isKey: isKey, arrival: arrival))
    if isKey, keys.count > 1 {
      if !isFile { decide() }
    } else if let last = keys.last, pts - timestamps[last] > maximumGroupTime {
      verdict = .unfit(.longGroup(maximumGroupTime.wholeSeconds))
    }
  }

  private mutating func decide(isEnd: Bool = false) {
    let measured = InputRate.nearest(timestamps: timestamps, declared: declared, named: named)
    guard let rate = stated ?? measured else { return }
    let order = FrameOrder(units, rate: rate)
    let segmentation = Segmentation(
      rate: rate, segmentMicroseconds: segmentMicroseconds, partMicroseconds: segmentMicroseconds)
    let segment = segmentation.framesPerSegment
    guard let first = keys.first, isEnd || Int64(timestamps.count - 1 - first) >= segment else {
      return
    }
    guard isEnd || declared != nil || order.isSteady || order.span >= Self.measuringTime else {
      return
    }
    guard order.hasClosedGroups else {
      verdict = .unfit(.openGroup)
      return
    }
    guard order.isRegular else {
      verdict = .unfit(order.endsOpen ? .openGroup : .irregularRate(rate))
      return
    }
    let starts = keys.map { order.frames[$0] }
    var groups = zip(starts.dropFirst(), starts).map { $0 - $1 }
    // The last group of a file may be short, unless it is the only one.
    if groups.isEmpty { groups = [Int64(timestamps.count)] }
    let distance = Self.distance(groups, isExact: isEnd)
    let frames = distance ?? groups.max() ?? segment
    // bounded: groups and segments have at least one frame
    let isRegularGroup = distance != nil && (frames % segment == 0 || segment % frames == 0)
    let fit = Fit(
      rate: rate, groupFrames: frames, segmentFrames: max(frames, segment),
      reordering: order.reordering)
    verdict = .fits(
      isRegularGroup ? fit : fit.withVariableDuration(segmentMicroseconds: segmentMicroseconds))
  }

  /// The distance of key frames in frames; nil if it varies.
  ///
  /// Unless it must be exact, one of three groups or more may differ by a frame: after a line has
  /// held media, late arrivals confirm a lost frame if timestamps are uneven.
  private static func distance(_ groups: [Int64], isExact: Bool) -> Int64? {
    let usual = groups.sorted()[groups.count / 2]  // bounded: a group at least
    let others = groups.filter { $0 != usual }
    guard let other = others.first else { return usual }
    // bounded: frames of some seconds
    let isNear = groups.count >= 3 && others.count == 1 && abs(other - usual) == 1
    return isNear && !isExact ? usual : nil
  }
}
