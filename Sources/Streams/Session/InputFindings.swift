// SPDX-License-Identifier: Apache-2.0

package import Capture
package import Media
package import Time

/// The unusual properties of an input, and their consequences for viewers: pure.
///
/// The warnings of the log, `--probe`, `/api` and the panel of the player page show the same list.
package struct InputFindings: Sendable {
  /// The facts on which the list depends.
  package struct Input: Sendable {
    /// The tracks.
    package var description: InputDescription
    /// Whether the video is passed through.
    package var passesThrough: Bool
    /// How far decoding and presentation order of the video differ.
    package var reordering = Reordering.none
    /// The frame rate of the stream; nil if unknown.
    package var rate: FrameRate?
    /// The shortest and the longest distance of frames of a variable rate; nil for a constant one.
    package var distances: ClosedRange<Interval>?
    /// Whether the program can deinterlace; asked for interlaced video only.
    package var deinterlaces: @Sendable () -> Bool = { true }
    /// The counts of the running input.
    package var irregularities = SourceIrregularities()
    /// Packets that were lost or damaged on the way.
    package var lostPackets: UInt64 = 0

    /// The facts about an input whose counts are unknown.
    package init(_ description: InputDescription, passesThrough: Bool) {
      (self.description, self.passesThrough) = (description, passesThrough)
    }
  }

  /// The difference between the arrivals of audio and video that is unusual.
  private static let usualLag = Interval.milliseconds(150)

  /// The findings, those of the video first.
  package let list: [InputFinding]

  /// The findings about an input.
  package init(_ input: Input) {
    list =
      [
        Self.reordering(input), Self.interlaced(input), Self.bitDepth(input), Self.chroma(input),
        Self.dolbyVision(input), Self.dynamicRange(input), Self.rotation(input),
        Self.variableRate(input), Self.displaced(input), Self.steps(input), Self.lost(input),
        Self.audioLag(input),
      ].compactMap(\.self)
  }

  // MARK: The video

  private static func reordering(_ input: Input) -> InputFinding? {
    let frames = input.reordering.frames
    guard frames > 0 else { return nil }
    let advice = "x264: -tune zerolatency, cameras: B-frames 0"
    guard input.passesThrough else {
      return InputFinding(
        .reordering, "the video has B-frames", value: frames, link: " and is encoded: ",
        "pictures wait \(frames) frames for the decoder", advice: advice)
    }
    let delay = input.rate.map { FrameGrid(rate: $0).duration(ofFrames: frames).milliseconds }
    return InputFinding(
      .reordering, "the video has B-frames", value: frames, link: " and is passed through: ",
      "pictures leave \(delay.map { "\($0) ms" } ?? "\(frames) frames") later than without them",
      advice: advice, isWarning: true)
  }

  private static func interlaced(_ input: Input) -> InputFinding? {
    guard input.description.videos.contains(where: \.frames.isInterlaced) else { return nil }
    if input.passesThrough {
      return InputFinding(
        .interlaced, "the video is interlaced", link: " and passed through: ",
        "edges of moving objects are combed", advice: "--passthrough never deinterlaces it",
        isWarning: true)
    }
    return input.deinterlaces()
      ? InputFinding(
        .interlaced, "the video is interlaced", link: " and encoded: ",
        "it is deinterlaced", advice: nil)
      : InputFinding(
        .interlaced, "the video is interlaced", link: " and encoded without deinterlacing: ",
        "edges of moving objects are combed", advice: "libavfilter is not installed",
        isWarning: true)
  }

  private static func bitDepth(_ input: Input) -> InputFinding? {
    guard let bits = input.description.videos.map(\.frames.bitDepth).max(), bits > 8 else {
      return nil
    }
    let measured = "the video has \(bits) bits per sample"
    return input.passesThrough
      ? InputFinding(
        .bitDepth, measured, value: Int64(bits), link: " and is passed through: ",
        "players without a decoder for it show nothing",
        advice: "--passthrough never encodes it with 8 bits", isWarning: true)
      : InputFinding(
        .bitDepth, measured, value: Int64(bits), link: " and is ", "encoded with 8 bits",
        advice: nil, isWarning: true)
  }

  private static func chroma(_ input: Input) -> InputFinding? {
    let formats = input.description.videos.map(\.frames.chroma)
    guard let chroma = formats.first(where: { $0 != .yuv420 }) else { return nil }
    let measured = "the video has \(chroma.rawValue) chroma"
    return input.passesThrough
      ? InputFinding(
        .chroma, measured, link: " and is passed through: ",
        "phones and some browsers show nothing",
        advice: "--passthrough never encodes it as 4:2:0; x264: -pix_fmt yuv420p",
        isWarning: true)
      : InputFinding(.chroma, measured, link: " and is ", "encoded as 4:2:0", advice: nil)
  }

  private static func dynamicRange(_ input: Input) -> InputFinding? {
    let ranges = input.description.videos.map(\.colour.range)
    guard let range = ranges.first(where: { $0 != .sdr }) else { return nil }
    let measured = "the video has a high dynamic range (\(range.rawValue))"
    return input.passesThrough
      ? InputFinding(
        .dynamicRange, measured, link: " and is passed through: ",
        "screens without it show mapped colours", advice: nil)
      : InputFinding(
        .dynamicRange, measured, link: " and is encoded without tone mapping: ",
        "its colours look pale", advice: nil, isWarning: true)
  }

  /// The finding about Dolby Vision that players or the encoder do not show as it is meant.
  private static func dolbyVision(_ input: Input) -> InputFinding? {
    let found = input.description.videos.compactMap(\.dolbyVision)
    if let configuration = found.first(where: \.isIncompatible) {
      return InputFinding(
        .dolbyVision, "the video is Dolby Vision of profile \(configuration.profile)",
        value: Int64(configuration.profile), link: " and ",
        input.passesThrough
          ? "passed through: only players with Dolby Vision show it"
          : "encoded without it: its colours are wrong", advice: nil, isWarning: true)
    }
    guard input.passesThrough,
      let configuration = found.first(where: { configuration in
        !["avc1", "hvc1", "av01"].contains {
          configuration.supplement(to: $0, transfer: 2) != nil
        }
      })
    else { return nil }
    return InputFinding(
      .dolbyVision, "the video is Dolby Vision of profile \(configuration.name)", link: ", ",
      "for which no brand is defined: playlists and MPDs name its base layer only", advice: nil,
      isWarning: true)
  }

  private static func rotation(_ input: Input) -> InputFinding? {
    let rotations = input.description.videos.map(\.rotation)
    guard let rotation = rotations.first(where: { $0 != .none }) else { return nil }
    // bounded: a quarter turn is one of four
    let degrees = Int64(rotation.rawValue) * 90
    let measured = "the video declares a rotation by \(degrees) degrees"
    return input.passesThrough
      ? InputFinding(
        .rotation, measured, value: degrees, link: " and is passed through: ",
        "players turn it by the matrix of its header, others show it on its side",
        advice: "--passthrough never turns it upright")
      : InputFinding(
        .rotation, measured, value: degrees, link: " and is encoded: ", "it is turned upright",
        advice: nil)
  }

  // MARK: Timestamps and packets

  private static func variableRate(_ input: Input) -> InputFinding? {
    guard let distances = input.distances else { return nil }
    let (least, most) = (distances.lowerBound.milliseconds, distances.upperBound.milliseconds)
    let measured =
      most > least
      ? "frames are \(least) to \(most) ms apart" : "frames are not at the times of a constant rate"
    let rate = input.rate.map { " at \($0) fps" } ?? ""
    return InputFinding(
      .variableRate, measured, value: most > least ? most : nil, link: ", and the video is ",
      input.passesThrough
        ? "passed through: players show frames at other times than the source"
        : "encoded\(rate): frames are repeated or left out",
      advice: "--framerate sets the rate; a constant rate at the source can be passed through")
  }

  private static func displaced(_ input: Input) -> InputFinding? {
    let count = input.irregularities.displacedPerMinute
    guard count > 0, input.distances == nil else { return nil }
    return InputFinding(
      .displaced, "\(count) timestamps per minute are off by more than half a frame",
      value: Int64(clamping: count),
      input.passesThrough
        ? "their frames are passed through beside their neighbours, and none is lost"
        : "their frames are shown at the nearest frame time",
      advice: "the encoder of the source, or its line")
  }

  private static func steps(_ input: Input) -> InputFinding? {
    let step = input.irregularities.timestampStep.milliseconds
    guard step > 0, input.distances == nil else { return nil }
    let isRTSP = input.description.format == "rtsp"
    return InputFinding(
      isRTSP ? .senderReports : .steps,
      "timestamps step by up to \(step) ms" + (isRTSP ? " at sender reports of RTCP" : ""),
      value: step, "no frame is lost, and audio and picture may differ by as much",
      advice: isRTSP ? "the clock of the camera: NTP, newer firmware" : "the clock of the source")
  }

  private static func lost(_ input: Input) -> InputFinding? {
    guard input.lostPackets > 0 else { return nil }
    return InputFinding(
      .lost, "\(input.lostPackets) packets were lost or damaged on the way",
      value: Int64(clamping: input.lostPackets),
      "pictures are damaged or missing up to the next key frame",
      advice: input.description.format == "rtsp"
        ? "--rtsp-transport tcp, or a better line" : "SRT in place of UDP, or a better line")
  }

  private static func audioLag(_ input: Input) -> InputFinding? {
    guard let lag = input.irregularities.audioLag, lag.magnitude >= usualLag else { return nil }
    let isLate = lag > .zero
    let amount = lag.magnitude.milliseconds
    return InputFinding(
      .audioLag, "audio arrives \(amount) ms \(isLate ? "after" : "before") the video of its time",
      value: lag.milliseconds,
      isLate
        ? "players wait for it: the latency is higher by as much"
        : "players keep it until its picture is shown",
      advice: isLate ? "less audio delay at the source; --audio none" : nil)
  }
}

extension StreamConfiguration {
  /// The facts about a pulled input or a publisher for its findings.
  ///
  /// - Parameter statistics: the counts of the running session; nil if none are known.
  /// - Returns: nil for other sources.
  package func findingsInput(_ statistics: StreamStatistics? = nil) -> InputFindings.Input? {
    guard case .network(let facts) = source else { return nil }
    var input = InputFindings.Input(facts.description, passesThrough: passesThrough)
    if case .fits(let fit) = facts.passThrough { input.reordering = fit.reordering }
    if case .unfit(.irregularRate) = facts.passThrough { input.distances = .zero ... .zero }
    input.rate = segmentation.grid.rate
    input.deinterlaces = { Deinterlacer.isAvailable }
    if let statistics {
      (input.irregularities, input.lostPackets) = (
        statistics.irregularities, statistics.lostPackets
      )
      if let changed = statistics.changedFrames {
        input.description.video.frames = changed.applied(to: input.description.video.frames)
      }
    }
    return input
  }
}
