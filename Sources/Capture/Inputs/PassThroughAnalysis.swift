// SPDX-License-Identifier: Apache-2.0

package import Media

/// Whether an input can be packaged without decoding, from its first groups of pictures: a pure state machine.
package struct PassThroughAnalysis: Sendable {
  /// How it is packaged.
  package struct Fit: Sendable, Equatable {
    /// Pictures a second.
    package var rate: FrameRate
    /// Pictures from IDR to IDR; the most that were seen.
    package var groupFrames: Int64
    /// Pictures in a segment: the larger of the group and the wished segment, of which one divides the other; where
    /// segments are free, the least.
    package var segmentFrames: Int64
    /// Whether segments end with the first IDR after that many pictures, since groups differ or do not go into them.
    package var hasVariableDuration = false

    /// The same with segments that end with the first IDR after so many microseconds.
    package func free(segmentMicroseconds: Int64) -> Fit {
      let segmentation = Segmentation(
        rate: rate, segmentMicroseconds: segmentMicroseconds, partMicroseconds: segmentMicroseconds)
      return Fit(
        rate: rate, groupFrames: groupFrames, segmentFrames: segmentation.framesPerSegment,
        hasVariableDuration: true)
    }
  }

  /// Why it must be encoded.
  package enum Reason: Sendable, Equatable, CustomStringConvertible {
    /// Neither H.264 nor HEVC.
    case codec(String)
    /// Pictures are not in the order of their display.
    case reordered
    /// A picture lies more than half a frame off the grid of its rate.
    case irregularRate(FrameRate)
    /// No IDR came for so long; seconds.
    case longGroup(Int64)
    /// It is a file, which ends, and is read faster than it plays.
    case file

    /// A few words for the log.
    package var description: String {
      switch self {
      case .codec(let name): "\(name) is neither H.264 nor HEVC"
      case .reordered: "it has B-frames"
      case .irregularRate(let rate): "its pictures do not lie on a grid of \(rate) fps"
      case .file: "it is a file"
      case .longGroup(let seconds): "it has no key picture for more than \(seconds) s"
      }
    }
  }

  /// What is known.
  package enum Verdict: Sendable, Equatable {
    /// Two groups have not been seen yet.
    case undecided
    /// It can be packaged as it is.
    case fits(Fit)
    /// It must be encoded.
    case unfit(Reason)
  }

  /// What it comes to so far; once it is decided it stays.
  package private(set) var verdict = Verdict.undecided

  /// Bits a second of the largest group so far; 0 before the first is complete.
  package private(set) var peakBitrate: Int64 = 0

  private let segmentMicroseconds: Int64
  private let longestGroup: Int64
  private let declared: FrameRate?
  /// The stamp of the first picture, where that is no IDR.
  private var first: Int64?
  private var timestamps: [Int64] = []
  private var keys: [Int] = []
  private var groupBytes: Int64 = 0

  /// An analysis of a stream.
  ///
  /// - Parameters:
  ///   - video: what is known of it.
  ///   - segmentMicroseconds: the wished segment duration.
  ///   - longestGroup: nanoseconds from IDR to IDR that are allowed.
  ///   - declaredRate: pictures a second as the coded stream says; nil where it does not.
  package init(
    _ video: InputDescription.Video, segmentMicroseconds: Int64,
    longestGroup: Int64 = 4_000_000_000, declaredRate: FrameRate? = nil
  ) {
    self.segmentMicroseconds = segmentMicroseconds
    self.longestGroup = longestGroup
    declared = declaredRate ?? video.rate
    if video.nalCodec == nil { verdict = .unfit(.codec(video.codec)) }
  }

  /// Takes the next picture in the order of decoding, of `size` bytes.
  package mutating func take(pts: Int64, isKey: Bool, size: Int = 0) {
    guard verdict == .undecided else { return }
    guard isKey || !keys.isEmpty else {
      // Some have none after their beginning: a rolling intra refresh, open groups.
      let first = first ?? pts
      self.first = first
      if pts - first > longestGroup { verdict = .unfit(.longGroup(longestGroup / 1_000_000_000)) }
      return
    }
    if isKey, let key = keys.last, pts > timestamps[key] {
      let bits = Int128(groupBytes) * 8_000_000_000
      peakBitrate = max(peakBitrate, Int64(clamping: bits / Int128(pts - timestamps[key])))
      groupBytes = 0
    }
    groupBytes += Int64(size)
    if let last = timestamps.last, pts <= last {
      verdict = .unfit(.reordered)
      return
    }
    if isKey { keys.append(timestamps.count) }
    timestamps.append(pts)
    if keys.count == 3 {
      decide()
    } else if let last = keys.last, pts - timestamps[last] > longestGroup {
      verdict = .unfit(.longGroup(longestGroup / 1_000_000_000))
    }
  }

  private mutating func decide() {
    guard let rate = InputRate.nearest(timestamps: timestamps, declared: declared) else { return }
    let (one, other) = (Int64(keys[1] - keys[0]), Int64(keys[2] - keys[1]))
    let grid = FrameGrid(rate: rate)
    let half = rate.frameNanoseconds / 2
    let isRegular = timestamps.enumerated().allSatisfy { index, timestamp in
      abs(timestamp - timestamps[0] - grid.nanoseconds(Int64(index))) <= half
    }
    guard isRegular else {
      verdict = .unfit(.irregularRate(rate))
      return
    }
    let segmentation = Segmentation(
      rate: rate, segmentMicroseconds: segmentMicroseconds, partMicroseconds: segmentMicroseconds)
    let segment = segmentation.framesPerSegment
    let isRegularGroup = one == other && (one % segment == 0 || segment % one == 0)
    let fit = Fit(rate: rate, groupFrames: max(one, other), segmentFrames: max(one, segment))
    verdict = .fits(isRegularGroup ? fit : fit.free(segmentMicroseconds: segmentMicroseconds))
  }
}
