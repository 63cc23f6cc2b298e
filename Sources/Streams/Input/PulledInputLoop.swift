// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Scheduling
import Sharing

/// What the thread of a pulled input does, from one connection to the next; confined to it.
struct PulledInputLoop {
  /// How a connection came to its end.
  private enum Ending { case fileEnded, closed, rewound, replaced }

  private let source: NetworkSource
  private let standby: StandbyConnection?
  private var clock = SourceClock()
  private var pacer = FilePacer()
  private var hold: GridAligner?
  private var survey: InputSurvey? = InputSurvey()
  private var analysis: PassThroughAnalysis?
  private var last: DecodedFrame?
  private var maker: FrameNormalizer?
  private var isOnline = false
  private var hasBeenOnline = false
  /// Something came after a silence; the next picture may be from before it.
  private var isSilent = false
  private var isResuming = false
  private var isReported = false
  /// What came at once after a silence, of a source that is packaged as it is coded.
  private var backlog = Backlog<InputUnit>()
  private var retry: RetryPlan
  private var next: StandbyConnection.Opened?
  private var decoderErrors: UInt64 = 0
  /// What was read of a file to learn what it carries is read again for the stream.
  private var mustRewind = false

  init(_ source: NetworkSource, standby: StandbyConnection?) {
    self.source = source
    self.standby = standby
    retry = RetryPlan(isListener: source.address.isListener)
  }

  /// Runs until the source is stopped, or has ended.
  mutating func run() {
    SystemClock.sharpenSleep()
    while !source.isStopped {
      var isDenied = false
      do throws(InputError) {
        switch try connect() {
        case .rewound: continue
        case .fileEnded where survey != nil:
          return source.fail(.noVideo(source.nothing))
        case .fileEnded where source.loops:
          pacer.restart()
          continue
        case .fileEnded:
          source.log.write(
            .info, "source-ended", stream: source.name, "\(source.address) has ended")
          goOffline()
          return source.end()
        case .closed: lost("the other side has closed the connection")
        case .replaced:
          goOffline()
          (isSilent, isResuming) = (false, false)
          continue
        }
      } catch .cancelled { return } catch {
        if source.isAtHand, !hasBeenOnline, !source.waitsForWriter(error) {
          return source.fail(error)
        }
        if case .denied = error { isDenied = true }
        lost("\(error)")
      }
      sleep(until: retry.failed(at: SystemClock.monotonic, isDenied: isDenied))
    }
  }

  // MARK: A connection

  private mutating func connect() throws(InputError) -> Ending {
    let cancellation: InputCancellation
    var first: InputUnit?
    var input: NetworkInput
    if let opened = next.take(), let taken = opened.take() {
      input = taken
      first = opened.first
      cancellation = opened.cancellation
    } else {
      cancellation = InputCancellation(parent: source.cancellation)
      input = try NetworkInput(
        source.address, options: source.options, cancellation: cancellation)
    }
    clock.breakOff()
    backlog = Backlog()
    standby?.begin(cancellation)
    let ending: Result<Ending, InputError>
    do throws(InputError) { ending = .success(try read(&input, first)) } catch {
      ending = .failure(error)
    }
    next = standby?.end()
    return next != nil && !source.isStopped ? .replaced : try ending.get()
  }

  /// Takes what comes until the connection ends.
  private mutating func read(
    _ input: inout NetworkInput, _ first: InputUnit?
  ) throws(InputError) -> Ending {
    var first = first
    var decoder: VideoDecoder?
    var isPaced = false
    while !source.isStopped {
      let begun = first.take()
      guard let unit = if let begun { begun } else { try input.nextUnit() } else {
        guard isPaced || source.isAtHand else {
          guard input.description == nil, survey != nil else { return .closed }
          throw .noVideo("it has closed the connection without a picture that can be decoded")
        }
        if var rest = decoder.take() {
          let declared = rest.declaredRate
          for picture in rest.finish(arrival: SystemClock.monotonic) {
            try take(picture, isPaced, declared, input.description)
          }
          if isPaced, let survey, let description = input.description, let last {
            let said = declared ?? description.video.rate
            guard publish(survey, said, description, last, isPaced) else {
              throw .noVideo("it has a single picture and does not say at what rate")
            }
          }
        }
        return mustRewind ? try rewind() : .fileEnded
      }
      guard let description = input.description else { continue }
      if !description.isPaced, standby?.hear(at: SystemClock.monotonic) == true { isSilent = true }
      if let track = source.currentTarget?.passThrough {
        decoder = nil
        deliver(unit, description, track)
        continue
      }
      guard case .video(let access) = unit else {
        if case .audio(let packet) = unit, source.takesAudio {
          take(packet, description.audio, isPaced)
        }
        continue
      }
      analyze(access, description)
      if decoder == nil {
        isPaced = description.isPaced
        do throws(FFmpegError) { decoder = try VideoDecoder(description.video) } catch {
          throw .noVideo("\(error)")
        }
      }
      let pictures = decoder?.decode(access) ?? []
      note(errors: decoder?.errors ?? 0)
      if isSilent {
        isSilent = false
        // A demuxer that waits for the next picture gives the last one now, or because the connection is lost.
        if description.format == "mpegts" {
          isResuming = true
          continue
        }
        resume()
      } else if isResuming {
        resume()
      }
      for picture in pictures {
        try take(picture, isPaced, decoder?.declaredRate, description)
      }
      if mustRewind { return try rewind() }
    }
    throw .cancelled
  }

