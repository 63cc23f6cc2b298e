// SPDX-License-Identifier: Apache-2.0

package import Time

/// The media of a publisher, and its gaps, such as missing key frames: a pure state machine.
///
/// Each text is one line, and contains nothing that the publisher has chosen.
package struct PublisherReport: Sendable, Equatable {
  /// A line for the owner of the publisher.
  package enum Line: Sendable, Equatable {
    /// Media of an unusual form, which is used.
    case accepted(String)
    /// The media give no picture, and why.
    case noPicture(String)
    /// Audio arrives that cannot be decoded, and why.
    case noAudio(String)
  }

  /// The arrived parts of the first video track.
  struct Video: Sendable, Equatable {
    /// The name of the codec.
    let codec: String
    /// Whether all parameter sets have arrived.
    var isDescribed = false
    /// Whether an access unit has arrived.
    var hasUnits = false
    /// Whether a key frame has arrived.
    var hasKey = false
    /// Whether NAL units follow start codes in a container with lengths.
    var hasStartCodes = false
  }

  /// The time in which the media must give a picture.
  package static let limit = Interval.seconds(5)
  /// The same for media with key frames: they are examined until the next but one.
  package static let keyLimit = Interval.seconds(12)

  private let began: MonotonicTime
  /// The last time at which the media gave pictures, or the start.
  private var shown: MonotonicTime
  private var video: Video?
  /// The codec of audio whose decoder configuration is missing.
  private var undescribedAudio: String?
  private var hasAudio = false
  private var isContainer = false
  private var isAccepted = false
  private var hasToldPicture = false
  private var hasToldAudio = false

  /// A publisher that begins.
  package init(at now: MonotonicTime) { (began, shown) = (now, now) }

  /// Notes the arrived parts of the first video track.
  mutating func note(_ video: Video) { self.video = video }

  /// Notes audio; `undescribed` is its codec if its decoder configuration is missing.
  mutating func noteAudio(undescribed: String?) {
    (hasAudio, undescribedAudio) = (true, undescribed)
  }

  /// Notes bytes of a container.
  mutating func noteContainer() { isContainer = true }

  /// The lines that are due, each once; `isShown`: whether the media give pictures.
  package mutating func lines(at now: MonotonicTime, isShown: Bool) -> [Line] {
    var lines: [Line] = []
    if let video, video.hasStartCodes, video.hasUnits, !isAccepted {
      isAccepted = true
      lines.append(
        .accepted("\(video.codec) in Annex B form (expected NAL units after their lengths)"))
    }
    if isShown { shown = now }
    if !hasToldPicture, let reason = missingPicture(now - shown) {
      hasToldPicture = true
      lines.append(.noPicture(reason))
    }
    if let codec = undescribedAudio, !hasToldAudio, now - began >= Self.limit {
      hasToldAudio = true
      lines.append(
        .noAudio("\(codec) without its decoder configuration for \(Self.seconds): no audio yet"))
    }
    return lines
  }

  private static var seconds: String { "\(limit.wholeSeconds) s" }

  private func missingPicture(_ age: Interval) -> String? {
    guard age >= Self.limit else { return nil }
    if isContainer {
      return "no video that can be decoded in the container for \(Self.seconds)"
        + " (expected a key frame of H.264 or HEVC with its parameter sets)"
    }
    guard let video else {
      return hasAudio
        ? "audio only for \(Self.seconds): no picture yet (expected H.264, HEVC, AV1 or VP9)" : nil
    }
    guard video.isDescribed else {
      return "\(video.codec) without parameter sets for \(Self.seconds): no picture yet"
        + " (expected a sequence header, or SPS and PPS before a key frame)"
    }
    guard video.hasUnits else {
      return "\(video.codec) in which no frame is found for \(Self.seconds): no picture yet"
        + " (expected NAL units after their lengths or start codes)"
    }
    guard video.hasKey else {
      return "\(video.codec) without a key frame for \(Self.seconds): no picture yet"
        + " (expected one per second)"
    }
    return age < Self.keyLimit
      ? nil : "\(video.codec) that gives no picture for \(Self.keyLimit.wholeSeconds) s"
  }
}

extension PassThroughCodec {
  /// The name for people.
  var words: String {
    switch self {
    case .h264: "H.264"
    case .hevc: "HEVC"
    case .av1: "AV1"
    case .vp9: "VP9"
    }
  }
}
