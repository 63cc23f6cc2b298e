// SPDX-License-Identifier: Apache-2.0

package import Media
import Sharing

/// The decoder of a connection that several streams share: decodes each access unit once.
///
/// The thread of any stream may ask for the frames of an access unit; the first one that does
/// decodes it. The decoder is open while a stream uses it.
package final class SharedDecoder: Sendable {
  /// A stream that uses the decoder, until its last reference is released.
  package final class User: Sendable {
    fileprivate let decoder: SharedDecoder

    fileprivate init(_ decoder: SharedDecoder) { self.decoder = decoder }

    deinit { decoder.leave() }
  }

  /// The frames of an access unit, and the state of the decoder after it.
  package struct Decoded: Sendable {
    /// The frames that it completes.
    package let frames: [DecodedFrame]
    /// Whether its frames are lost for this stream: it was decoded too long ago, or cannot be
    /// decoded before units that another stream has still to decode.
    package let isLate: Bool
    /// The number of refused access units and damaged frames since the decoder was opened.
    package let errors: UInt64
    /// The frame rate that the codec declares; nil if undeclared.
    package let declaredRate: FrameRate?
  }

  private final class Opened {
    var decoder: VideoDecoder

    init(_ video: InputDescription.Video) throws(FFmpegError) { decoder = try VideoDecoder(video) }
  }

  private struct State {
    var users = 0
    var opened: Opened?
    var units = DecodedUnits<DecodedFrame>()
    /// Why the decoder decodes no more, until no stream uses it.
    var failure: InputError?
  }

  private let state = Locked(State())

  /// A decoder that is not open.
  package init() {}

  /// Notes a stream that uses the decoder.
  package func user() -> User {
    state.withLock { $0.users += 1 }
    return User(self)
  }

  /// Whether the decoder is open.
  package var isOpen: Bool { state.withLock { $0.opened != nil } }

  private func leave() {
    state.withLock { state in
      state.users -= 1
      if state.users == 0 { state = State() }
    }
  }

  /// The frames of an access unit.
  ///
  /// - Parameters:
  ///   - unit: the access unit.
  ///   - number: its number on the connection.
  ///   - video: its stream, for a decoder that is not open, and for the rotation.
  ///   - errorLimit: the number of refused access units in a row that ends the decoding.
  ///   - during: called with each call of libavcodec, such as the decoding of the unit if no other
  ///     stream has decoded it. The wait while another stream decodes is outside.
  /// - Returns: the frames, also if another stream has decoded the unit.
  /// - Throws: why it cannot be decoded; then for each unit while a stream uses the decoder.
  package func decode(
    _ unit: AccessUnit, _ number: UInt64, _ video: InputDescription.Video, errorLimit: Int,
    during: (() -> Void) -> Void
  ) throws(InputError) -> Decoded {
    let result = state.withLock { state -> Result<Decoded, InputError> in
      if let failure = state.failure { return .failure(failure) }
      if state.opened == nil {
        during {
          do throws(FFmpegError) { state.opened = try Opened(video) } catch {
            state.failure = .noVideo("\(error)")
          }
        }
      }
      guard let opened = state.opened else {
        return .failure(state.failure ?? .failed("no decoder"))
      }
      func decoded(_ frames: [DecodedFrame], isLate: Bool = false) -> Result<Decoded, InputError> {
        .success(
          Decoded(
            frames: frames, isLate: isLate, errors: opened.decoder.errors,
            declaredRate: opened.decoder.declaredRate))
      }
      switch state.units.step(number, isKey: unit.isKey) {
      case .known(let frames): return decoded(frames)
      case .late: return decoded([], isLate: true)
      case .decode: break
      }
      var frames: [DecodedFrame] = []
      opened.decoder.rotation = video.rotation
      during { frames = opened.decoder.decode(unit) }
      state.units.add(number, frames)
      let refused = opened.decoder.refusedInARow
      guard refused < errorLimit else {
        let failure = InputError.failed("\(refused) access units in a row could not be decoded")
        state.failure = failure
        return .failure(failure)
      }
      return decoded(frames)
    }
    return try result.get()
  }
}

/// The position of an access unit in the order of a shared connection.
package struct SharedPosition: Sendable {
  /// The decoder of the connection.
  package let decoder: SharedDecoder
  /// The number of the access unit on the connection.
  package let number: UInt64

  /// The position `number`, for `decoder`.
  package init(_ decoder: SharedDecoder, number: UInt64) {
    self.decoder = decoder
    self.number = number
  }
}

/// The newest results of a decoder that several streams share: a pure state machine.
///
/// Units are numbered in the order of their arrival. Each is decoded once, for the first stream
/// that asks; streams that are more than ``kept`` units behind that one get no frames.
package struct DecodedUnits<Frame> {
  /// The work for a unit.
  package enum Step {
    /// It was decoded, to these frames.
    case known([Frame])
    /// It was decoded too long ago, or a unit to which it may refer was not decoded.
    case late
    /// It has to be decoded.
    case decode
  }

  /// The number of units whose frames are kept.
  package static var kept: Int { 4 }

  private var results: [(number: UInt64, frames: [Frame])] = []
  private var newest: UInt64?

  /// The work for the unit `number`.
  ///
  /// A stream that joins ahead of the others decodes nothing that refers to a unit that they have
  /// not decoded yet: it would take their frames away.
  package func step(_ number: UInt64, isKey: Bool) -> Step {
    if let result = results.last(where: { $0.number == number }) { return .known(result.frames) }
    guard let newest else { return .decode }
    let isNext = number > newest && (isKey || number - newest == 1)
    return isNext ? .decode : .late
  }

  /// Keeps the frames of the unit `number`, the newest one.
  package mutating func add(_ number: UInt64, _ frames: [Frame]) {
    newest = number
    results.append((number, frames))
    if results.count > Self.kept { results.removeFirst() }
  }
}