  /// Looks at a picture while it is not known whether the source can be packaged as it is.
  private mutating func analyze(_ unit: AccessUnit, _ description: InputDescription) {
    guard survey != nil, let wish = source.passThrough, !description.isPaced else { return }
    var analysis =
      analysis
      ?? PassThroughAnalysis(
        description.video, segmentMicroseconds: wish.segmentMicroseconds,
        longestGroup: wish.longestGroup)
    analysis.take(pts: unit.pts, isKey: unit.isKey, size: unit.bytes.count)
    self.analysis = analysis
  }

  /// Whether it is known whether the source can be packaged as it is, or was not asked for.
  private func isAnalyzed(_ isPaced: Bool) -> Bool {
    source.passThrough == nil || isPaced || analysis.map { $0.verdict != .undecided } ?? false
  }

  /// Gives what came to a stream that is packaged as it is coded.
  private mutating func deliver(
    _ unit: InputUnit, _ description: InputDescription, _ track: PassThroughTrack
  ) {
    if isSilent || isResuming {
      isSilent = false
      backlog.begin()
      resume()
    }
    for unit in backlog.take(unit) {
      switch unit {
      case .video(let picture): deliver(picture, description, track)
      case .audio(let packet) where source.takesAudio: take(packet, description.audio, false)
      case .audio: break
      }
    }
  }

  /// Gives a picture to the stream as it came.
  private mutating func deliver(
    _ unit: AccessUnit, _ description: InputDescription, _ track: PassThroughTrack
  ) {
    goOnline(description, description.video.width, description.video.height)
    let sent = unit.senderTime.map { $0 - SystemClock.wallMinusMonotonic }
    track.take(
      unit, description.video,
      captured: clock.captureTime(pts: unit.pts, arrival: unit.arrival, sent: sent))
  }

  /// Waits until there is a stream, which begins with the first picture of the file.
  private mutating func rewind() throws(InputError) -> Ending {
    mustRewind = false
    guard source.waitForTarget() != nil else { throw .cancelled }
    return .rewound
  }

  private mutating func take(
    _ decoded: DecodedFrame, _ isPaced: Bool, _ declared: FrameRate?,
    _ description: InputDescription?
  ) throws(InputError) {
    let difference = SystemClock.wallMinusMonotonic
    let sent = decoded.senderTime.map { $0 - difference }
    if var survey {
      last = decoded
      survey.take(pts: decoded.pts, arrival: decoded.arrival, sent: sent)
      self.survey = survey
      let isKnown = isPaced ? survey.hasRate : survey.isComplete
      if isKnown, isAnalyzed(isPaced), let description {
        publish(survey, declared ?? description.video.rate, description, decoded, isPaced)
      }
    }
    if isPaced, survey != nil || mustRewind { return }
    goOnline(description, decoded.width, decoded.height)
    let captured =
      isPaced ? 0 : clock.captureTime(pts: decoded.pts, arrival: decoded.arrival, sent: sent)
    guard let target = source.currentTarget else { return }
    do throws(FFmpegError) { try show(decoded, captured: isPaced ? nil : captured, target) } catch {
      throw .failed("\(error)")
    }
  }

  private mutating func take(
    _ packet: AudioPacket, _ format: InputDescription.Audio?, _ isPaced: Bool
  ) {
    survey?.takeAudio(pts: packet.pts, arrival: packet.arrival)
    if isPaced {
      guard let due = pacer.audioDue(pts: packet.pts), let format else { return }
      source.currentTarget?.audio?(packet, format, due)
      return
    }
    let captured = clock.captureTime(.audio, pts: packet.pts, arrival: packet.arrival)
    guard let format, let target = source.currentTarget else { return }
    // It goes with the pictures: where they get ticks, there is none before they have.
    guard let phase = target.passThrough == nil ? hold?.phase : 0 else { return }
    target.audio?(packet, format, captured + phase)
  }

