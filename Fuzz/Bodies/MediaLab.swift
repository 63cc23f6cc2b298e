// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Scheduling
import Sharing
import Time

@testable import Streams

/// The stages of a pulled input, and its session, on one thread and without waiting.
///
/// Units arrive on a clock of their own: as their timestamps say, but never earlier than the unit
/// before and at most two seconds later.
final class MediaLab {
  /// The largest number of units, and the longest time, of one input.
  private static let most = (units: 2000, time: Interval.seconds(20))

  /// The units for which another input is shown.
  private static let maximumOther = 20

  /// Small frames and short waits, so that a run is short.
  static let options: InputOptions = {
    var options = InputOptions()
    options.openLimit = .seconds(1)
    options.silenceLimit = .seconds(1)
    options.frameSizeLimit = FrameSizeLimit("640x480") ?? FrameSizeLimit()
    options.decoderErrorLimit = 100
    return options
  }()

  private let input: PulledInput
  private var stage: any InputStage
  private var session: MediaSession?
  private var replays = false
  /// The units until the session begins.
  private var patience: Int
  private var units = 0
  /// The units since the session began, while another input may be shown.
  private var otherUnits = 0
  private let start: MonotonicTime
  private var now: MonotonicTime
  private var lastTime: SourceTime?
  private var violation: String?

  init(_ arrival: MediaArrival) {
    let passThrough = PassThroughOptions(
      segmentMicroseconds: MediaSession.segment.microseconds, maximumGroupTime: .seconds(4))
    // The kind of the address decides nothing after the input is open.
    let address = InputAddress("udp://127.0.0.1:1") ?? MediaLab.noAddress
    let log = Log(format: .text, least: .debug) { _ in }
    let inputs =
      arrival.isSecond
      ? InputSwitch([address, address], failback: .zero, name: "live", log: log) : nil
    input = PulledInput(
      address, options: Self.options, loops: false, takesAudio: true,
      passThrough: arrival.mayPassThrough ? passThrough : nil,
      position: inputs.map { InputPosition(inputs: $0, index: 1) }, name: "live", log: log)
    stage = SurveyStage(input)
    patience = arrival.unitsBeforeSession
    start = SystemClock.monotonicTime - Self.most.time
    now = start
  }

  private static var noAddress: InputAddress { preconditionFailure("a valid address is refused") }

  /// Whether the input has been read far enough.
  var isDone: Bool {
    units >= Self.most.units || now - start >= Self.most.time || violation != nil
  }

  /// Notes a new connection.
  func connected() { stage.connected() }

  /// Notes that the connection is lost, and a new one.
  func reconnected() {
    _ = input.lost(.failed("lost"))
    connected()
  }

  /// Takes the next unit.
  func take(_ unit: InputUnit, _ description: InputDescription) throws(InputError) {
    units += 1
    let step = lastTime.map { unit.pts - $0 } ?? .zero
    lastTime = unit.pts
    now += min(max(step, .zero), .seconds(2))
    showOther(description)
    if case .video = unit { input.videoArrived(isPaced: description.isPaced) }
    follow(try stage.take(unit.arrived(at: now), description), description)
    beginSession(description)
    session?.advance(to: now)
    violation = violation ?? session?.violation
  }

  /// Lets the other input of the stream be shown for the first units.
  private func showOther(_ description: InputDescription) {
    guard let inputs = input.position?.inputs, session != nil, !description.isPaced else { return }
    otherUnits += 1
    if otherUnits < Self.maximumOther { inputs.heard(0, isPaced: false) } else { inputs.lost(0) }
  }

  /// Takes the frames that are left.
  func finish(_ description: InputDescription) throws(InputError) {
    follow(try stage.finish(description), description)
    beginSession(description)
  }

  /// Whether a file is read again, now for the session; at most once.
  func continuesFromStart() -> Bool {
    defer { replays = false }
    (units, lastTime) = (0, nil)
    return replays
  }

  /// The property that does not hold; nil if all hold.
  func verdict() -> String? {
    input.cancel()
    return violation ?? session?.finish()
  }

  private func follow(_ step: InputStep, _ description: InputDescription) {
    switch step {
    case .stay: break
    case .become(let next): stage = next
    case .reopen(let next):
      replays = true
      beginSession(description)
      if let track = session?.track {
        // Without waiting until each access unit is due.
        stage = PassThroughStage(input, track, SourceClock())
      } else {
        stage = next
        // Frames are not waited for then.
        input.cancel()
      }
    }
  }

  /// Begins the session when the facts are known.
  private func beginSession(_ description: InputDescription) {
    guard session == nil, let facts = input.facts else { return }
    patience -= 1
    guard patience < 0 || replays else { return }
    do throws(FFmpegError) {
      let made = try MediaSession(facts, now: now)
      session = made
      input.attach(made.target)
      guard let inputs = input.position?.inputs else { return }
      inputs.begin()
      inputs.heard(0, isPaced: false)
      inputs.give(0, canBegin: true) { _ in }
      stage = SurveyStage(input)
    } catch {
      // Parameter sets that no header can describe.
      units = Self.most.units
    }
  }
}
