// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Sharing
import Time

/// The thread of a pulled input: connects, reads units for the current stage, and connects again.
///
/// Confined to its thread.
struct PulledInputLoop {
  /// How a connection ended without an error.
  private enum Ending { case ended, closed, reopened, replaced }

  private let input: PulledInput
  private let standby: StandbyConnection?
  private var stage: any InputStage
  private var next: OpenedConnection?
  /// The part of a shared connection that continues after a replacement.
  private var reader: SharedInputReader?

  init(_ input: PulledInput, standby: StandbyConnection?) {
    self.input = input
    self.standby = standby
    stage = SurveyStage(input)
  }

  /// Runs until the input is stopped or has ended.
  mutating func run() {
    SystemClock.sharpenSleep()
    // The input may be stopped before a replaced connection is read.
    defer { if let reader { input.shared?.leave(reader) } }
    if let notBefore = input.notBefore {
      guard input.waitForTarget() else { return }
      input.sleep(until: notBefore)
      stage = knownStage() ?? stage
    }
    input.waits()
    // The media may have been those of a publisher that cannot be used, and that leaves later.
    input.published?.whenAbsent = { [weak input] in input?.waits() }
    input.published?.whenPresent = { [weak input] in input?.publisherBegan() }
    while !input.isStopped {
      let retryAt: MonotonicTime
      do throws(InputError) {
        switch try connect() {
        case .reopened: continue
        case .replaced:
          input.replaced()
          continue
        case .ended where input.facts == nil && input.position == nil:
          return input.fail(input.noVideo)
        case .ended where input.loops:
          stage.restart()
          continue
        case .ended: return input.ended()
        case .closed: retryAt = input.lost(.failed("the other side closed the connection"))
        }
      } catch .cancelled { return } catch {
        if input.isAtHand, !input.hasBeenOnline, input.notBefore == nil, input.position == nil,
          !input.waitsForWriter(error)
        {
          return input.fail(error)
        }
        retryAt = input.lost(error)
      }
      input.sleep(until: retryAt)
    }
  }

  /// The stage of a source whose facts an earlier process has found.
  private func knownStage() -> (any InputStage)? {
    // Among several inputs the facts may be about another one.
    guard input.position == nil, let facts = input.facts, let target = input.target else {
      return nil
    }
    let isPaced = facts.description.isPaced
    switch target.video {
    case .frames:
      let decoder = AccessUnitDecoder(input)
      return isPaced ? PacedStage(input, decoder) : DecodingStage(input, decoder)
    case .accessUnits(let track):
      guard case .fits(let fit) = facts.passThrough else { return nil }
      return isPaced
        ? PacedPassThroughStage(input, rate: fit.rate, fit.reordering)
        : PassThroughStage(input, track, SourceClock())
    }
  }

  private mutating func connect() throws(InputError) -> Ending {
    let cancellation: InputCancellation
    var first: InputUnit?
    var connection: InputConnection
    var reader: SharedInputReader?
    var opened = next.take()
    if opened == nil { opened = try openShared(&reader) }
    if let opened, let taken = opened.take() {
      connection = taken
      first = opened.first
      cancellation = opened.cancellation
    } else if let reader {
      cancellation = InputCancellation(parent: input.cancellation)
      connection = InputConnection(shared: reader, cancellation: cancellation)
    } else {
      cancellation = InputCancellation(parent: input.cancellation)
      var options = input.options
      options.takesRenditions = input.passThrough != nil
      connection = try InputConnection(
        input.address, options: options, published: input.published, texts: input.texts,
        cancellation: cancellation)
    }
    stage.connected()
    input.metadata.connected()
    standby?.begin(cancellation)
    let ending: Result<Ending, InputError>
    do throws(InputError) { ending = .success(try read(&connection, first)) } catch {
      ending = .failure(error)
    }
    next = standby?.end()
    if let reader { leave(reader, ending) }
    return next != nil && !input.isStopped ? .replaced : try ending.get()
  }

  /// Joins a shared connection.
  ///
  /// - Returns: a connection of this input's own, if the input cannot be shared.
  private mutating func openShared(
    _ reader: inout SharedInputReader?
  ) throws(InputError) -> OpenedConnection? {
    guard let shared = input.shared else { return nil }
    if let continued = self.reader.take() {
      reader = continued
      return nil
    }
    switch try shared.join(input.name, input.cancellation) {
    case .shared(let joined):
      reader = joined
      return nil
    case .own(let opened, let other):
      if let other { input.isNotShared(with: other) }
      return opened
    }
  }

