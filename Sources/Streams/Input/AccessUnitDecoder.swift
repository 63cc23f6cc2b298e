// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Sharing
import Time

/// Decodes the access units of a pulled input, connection after connection.
///
/// Confined to the input's thread.
final class AccessUnitDecoder {
  private let input: PulledInput
  private var decoder: VideoDecoder?
  /// The codec of the decoder.
  private var codec = ""
  /// The use of the decoder of a shared connection.
  private var user: SharedDecoder.User?
  private var hasShown = false
  private var sharedRate: FrameRate?
  private var countedErrors: UInt64 = 0
  private var normalizer: FrameNormalizer?
  private var deinterlacer = Deinterlacer()

  init(_ input: PulledInput) { self.input = input }

  /// Whether an access unit of this connection was decoded.
  var isOpen: Bool { decoder != nil || user != nil }

  /// The frame rate in the coded stream; nil if there is none.
  var declaredRate: FrameRate? { user == nil ? decoder?.declaredRate : sharedRate }

  /// Notes a new connection.
  func reset() {
    decoder = nil
    user = nil
    deinterlacer = Deinterlacer()
  }

  /// Decodes an access unit.
  ///
  /// - Returns: its frames; none if they may have been captured before a silence of the source.
  func decode(
    _ unit: AccessUnit, _ description: InputDescription
  ) throws(InputError) -> [DecodedFrame] {
    if let position = unit.shared { return try decode(unit, position, description) }
    var frames: [DecodedFrame] = []
    // A publisher may go on with another encoder.
    if codec != description.video.codec, var former = decoder.take() {
      frames = input.watch.during(.coding) { former.finish(arrival: unit.arrival) }
    }
    if decoder == nil {
      codec = description.video.codec
      do throws(FFmpegError) {
        decoder = try input.watch.during(.coding) { () throws(FFmpegError) in
          try VideoDecoder(description.video)
        }
      } catch {
        throw .noVideo("\(error)")
      }
      countedErrors = 0
    }
    decoder?.rotation = description.video.rotation
    frames += input.watch.during(.coding) { decoder?.decode(unit) ?? [] }
    let refused = decoder?.refusedInARow ?? 0
    guard refused < input.options.decoderErrorLimit else {
      decoder = nil
      throw .failed("\(refused) access units in a row could not be decoded")
    }
    return take(frames, errors: decoder?.errors ?? 0, description)
  }

  /// The frames of an access unit of a shared connection, which another stream may have decoded.
  private func decode(
    _ unit: AccessUnit, _ position: SharedPosition, _ description: InputDescription
  ) throws(InputError) -> [DecodedFrame] {
    let isFirst = user == nil
    if isFirst {
      user = position.decoder.user()
      hasShown = false
    }
    let decoded: SharedDecoder.Decoded
    do throws(InputError) {
      decoded = try position.decoder.decode(
        unit, position.number, description.video, errorLimit: input.options.decoderErrorLimit,
        during: { call in input.watch.during(.coding, call) })
    } catch {
      // The decoder opens again when no stream uses it.
      user = nil
      throw error
    }
    if isFirst { countedErrors = decoded.errors }
    sharedRate = decoded.declaredRate
    if decoded.isLate, hasShown { input.target?.statistics.withLock { $0.lostFrames += 1 } }
    if !decoded.frames.isEmpty { hasShown = true }
    return take(decoded.frames, errors: decoded.errors, description)
  }

  /// Counts errors, and leaves out frames that may have been captured before a silence.
  private func take(
    _ frames: [DecodedFrame], errors: UInt64, _ description: InputDescription
  ) -> [DecodedFrame] {
    if errors > countedErrors {
      let added = errors - countedErrors
      input.target?.statistics.withLock { $0.damagedFrames += added }
    }
    countedErrors = errors
    // The demuxer of MPEG-TS returns an access unit when the next one arrives.
    guard !input.skips(isDelayed: description.format == "mpegts") else { return [] }
    return input.watch.during(.coding) { frames.flatMap { deinterlacer.take($0) } }
  }

  /// The remaining frames; the decoder is closed.
  func finish(arrival: MonotonicTime) -> [DecodedFrame] {
    guard var rest = decoder.take() else { return [] }
    return input.watch.during(.coding) {
      rest.finish(arrival: arrival).flatMap { deinterlacer.take($0) } + deinterlacer.finish()
    }
  }

  /// The frame in `size`, the size of the stream, which is equal in all calls.
  func normalized(_ decoded: DecodedFrame, to size: VideoSize) throws(InputError) -> VideoFrame {
    do throws(FFmpegError) {
      return try input.watch.during(.coding) { () throws(FFmpegError) in
        if let normalizer { return try normalizer.frame(decoded) }
        let first = try FrameNormalizer(size: size)
        normalizer = first
        return try first.frame(decoded)
      }
    } catch {
      throw .failed("\(error)")
    }
  }
}
