// SPDX-License-Identifier: Apache-2.0

package import Media
internal import Sharing
package import Time

/// Observes an input for a few seconds: its streams, its regularity, and how it would be published.
package struct InputProbe: Sendable {
  /// The result of a probe.
  package struct Findings: Sendable {
    /// The streams of the input; width and height are those of the decoded frames.
    package var description: InputDescription
    /// The tracks of subtitles and metadata.
    package var dataTracks: [DataTrack]
    /// The frame rate; nil if unknown.
    package var rate: FrameRate?
    /// The lengths of the observed GOPs, in frames from IDR to IDR.
    package var groups: [Int]
    /// Whether the input can be passed through.
    package var verdict: PassThroughAnalysis.Verdict
    /// The time from the call to the first frame.
    package var firstFrame: Interval
    /// How far decoding and presentation order differ.
    package var reordering = Reordering.none
    /// The shortest and the longest distance of frames of a variable rate; nil for a constant one.
    package var distances: ClosedRange<Interval>?
    /// Timestamps per minute that are off by more than half a frame.
    package var displacedPerMinute = 0
    /// The largest step of the timestamps that stayed.
    package var timestampStep = Interval.zero
    /// How much later audio arrives than the video of its time; nil if unknown.
    package var audioLag: Interval?
    /// Packets that were lost or damaged on the way.
    package var lostPackets: UInt64 = 0
  }

  let address: InputAddress
  let options: InputOptions
  /// The longest observation.
  var limit = Interval.seconds(6)

  /// A probe of an address.
  package init(_ address: InputAddress, options: InputOptions = InputOptions()) {
    self.address = address
    var options = options
    options.listensForEver = false
    options.silenceLimit = .seconds(10)
    if address.isListener { options.openLimit = .seconds(10) }
    self.options = options
  }

  /// Opens the input and observes it for two GOPs, or six seconds.
  ///
  /// - Parameters:
  ///   - segmentMicroseconds: the requested segment duration, in microseconds.
  ///   - maximumGroupTime: the longest GOP that may be passed through.
  ///   - cancellation: ends the probe from another thread.
  /// - Returns: the result of the observation.
  /// - Throws: ``InputError``, without secrets.
  package func run(
    segmentMicroseconds: Int64,
    maximumGroupTime: Interval = PassThroughAnalysis.defaultLongestGroup,
    cancellation: InputCancellation
  ) throws(InputError) -> Findings {
    let begin = SystemClock.monotonicTime
    var input = try InputConnection(address, options: options, cancellation: cancellation)
    var decoder: VideoDecoder?
    var analysis: PassThroughAnalysis?
    var first: DecodedFrame?
    var firstFrame = Interval.zero
    var timestamps: [SourceTime] = []
    var observed = ProbedTimestamps()
    var keys: [Int] = []
    while SystemClock.monotonicTime - begin < limit || first == nil {
      guard let unit = try input.nextUnit() else { break }
      // bounded: intervals saturate
      if SystemClock.monotonicTime - begin > 2 * limit { break }
      observed.take(unit)
      guard case .video(let frame) = unit, let known = input.description else { continue }
      if decoder == nil {
        do throws(FFmpegError) { decoder = try VideoDecoder(known.video) } catch {
          throw .noVideo("\(error)")
        }
        analysis = PassThroughAnalysis(
          known.video, segmentMicroseconds: segmentMicroseconds, maximumGroupTime: maximumGroupTime,
          isFile: known.isPaced, isPlaylist: known.isPlaylist)
      }
      if frame.isKey { keys.append(timestamps.count) }
      timestamps.append(frame.pts)
      analysis?.take(
        pts: frame.pts, dts: frame.dts, count: frame.pictureOrder, isKey: frame.isKey,
        isLeading: frame.isLeading)
      if first == nil, let decoded = decoder?.decode(frame).first {
        first = decoded
        firstFrame = SystemClock.monotonicTime - begin
      }
      if keys.count >= 3, first != nil, timestamps.count > 50 { break }
    }
    if input.description?.isPaced == true { analysis?.finish(isLoop: false) }
    guard var description = input.description, let first else {
      throw .noVideo("no decodable frame")
    }
    description.video.width = first.width
    description.video.height = first.height
    description.video.frames = first.properties
    var findings = Findings(
      description: description,
      dataTracks: input.dataTracks,
      rate: InputRate.nearest(
        timestamps: timestamps, declared: decoder?.declaredRate ?? description.video.rate,
        named: InputRate.named(description.video.namedMillihertz)),
      groups: zip(keys.dropFirst(), keys).map { $0 - $1 },
      verdict: analysis?.verdict ?? .undecided,
      firstFrame: firstFrame)
    findings.lostPackets = input.lostPackets
    observed.complete(&findings)
    return findings
  }
}
