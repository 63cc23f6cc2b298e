// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Media
import Packaging
import Sharing
import Time

/// The state of a session whose pipeline runs in a process of its own.
///
/// Over a crash of the process the windows, the clock and the counters continue.
struct SessionReceiverState: ReceivedState {
  enum Phase: Sendable {
    /// A process publishes, or none has answered yet.
    case running
    /// The source has not been online since a crash.
    case away
    /// The session ends, since its tracks cannot continue.
    case over
  }

  var tracks: [TrackReceiver]
  /// The clock with the announced steps.
  var clock: StreamClock
  /// The counters of earlier processes.
  var earlier: StreamStatistics
  var phase = Phase.running

  init(_ tracks: [TrackReceiver], _ context: SessionContext) {
    self.tracks = tracks
    clock = context.clock
    earlier = StreamStatistics(renditions: tracks.count)
  }
}

/// A session in the server whose pipeline runs in a process of its own.
typealias SessionReceiver = ReceivedSession<SessionReceiverState>

extension ReceivedSession<SessionReceiverState> {
  /// The session for the next process.
  var order: SessionOrder {
    state.withLock { state in
      SessionOrder(
        context.configuration,
        SessionAnchor(
          clock: state.clock, firstSegment: context.firstSegment,
          published: zip(state.tracks, windows).map { $0.published?.after($1) },
          countsOn: context.anchor.countsOn))
    }
  }

  /// Notes that the process has ended and another one continues.
  func restart() {
    let earlier = context.statistics.withLock { statistics in
      statistics.isSourceOnline = false
      statistics.shownInput = nil
      statistics.sharedWith = []
      return statistics
    }
    state.withLock { state in
      state.earlier = earlier
      if state.phase != .over { state.phase = .away }
      for index in state.tracks.indices { state.tracks[index].restart() }
    }
  }

  /// Handles a message.
  ///
  /// - Throws: the error in a message that the process cannot send.
  func handle(_ message: ChildMessage) throws(MessageError) {
    switch message {
    case .opened: settle(.success(()))
    case .failed(let kind, let reason):
      let failure = SessionFailure(kind: kind, reason: reason)
      if settle(.failure(failure)) { context.outcome.set(.failed(failure)) }
    case .sourceEnded: context.outcome.set(.sourceEnded)
    case .irregular:
      let configuration = context.configuration
      guard configuration.passesThrough, !configuration.segmentation.hasVariableDuration else {
        throw .invalid(field: "an outcome", value: "that this session cannot have")
      }
      context.outcome.set(.irregularKeyFrames)
    case .tracksChanged:
      let configuration = context.configuration
      guard configuration.passesThrough, configuration.renditions.count > 1 else {
        throw .invalid(field: "an outcome", value: "that this session cannot have")
      }
      context.outcome.set(.tracksChanged)
    case .unfit(let reason):
      guard context.configuration.passesThrough else {
        throw .invalid(field: "an outcome", value: "that this session cannot have")
      }
      context.outcome.set(.unfit(reason))
    case .unpaced(let reason):
      guard context.configuration.passesThrough else {
        throw .invalid(field: "an outcome", value: "that this session cannot have")
      }
      context.outcome.set(.unpaced(reason))
    case .audioAppeared(let fields):
      guard context.configuration.lacksAudio else {
        throw .invalid(field: "an outcome", value: "that this session cannot have")
      }
      context.outcome.set(.audioAppeared(try SourceFacts(fields: fields)))
    case .otherRate(let reason, let fields):
      guard context.configuration.passesThrough, context.configuration.keepsRate else {
        throw .invalid(field: "an outcome", value: "that this session cannot have")
      }
      context.outcome.set(.otherRate(reason, try SourceFacts(fields: fields)))
    case .event(let time, let mediaTime, let content):
      context.metadata.take(content, at: time, mediaTime: mediaTime)
    case .cue(let time, let cue): context.metadata.take(cue, at: time)
    case .status(let fields): try take(try SessionStatus(fields: fields))
    case .hello, .facts, .refused, .log, .outage, .publisher: break
    case .track, .chunk, .period, .live, .gap, .step: try handleMedia(message)
    }
  }

  private func handleMedia(_ message: ChildMessage) throws(MessageError) {
    guard state.withLock({ $0.phase != .over }) else { return }
    switch message {
    case .track(let track, let fields): try describe(track, fields)
    case .chunk(let chunk):
      try change(chunk.track) { track throws(MessageError) in try track.take(chunk) }
    case .period(let track, let fields):
      try change(track) { track throws(MessageError) in try track.begin(fields) }
    case .live(let track):
      try change(track) { track throws(MessageError) in try track.goLive() }
    case .gap(let track, let segment):
      try change(track) { track throws(MessageError) in try track.leaveOut(segment) }
    case .step(let track, let offset, let skipped):
      try change(track) { track throws(MessageError) in
        track.announce(offset: offset, skipped: skipped)
      }
      if track == 0 { note(offset: offset, skipped: skipped) }
    default: break
    }
  }

  /// Describes a track; after a crash another encoder may have been opened, with another header.
  private func describe(_ track: UInt8, _ fields: TrackFields) throws(MessageError) {
    let isSame = try change(track) { track throws(MessageError) in try track.describe(fields) }
    guard !isSame else { return }
    state.withLock { $0.phase = .over }
    context.outcome.set(.encoderChanged)
  }

  /// Follows a step of the wall clock, for the next process.
  private func note(offset: Interval, skipped: Int64) {
    let segmentation = context.configuration.segmentation
    state.withLock { state in
      let frames = skipped.multipliedReportingOverflow(by: segmentation.framesPerSegment)
      let shift = state.clock.shift.addingReportingOverflow(frames.partialValue)
      guard !frames.overflow, !shift.overflow else { return }
      state.clock = StreamClock(
        anchorOffset: state.clock.anchorOffset, shift: shift.partialValue, announcedOffset: offset)
    }
  }

  private func take(_ status: SessionStatus) throws(MessageError) {
    note(clockError: status.clockError)
    let earlier = state.withLock { state in
      if state.phase == .away, status.statistics.isSourceOnline {
        state.phase = .running
        state.earlier.reconnects &+= 1  // bounded: a counter may wrap
      }
      return state.earlier
    }
    context.statistics.withLock { $0.take(status.statistics, after: earlier) }
  }
}

extension SessionFailure {
  /// The failure of a session in another process.
  init(kind: UInt8, reason: String) {
    switch kind {
    case 0: self = .source(reason)
    case 1: self = .encoder(reason)
    case 2: self = .configuration(reason)
    default: self = .thread
    }
  }

  /// The number of the kind, and the reason.
  var fields: (kind: UInt8, reason: String) {
    switch self {
    case .source(let reason): (0, reason)
    case .encoder(let reason): (1, reason)
    case .configuration(let reason): (2, reason)
    case .thread: (3, "")
    }
  }
}

extension InputError {
  /// The error of a source in another process.
  init(kind: UInt8, reason: String) {
    switch kind {
    case 0: self = .refused(reason)
    case 1: self = .denied(reason)
    case 3: self = .noVideo(reason)
    default: self = .failed(reason)
    }
  }

  /// The number of the kind, and the reason.
  var fields: (kind: UInt8, reason: String) {
    switch self {
    case .refused(let reason): (0, reason)
    case .denied(let reason): (1, reason)
    case .failed, .silent, .cancelled: (2, "\(self)")
    case .noVideo(let reason): (3, reason)
    }
  }
}
