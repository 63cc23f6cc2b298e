// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Sharing
import Time

// The connection of an RTSP input, and what the faults of an input mean.
extension InputContext {
  /// Connects to an RTSP server.
  ///
  /// - Returns: the relay, and its URL for libavformat; nil for other inputs.
  static func relay(
    _ address: InputAddress, _ options: InputOptions, _ cancellation: InputCancellation
  ) throws(InputError) -> (relay: RTSPRelay, url: String)? {
    guard address.kind == .rtsp else { return nil }
    guard let server = RTSPAddress(address.raw) else {
      throw .refused(unencoded("the address has no valid host and port"))
    }
    let relay: RTSPRelay
    do throws(RTSPFault) {
      relay = try RTSPRelay(
        server,
        RTSPRelay.Options(
          connectLimit: options.openLimit, answerLimit: options.rtspAnswerLimit,
          reachesOtherHosts: options.reachesOtherHosts))
    } catch { throw .refused("\(error)") }
    // The relay gives up by itself, with a reason.
    cancellation.setDeadline(SystemClock.monotonicTime + options.openLimit + .seconds(1))
    guard let url = relay.connected(isDue: { cancellation.isDue }) else {
      relay.close()
      if cancellation.isCancelled { throw .cancelled }
      guard let fault = relay.fault else {
        throw .silent(Int(options.openLimit.wholeSeconds))
      }
      throw failure(fault, address)
    }
    let limit = options.openLimit + options.rtspAnswerLimit + options.rtspAnswerLimit
    cancellation.setDeadline(SystemClock.monotonicTime + limit)
    let own = server.options.joined(separator: "&")
    return (relay, own.isEmpty ? url : "\(url)?\(own)")
  }

  static func failure(_ fault: RTSPFault, _ address: InputAddress) -> InputError {
    let reason = address.scrub("\(fault)")
    if address.hasUnencodedCredentials { return .refused(unencoded(reason)) }
    return fault.isDenied ? .denied(reason) : .refused(reason)
  }

  private static func unencoded(_ words: String) -> String {
    "\(words); percent-encode @, #, / and ? in a user name or password: %40, %23, %2F, %3F"
  }

  static func failure(
    _ code: Int32, _ lines: [String], _ address: InputAddress,
    _ cancellation: InputCancellation, _ options: InputOptions, whileReading: Bool = false
  ) -> InputError {
    if cancellation.isCancelled { return .cancelled }
    if code == CFF_EXIT || code == CFF_TIMEDOUT || cancellation.isDue {
      let limit = whileReading ? options.silenceLimit : options.openLimit
      return .silent(Int(limit.wholeSeconds))
    }
    if lines.contains(where: { $0.contains(Demuxers.refusal) }) { return Demuxers.error }
    let words = FFmpegError.text(code)
    if address.hasUnencodedCredentials, !whileReading {
      // The message may contain any part of the password.
      return .refused(unencoded(words))
    }
    let last = lines.last.map { address.scrub($0) }
    // The library's last message often repeats the error with its source before it.
    let reason =
      last.map { $0.hasSuffix(words) ? "\($0)" : "\(words): \($0)" } ?? words
    if address.kind == .srt, !whileReading, code == CFF_EIO {
      return .refused("no connection: no response, or a wrong passphrase")
    }
    if code == CFF_UNAUTHORIZED || code == CFF_FORBIDDEN { return .denied(reason) }
    return whileReading ? .failed(reason) : .refused(reason)
  }
}
