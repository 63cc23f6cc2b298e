// SPDX-License-Identifier: Apache-2.0

package import Time

/// The media of a publisher, and its gaps, such as missing key frames: a pure state machine.
///
/// Each text is one line, and contains nothing that the publisher has chosen.
package struct PublisherReport: Sendable, Equatable {
  /// A line for the owner of the publisher, with the client.
  package enum Line: Sendable, Equatable {
    /// The media, which are used.
    case accepted(String)
    /// The media give no picture, and why.
    case noPicture(String)
    /// Audio arrives that cannot be decoded, and why.
    case noAudio(String)
  }

  /// The state of the media, and its words without the client.
  package enum State: Sendable, Equatable {
    /// No picture yet, and none is overdue.
    case waiting(String)
    /// The media give pictures.
    case accepted(String)
    /// The media give no picture.
    case noPicture(String)
    /// The media give pictures, and audio that cannot be decoded.
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

    /// The codec, and its form if that is unusual.
    var words: String { hasStartCodes && hasUnits ? "\(codec) in Annex B form" : codec }
  }

  /// The arrived audio.
  struct Audio: Sendable, Equatable {
    /// The name of the codec.
    let codec: String
    /// Whether its decoder configuration is missing.
    var isUndescribed = false
  }

  /// The time in which the media must give a picture.
  package static let limit = Interval.seconds(5)
  /// The same for media with key frames: they are examined until the next but one.
  package static let keyLimit = Interval.seconds(12)
  /// The time after the first picture in which audio is awaited for the line.
  private static let audioWait = Interval.seconds(1)
  /// The video that is taken.
  package static let expected = "expected H.264, HEVC, AV1 or VP9"

  /// The client, such as `from 192.0.2.0 by RTMP`; empty if unknown.
  package var client = ""
  /// The last time at which the media gave pictures, or the start.
  private var shown: MonotonicTime
  private var video: Video?
  /// When the first video of its codec arrived; nil before video.
  private var videoBegan: MonotonicTime?
  private var audio: Audio?
  /// When audio arrived first; nil before.
  private var audioBegan: MonotonicTime?
  private var isContainer = false
  /// When the media gave pictures first; nil before.
  private var firstShown: MonotonicTime?
  /// Whether a line has accepted the media.
  private var isAccepted = false
  private var hasToldPicture = false
  private var hasToldAudio = false

  /// A publisher that begins.
  package init(at now: MonotonicTime) { shown = now }

  /// Notes the arrived parts of the first video track at `now`.
  mutating func note(_ video: Video, at now: MonotonicTime) {
    if video.codec != self.video?.codec { videoBegan = now }
    self.video = video
  }

  /// Notes the first audio track at `now`.
  mutating func note(_ audio: Audio, at now: MonotonicTime) {
    audioBegan = audioBegan ?? now
    self.audio = audio
  }

  /// Notes bytes of a container.
  mutating func noteContainer() { isContainer = true }

  /// The state at `now`; `isShown`: whether the media give pictures.
  package func state(at now: MonotonicTime, isShown: Bool) -> State {
    if !isShown, let reason = missingPicture(at: now) { return .noPicture(reason) }
    guard isShown else {
      return .waiting(media.map { "\($0): the first picture is awaited" } ?? "media is awaited")
    }
    if let reason = missingAudio(at: now) {
      return .noAudio("\(video?.words ?? "video"): accepted; \(reason)")
    }
    return .accepted("\(media ?? "media"): accepted")
  }

  /// The lines that are due, each once; `isShown`: whether the media give pictures.
  ///
  /// Media that give pictures after a line about none are accepted by a line.
  package mutating func lines(at now: MonotonicTime, isShown: Bool) -> [Line] {
    var lines: [Line] = []
    if isShown { (shown, firstShown) = (now, firstShown ?? now) }
    let isOdd = video.map { $0.hasStartCodes && $0.hasUnits } ?? false
    // The line names both tracks.
    let isWhole = isShown && (audio != nil || now - (firstShown ?? now) >= Self.audioWait)
    if isWhole || isOdd && !hasToldPicture, !isAccepted || hasToldPicture, let media {
      (isAccepted, hasToldPicture) = (true, false)
      let expectation = isOdd ? " (expected NAL units after their lengths)" : ""
      lines.append(.accepted("\(media)\(from)\(expectation): accepted"))
    }
    if !hasToldPicture, let reason = missingPicture(at: now) {
      hasToldPicture = true
      lines.append(.noPicture(named(reason)))
    }
    if !hasToldAudio, let reason = missingAudio(at: now) {
      hasToldAudio = true
      lines.append(.noAudio(named(reason)))
    }
    return lines
  }

  /// The client after a space; empty if it is unknown.
  private var from: String { client.isEmpty ? "" : " \(client)" }

  /// A reason after the client.
  private func named(_ reason: String) -> String {
    client.isEmpty ? reason : "\(client): \(reason)"
  }

  /// The tracks that have arrived; nil for none.
  private var media: String? {
    let parts = [video?.words, audio?.codec].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: " and ")
  }

  private static var seconds: String { "\(limit.wholeSeconds) s" }

  private func missingAudio(at now: MonotonicTime) -> String? {
    guard let audio, let audioBegan, audio.isUndescribed, now - audioBegan >= Self.limit else {
      return nil
    }
    return "\(audio.codec) without its decoder configuration for \(Self.seconds): no audio yet"
      + " (expected a sequence header before the first frame)"
  }

  /// The missing part of media that has given no picture for too long, nil before: the time of
  /// video begins with it, not with audio that began before.
  private func missingPicture(at now: MonotonicTime) -> String? {
    let age = now - max(shown, videoBegan ?? shown)
    guard age >= Self.limit else { return nil }
    guard let video else {
      if let audio {
        return "\(audio.codec), audio only for \(Self.seconds): no picture yet (\(Self.expected))"
      }
      return isContainer
        ? "no video that can be decoded in the container for \(Self.seconds)"
          + " (expected a key frame of H.264 or HEVC with its parameter sets)"
        : "neither video nor audio for \(Self.seconds): no picture yet (\(Self.expected))"
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
      ? nil
      : "\(video.words) that gives no picture for \(Self.keyLimit.wholeSeconds) s"
        + " (expected a key frame that can be decoded, one per second)"
  }
}

extension PublisherReport {
  /// libavcodec's name of a codec, for people.
  static func words(_ codec: String) -> String {
    switch codec {
    case "h264": "H.264"
    case "hevc": "HEVC"
    case "mpeg2video": "MPEG-2"
    case "ac3": "AC-3"
    case "eac3": "E-AC-3"
    case "opus": "Opus"
    case "aac_latm": "AAC in LATM"
    // The publisher has chosen other names.
    case _ where codec.utf8.count <= 12 && codec.utf8.allSatisfy(isPlain): codec.uppercased()
    default: "an unknown codec"
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
