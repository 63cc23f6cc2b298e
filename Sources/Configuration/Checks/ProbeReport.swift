// SPDX-License-Identifier: Apache-2.0

package import Capture
import Media
import Streams
import Time

extension InputProbe.Findings {
  /// The lines that `--probe` prints.
  ///
  /// - Parameters:
  ///   - address: the observed input.
  ///   - takesAudio: whether the stream would carry the input's audio.
  /// - Returns: one line per fact.
  package func lines(address: InputAddress, takesAudio: Bool = true) -> [String] {
    let video = description.video
    let rate = rate.map { ", \($0) fps" } ?? ""
    let properties = video.words.map { ", \($0)" }.joined()
    let facts = [
      ("format", description.format),
      ("video", "\(video.codec), \(video.width)x\(video.height)\(rate)\(properties)"),
      ("groups", groupWords), ("audio", description.audio?.words ?? "none"),
    ]
    let others =
      description.otherAudio.map { ("audio", $0.words) }
      + description.leftOutAudio.map { ("left out", $0.words) }
    let rows =
      facts + others + dataTracks.map { ($0.name, $0.words) } + [
        ("opening", "first frame after \(firstFrame.milliseconds) ms")
      ]
      + unusual.enumerated().map { ($0 == 0 ? "unusual" : "", $1) }
      + plan.enumerated().map { ($0 == 0 ? "plan" : "", $1) }
      + (description.audio.map { [("", "its sound \($0.plan(isTaken: takesAudio))")] } ?? [])
    return ["\(address)"]
      + rows.map { name, text in
        name + String(repeating: " ", count: max(1, 10 - name.count)) + text
      }
  }

  /// The unusual properties with their consequences; one line that says so if there are none.
  private var unusual: [String] {
    let passesThrough = if case .fits = verdict { true } else { false }
    var input = InputFindings.Input(description, passesThrough: passesThrough)
    (input.reordering, input.rate, input.distances) = (reordering, rate, distances)
    input.deinterlaces = { Deinterlacer.isAvailable }
    input.irregularities.displacedPerMinute = UInt64(clamping: displacedPerMinute)
    input.irregularities.timestampStep = timestampStep
    input.irregularities.audioLag = audioLag
    input.lostPackets = lostPackets
    let list = InputFindings(input).list.map(\.text)
    return list.isEmpty ? ["nothing"] : list
  }

  private var groupWords: String {
    guard let least = groups.min(), let most = groups.max() else {
      return "fewer than two key frames seen"
    }
    return "\(least == most ? "\(least)" : "\(least) to \(most)") frames per GOP"
  }

  /// How the video would be published, and why not otherwise.
  private var plan: [String] {
    let encoded =
      "decode and encode" + (description.isPaced ? ", paced by its timestamps" : "")
    switch verdict {
    case .fits(let fit):
      let least =
        fit.hasVariableDuration
        ? "\(fit.segmentFrames) frames or more, to the next key frame,"
        : "\(fit.segmentFrames) frames"
      let delay = FrameGrid(rate: fit.rate).duration(ofFrames: fit.reordering.frames)
      return ["pass through: segments of \(least) at \(fit.rate) fps"]
        + (delay > .zero ? ["B-frames delay pictures by \(delay.milliseconds) ms"] : [])
    case .unfit(let reason): return [encoded, "cannot pass through: \(reason)"]
    case .undecided: return [encoded, "too short to decide on pass-through"]
    }
  }
}

extension InputDescription.Audio {
  fileprivate func plan(isTaken: Bool) -> String {
    guard isTaken else { return "left out: --audio was given" }
    return passable == nil ? "decoded and encoded as AAC" : "as it comes"
  }

  /// Codec, rate, channels and language, as far as they are known.
  fileprivate var words: String {
    let rate = sampleRate > 0 ? ", \(sampleRate) Hz" : ""
    let channels =
      switch self.channels {
      case ...0: ""
      case 1: ", mono"
      case 2: ", stereo"
      case let count: ", \(count) channels"
      }
    let spoken = language == .undetermined ? "" : ", \(language.tag)"
    return codec + rate + channels + spoken + (purpose == .main ? "" : ", \(purpose.words)")
  }
}

extension DataTrack {
  /// The name of its row.
  fileprivate var name: String {
    switch kind {
    case .teletext, .texts, .others: "subtitles"
    case .splices, .id3, .klv: "metadata"
    }
  }

  /// Kind, language and PID, as far as they are known, and why it is not used.
  fileprivate var words: String {
    let (content, isUsed) =
      switch kind {
      case .teletext(nil): ("teletext without a page of subtitles", true)
      case .teletext(let page?): ("teletext, page \(page)", true)
      case .texts(let codec): (codec, true)
      case .others(let codec): (codec, false)
      case .splices: ("SCTE-35", true)
      case .id3: ("ID3", true)
      case .klv: ("KLV", true)
      }
    let spoken = language == .undetermined ? "" : ", \(language.tag)"
    let fault = !isUsed ? ": not used" : isDecodable ? "" : ": libavcodec has no decoder"
    return content + spoken + (pid.map { ", PID \($0)" } ?? "") + fault
  }
}

extension InputDescription.Video {
  /// The differences from usual video.
  fileprivate var words: [String] {
    (frames.isInterlaced ? ["interlaced"] : [])
      + (frames.chroma == .yuv420 ? [] : [frames.chroma.rawValue])
      + (frames.bitDepth > 8 ? ["\(frames.bitDepth) bits"] : [])
      + (colour.range == .sdr ? [] : [colour.range.rawValue])
  }
}