  /// Gives the picture to the stream; one of a file at its time.
  private mutating func show(
    _ decoded: DecodedFrame, captured: Int64?, _ target: NetworkSource.Target
  ) throws(FFmpegError) {
    let maker: FrameNormalizer
    if let ready = self.maker {
      maker = ready
    } else {
      maker = try FrameNormalizer(size: target.size)
    }
    self.maker = maker
    let picture = try maker.frame(decoded)
    let grid = target.segmentation.grid
    guard let captured else {
      target.feed.waitUntilOpen()
      guard let clock = target.feed.read(\.clock) else { return }
      let due = pacer.due(
        pts: decoded.pts, now: SystemClock.monotonic,
        frameDuration: grid.rate.frameNanoseconds
      ) { clock.due(clock.frame(atOrAfter: $0, on: grid), on: grid) }
      sleep(until: due)
      return target.feed.offer(picture, captured: due, isAtFrameTime: false)
    }
    guard let clock = target.feed.read(\.clock) else { return }
    var hold = hold ?? GridAligner(grid)
    let placed = hold.align(captured, clock, mapping: self.clock.steps)
    self.hold = hold
    target.feed.offer(picture, captured: captured, aligned: placed, isAtFrameTime: false)
  }

  /// Says what the source carries; false where its rate is not to be known.
  @discardableResult
  private mutating func publish(
    _ survey: InputSurvey, _ declared: FrameRate?, _ description: InputDescription,
    _ decoded: DecodedFrame, _ isPaced: Bool
  ) -> Bool {
    guard let rate = survey.rate(declared: declared) else { return false }
    self.survey = nil
    mustRewind = isPaced
    last = nil
    var description = description
    description.video.width = decoded.width
    description.video.height = decoded.height
    let late = isPaced ? 0 : survey.lateness
    let lead = isPaced ? 0 : survey.lead
    clock.limitLead(to: lead)
    source.publish(
      .init(
        description: description, rate: rate, inputDelay: late + rate.frameNanoseconds,
        audioDelay: isPaced ? 0 : survey.audioLateness, lead: lead,
        passThrough: isPaced ? .unfit(.file) : analysis?.verdict ?? .undecided,
        peakBitrate: analysis?.peakBitrate ?? 0))
    analysis = nil
    return true
  }

  // MARK: Coming and going

  private mutating func goOnline(_ description: InputDescription?, _ width: Int, _ height: Int) {
    guard !isOnline else { return }
    let isBack = hasBeenOnline
    isOnline = true
    hasBeenOnline = true
    isReported = false
    retry.succeeded()
    let codec = description.map { "\($0.video.codec) in \($0.format)" } ?? "?"
    source.log.write(
      .info, "source-open", stream: source.name,
      "\(source.address), \(codec)" + (width > 0 ? ", \(width)x\(height)" : ""))
    source.currentTarget?.statistics.withLock { statistics in
      statistics.isSourceOnline = true
      if isBack { statistics.reconnects += 1 }
    }
  }

  private mutating func goOffline() {
    source.currentTarget?.passThrough?.breakOff()
    isOnline = false
    source.currentTarget?.statistics.withLock { $0.isSourceOnline = false }
  }

  /// It gives something again after it was silent.
  private mutating func resume() {
    isResuming = false
    source.log.write(
      .info, "source-resumed", stream: source.name, "\(source.address), it goes on")
    source.currentTarget?.statistics.withLock { $0.isSourceOnline = true }
  }

  private mutating func lost(_ reason: String) {
    (isSilent, isResuming) = (false, false)
    goOffline()
    // Once for each time it goes; what it says while it is away is for those who look closer.
    source.log.write(
      isReported ? .debug : .warning, "source-gone", stream: source.name,
      "\(source.address), \(reason); "
        + (hasBeenOnline ? "the stream goes on, trying again" : "trying again"))
    isReported = true
  }

  private func sleep(until deadline: Int64) {
    while !source.isStopped, SystemClock.monotonic < deadline {
      SystemClock.sleep(until: min(deadline, SystemClock.monotonic + 100_000_000))
    }
  }

  private mutating func note(errors: UInt64) {
    guard errors != decoderErrors else { return }
    let added = errors > decoderErrors ? errors - decoderErrors : errors
    decoderErrors = errors
    source.currentTarget?.statistics.withLock { $0.damagedFrames += added }
  }
}