  /// Leaves a shared connection, unless another one replaces it.
  private mutating func leave(_ reader: SharedInputReader, _ ending: Result<Ending, InputError>) {
    guard case .success(.replaced) = ending else {
      input.shared?.leave(reader)
      return
    }
    self.reader = reader
  }

  /// Reads units until the connection ends.
  private mutating func read(
    _ connection: inout InputConnection, _ first: InputUnit?
  ) throws(InputError) -> Ending {
    var first = first
    var (oversized, missed): (UInt64, UInt64) = (0, 0)
    var (hasTrackFault, hasIgnoredAudio, hasAudioFault) = (false, false, false)
    var ignoredDeclarations = 0
    var drift = AudioDrift()
    var picture = TrackPresence()
    var (watch, lost) = (SourceWatch(), UInt64(0))
    var noticeCount = 0
    while !input.isStopped {
      let waiting = first.take()
      guard var unit = if let waiting { waiting } else { try connection.nextUnit() } else {
        return connection.isReplaced ? .replaced : try finish(connection.description)
      }
      if connection.missed != missed {
        input.missed(connection.missed - missed)
        missed = connection.missed
      }
      for notice in connection.notices.dropFirst(noticeCount) {
        noticeCount += 1
        input.notes(notice)
      }
      if connection.lostPackets != lost {
        input.lostPackets(connection.lostPackets - lost)
        lost = connection.lostPackets
      }
      if connection.oversized != oversized {
        input.leftOut(connection.oversized - oversized)
        oversized = connection.oversized
      }
      if !hasTrackFault, let fault = connection.trackFault {
        hasTrackFault = true
        input.usesFirstTrack(fault)
      }
      if !hasIgnoredAudio, let codec = connection.ignoredAudio {
        hasIgnoredAudio = true
        input.ignoresAudio(codec)
      }
      if !hasAudioFault, let fault = connection.audioFault {
        hasAudioFault = true
        input.leavesOutAudio(fault)
      }
      for ignored in connection.ignoredDeclarations.dropFirst(ignoredDeclarations) {
        ignoredDeclarations += 1
        input.ignores(ignored)
      }
      guard let description = connection.description else { continue }
      if !description.isPaced { standby?.heard(at: SystemClock.monotonicTime) }
      if case .metadata(let packet) = unit {
        input.metadata.take(packet, input, stage)
        continue
      }
      // The packets of a file arrive when they are wanted.
      if !description.isPaced, input.takesAudio, drift.correct(&unit) {
        input.audioDrifts(drift)
      }
      switch unit {
      case .audio(let packet) where packet.track == 0:
        // Without any video other lines state that.
        let change = picture.otherArrived(at: packet.arrival, isExpected: false)
        if let change { input.note(picture: change, limit: picture.limit) }
      case .video(let accessUnit):
        let change = picture.arrived(at: accessUnit.arrival)
        if let change { input.note(picture: change, limit: picture.limit) }
        if !description.isPaced { input.pictures.withLock { $0.heard(at: accessUnit.arrival) } }
        input.videoArrived(isPaced: description.isPaced)
        if input.takesAudio {
          input.whileShown {
            if accessUnit.isKey { input.note(.unaccepted, isPresent: hasIgnoredAudio) }
            input.target?.audioWatch?(description, accessUnit.arrival)
          }
        }
        if !description.isPaced,
          let found = watch.take(accessUnit, input.facts, audioLag: drift.difference)
        {
          input.note(found)
        }
      case .audio, .metadata: break
      }
      if let ending = try follow(try stage.take(unit, description)) { return ending }
      input.metadata.flush(input, stage)
    }
    throw .cancelled
  }

  private mutating func finish(
    _ description: InputDescription?
  ) throws(InputError) -> Ending {
    guard input.isAtHand || stage.isDecoding && description?.isPaced == true else {
      guard description == nil, input.facts == nil else { return .closed }
      throw .noVideo("it closed the connection without a frame that can be decoded")
    }
    guard let description else { return .ended }
    return try follow(try stage.finish(description)) ?? .ended
  }

  private mutating func follow(_ step: InputStep) throws(InputError) -> Ending? {
    switch step {
    case .stay: return nil
    case .become(let next):
      stage = next
      return nil
    case .reopen(let next):
      stage = next
      guard input.waitForTarget() else { throw .cancelled }
      return .reopened
    }
  }
}
