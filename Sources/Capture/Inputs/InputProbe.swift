// SPDX-License-Identifier: Apache-2.0

package import Media
internal import Sharing

/// Looks at an input for a while: what it carries, how regular it is, and what would be done with it.
package struct InputProbe: Sendable {
  /// What was found.
  package struct Findings: Sendable {
    /// What it carries; width and height as decoded.
    package var description: InputDescription
    /// Pictures a second.
    package var rate: FrameRate?
    /// Pictures from IDR to IDR, as far as they were seen.
    package var groups: [Int]
    /// Whether it can be packaged as it is.
    package var verdict: PassThroughAnalysis.Verdict
    /// From the call to the first picture; nanoseconds.
    package var firstFrame: Int64
  }

  let address: InputAddress
  let options: InputOptions
  /// How long it is looked at; nanoseconds.
  var limit: Int64 = 6_000_000_000

  /// A probe of an address.
  package init(_ address: InputAddress, options: InputOptions = InputOptions()) {
    self.address = address
    var options = options
    options.listensForEver = false
    options.silenceLimit = 10_000_000_000
    if address.isListener { options.openLimit = 10_000_000_000 }
    self.options = options
  }

  /// Opens the input and looks until two groups of pictures were seen, or six seconds.
  ///
  /// - Parameters:
  ///   - segmentMicroseconds: the wished segment duration.
  ///   - longestGroup: nanoseconds from key picture to key picture that may be passed through.
  ///   - cancellation: ends it from another thread.
  /// - Returns: what was seen.
  /// - Throws: what is wrong with the input; without secrets.
  package func run(
    segmentMicroseconds: Int64, longestGroup: Int64 = 4_000_000_000,
    cancellation: InputCancellation
  ) throws(InputError) -> Findings {
    let begin = SystemClock.monotonic
    var input = try NetworkInput(address, options: options, cancellation: cancellation)
    var decoder: VideoDecoder?
    var analysis: PassThroughAnalysis?
    var first: DecodedFrame?
    var firstFrame: Int64 = 0
    var timestamps: [Int64] = []
    var keys: [Int] = []
    while SystemClock.monotonic - begin < limit || first == nil {
      guard let unit = try input.nextUnit() else { break }
      if SystemClock.monotonic - begin > 2 * limit { break }
      guard case .video(let frame) = unit, let known = input.description else { continue }
      if decoder == nil {
        do throws(FFmpegError) { decoder = try VideoDecoder(known.video) } catch {
          throw .noVideo("\(error)")
        }
        analysis = PassThroughAnalysis(
          known.video, segmentMicroseconds: segmentMicroseconds, longestGroup: longestGroup)
      }
      if frame.isKey { keys.append(timestamps.count) }
      timestamps.append(frame.pts)
      analysis?.take(pts: frame.pts, isKey: frame.isKey)
      if first == nil, let decoded = decoder?.decode(frame).first {
        first = decoded
        firstFrame = SystemClock.monotonic - begin
      }
      if keys.count >= 3, first != nil, timestamps.count > 50 { break }
    }
    guard var description = input.description, let first else {
      throw .noVideo("it has no picture that can be decoded")
    }
    description.video.width = first.width
    description.video.height = first.height
    return Findings(
      description: description,
      rate: InputRate.nearest(
        timestamps: timestamps, declared: decoder?.declaredRate ?? description.video.rate),
      groups: zip(keys.dropFirst(), keys).map { $0 - $1 },
      verdict: description.isPaced ? .unfit(.file) : analysis?.verdict ?? .undecided,
      firstFrame: firstFrame)
  }
}

extension InputProbe.Findings {
  /// The lines that `--probe` prints.
  ///
  /// - Parameters:
  ///   - address: what was looked at.
  ///   - takesAudio: whether its sound is wanted.
  /// - Returns: one line for each thing.
  package func lines(address: InputAddress, takesAudio: Bool = true) -> [String] {
    let video = description.video
    var lines = ["\(address)", "format    \(description.format)"]
    let rate = rate.map { ", \($0) fps" } ?? ""
    lines.append("video     \(video.codec), \(video.width)x\(video.height)\(rate)")
    if let least = groups.min(), let most = groups.max() {
      lines.append(
        "groups    \(least == most ? "\(least)" : "\(least) to \(most)") pictures from key to key")
    } else {
      lines.append("groups    less than two key pictures were seen")
    }
    if let audio = description.audio {
      let rate = audio.sampleRate > 0 ? ", \(audio.sampleRate) Hz" : ""
      let channels =
        switch audio.channels {
        case ...0: ""
        case 1: ", mono"
        case 2: ", stereo"
        case let count: ", \(count) channels"
        }
      lines.append("audio     \(audio.codec)\(rate)\(channels)")
    } else {
      lines.append("audio     none")
    }
    lines.append("opening   first picture after \(firstFrame / 1_000_000) ms")
    let paced = description.isPaced ? ", paced by its own stamps" : ""
    switch verdict {
    case .fits(let fit):
      let least =
        fit.hasVariableDuration
        ? "\(fit.segmentFrames) frames or more, to the next key picture,"
        : "\(fit.segmentFrames) frames"
      lines.append("plan      pass through: segments of \(least) at \(fit.rate) fps")
    case .unfit(let reason):
      lines.append("plan      decode and encode\(paced)")
      lines.append("          cannot pass through: \(reason)")
    case .undecided:
      lines.append("plan      decode and encode\(paced)")
      lines.append("          too short to say whether it could pass through")
    }
    if let audio = description.audio {
      let plan =
        !takesAudio
        ? "left out: --audio was given"
        : audio.passable == nil ? "decoded and encoded as AAC" : "as it comes"
      lines.append("          its sound \(plan)")
    }
    return lines
  }
}
