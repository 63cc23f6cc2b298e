// SPDX-License-Identifier: Apache-2.0

import Archive
import HLSPackager
import HTTP
import Media
import Packaging
import Sharing
import Streams
import Time

/// Requests for the past of a stream without a session: its archive answers them, and they start
/// nothing.
extension StreamHandler {
  /// The media that a request is for, as far as it decides whether that is past.
  enum PastNeed {
    /// The extent of the past, or media between two times.
    case archive
    /// Media up to this time.
    case time(WallTime)
    case segment(MediaName.Number, of: String?)
    /// The first frame of a segment of the top rendition.
    case keyFrame(MediaName.Number)
    case header(String, of: String?)
    /// Media up to the live edge, and on; whether the client has an earlier version.
    case liveEdge(isFollowed: Bool)
  }

  /// Lets the archive answer a request, if the stream has no session and the media is past.
  ///
  /// - Parameters:
  ///   - need: the media.
  ///   - exchange: the request.
  ///   - since: the arrival of the request.
  ///   - answer: called with the handler of the recording.
  /// - Returns: false if the request is for a session of the stream.
  func answersPast(
    _ need: PastNeed, _ exchange: any Exchange, since: MonotonicTime,
    _ answer: (StreamHandler) -> Void
  ) -> Bool {
    guard servedStream == nil, !stream.isLeft, let recorded = stream.recorded,
      stream.options.reach.isOpen || past.isUnlimited(exchange)
    else { return false }
    guard let served = recorded.served else {
      guard recorded.mayBeRead(now) else { return false }
      past.read(exchange) { answer in
        recorded.read(answer: answer)
      } take: { [weak self] (_: Bool) in
        guard let self else { return exchange.respond(.unavailable("the stream was removed")) }
        reroute(exchange, since)
      }
      return true
    }
    guard isPast(need, of: served, recorded, since: since) else { return false }
    answer(handler(of: served))
    return true
  }

  /// Answers a request that was held for the live edge until its deadline; false for others.
  func endsWithRecording(_ exchange: any Exchange, since: MonotonicTime) -> Bool {
    let target = RoutedTarget(exchange.request) { _ in false }
    guard !target.isFollowing else { return false }
    let need = PastNeed.liveEdge(isFollowed: false)
    switch target.route {
    case .past(stream: _, rendition: _, from: _, to: nil):
      return answersPast(need, exchange, since: since) { $0.past(exchange, target, since: since) }
    case .pastManifest:
      return answersPast(need, exchange, since: since) { $0.pastManifest(exchange, since: since) }
    default: return false
    }
  }

  private func isPast(
    _ need: PastNeed, of served: ServedStream, _ recorded: RecordedStream, since: MonotonicTime
  ) -> Bool {
    guard let archive = served.options.archive else { return false }
    func name(_ rendition: String?) -> String? {
      rendition ?? (served.renditions.count == 1 ? served.top.name : nil)
    }
    switch need {
    case .archive: return true
    case .time(let time):
      if let end = served.window.snapshot.segments.last?.programDateTime, time <= end {
        return true
      }
      // A session that begins may publish media of the last seconds.
      let margin = if case .idle = stream.state { Interval.zero } else { InstantHandler.horizon }
      return time <= SystemClock.wallTime - margin
    case .segment(let number, let rendition):
      guard let number = served.names.segment(number),
        let newest = name(rendition).flatMap({ archive.extent(of: $0) })?.upperBound
      else { return false }
      return number <= newest
    case .keyFrame(let number):
      return isPast(.segment(number, of: served.top.name), of: served, recorded, since: since)
    case .header(let hash, let rendition):
      return name(rendition).map { archive.hasHeader(hash, of: $0) } ?? false
    case .liveEdge(let isFollowed):
      return !isFollowed && !expectsSession(recorded, since: since)
    }
  }

  /// Whether a session may begin before the deadline of a request.
  private func expectsSession(_ recorded: RecordedStream, since: MonotonicTime) -> Bool {
    guard !stream.isRecording, now - since < StartQueue.hold else { return false }
    switch stream.state {
    case .served, .idle: return true
    case .failed: return false
    case .starting:
      let isOnDemand = stream.supervisor?.plan.isOnDemand ?? false
      return isOnDemand || now - recorded.since < StartQueue.hold
    }
  }
}

extension StreamHandler.PastNeed {
  /// The need of a request for a file of a rendition; nil for files that no archive has.
  init?(_ file: MediaName, of rendition: String?) {
    switch file {
    case .header(let hash): self = .header(hash, of: rendition)
    case .segment(let number): self = .segment(number, of: rendition)
    case .part, .text: return nil
    }
  }

  /// The need of a request for a still; nil for the newest frame, and for a text that is no time.
  init?(_ address: StillAddress) {
    switch address {
    case .newest: return nil
    case .instant(let text, _):
      guard let time = InstantText.time(text) else { return nil }
      self = .time(time)
    case .keyFrame(let number): self = .keyFrame(number)
    }
  }
}
