// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Publishing
import Push
import Sharing
import Streams
import Time

/// One stream as a JSON object of `/api/streams`; without secrets.
struct StreamDocument {
  let stream: StreamEntry

  /// The JSON object.
  var object: JSONObject {
    let (options, plan, served) = (stream.options, stream.supervisor?.plan, stream.served)
    let statistics = served?.measures.statistics()
    let delay = served?.source?.configuration.reorderingDelay ?? .zero
    let crashes = plan.flatMap { $0.crashes.count > 0 ? $0.crashes : nil }
    let reason = if case .failed(let reason) = stream.state { reason } else { String?.none }
    return [
      "stream": stream.name, "name": plan.flatMap { _ in options.label },
      "source": plan.flatMap { _ in options.source.map(Redaction.redact) },
      "onDemand": plan?.isOnDemand, "state": stream.word, "publisher": publisher,
      "archive": options.archive.map { ArchiveDocument(archive: $0, dvr: options.dvr).object },
      "push": options.pushes?.all.enumerated().map {
        PushDocument(number: $0.offset, push: $0.element).object
      },
      "outage": stream.outage?.object, "relay": upstream,
      "sharedWith": statistics?.sharedWith.isEmpty == false ? statistics?.sharedWith : nil,
      "input": statistics.flatMap(input),
      "bFrameDelay": delay > .zero
        ? RawJSON(Decimal.string(delay.milliseconds, digits: 3)) : nil,
      "sourceCrashes": crashes?.count,
      // The source has crashed often: seconds to its next attempt.
      "sourceRetry": crashes?.delayedUntil.map {
        ($0 - SystemClock.monotonicTime).secondsAtLeastZero
      },
      "reason": reason, "renditions": served.map(renditions),
    ]
  }

  private var publisher: JSONObject? {
    guard let publisher = stream.options.publishers?() else { return nil }
    let state = PublisherState(stream.options, stream.served)
    return [
      "connected": publisher.isConnected, "state": state?.word.rawValue,
      "protocol": state?.transport,
      "seconds": publisher.since.map { (SystemClock.monotonicTime - $0).secondsAtLeastZero },
    ]
  }

  private func renditions(_ served: ServedStream) -> [JSONObject] {
    let missing = served.missingNames(now: SystemClock.monotonicTime)
    let hasChoice = served.renditions.count(where: \.isAudio) > 1
    return served.renditions.map { rendition in
      let track = rendition.window.snapshot.track
      // The members of an audio rendition among which viewers choose.
      let choice = hasChoice && rendition.isAudio ? track : nil
      return [
        "name": rendition.name, "width": track?.size?.width, "height": track?.size?.height,
        "language": choice?.language.tag, "label": choice.map { $0.label ?? $0.rendition },
        "purpose": choice?.purpose.rawValue, "default": choice?.isDefault,
        "missing": missing.contains(rendition.name) ? true : nil,
      ]
    }
  }

  /// The connection to the upstream of a stream of another server; nil for other streams.
  private var upstream: JSONObject? {
    guard let link = stream.supervisor?.plan.upstream else { return nil }
    let status = link.status
    return [
      "from": "\(link.address)", "state": status.state.rawValue,
      "seconds": (SystemClock.monotonicTime - status.since).secondsAtLeastZero,
      "servers": status.path.isEmpty ? nil : status.path.count,
      "reason": status.reason.map(Redaction.redact),
    ]
  }

  /// The shown input of a stream with backup inputs; nil for other streams.
  private func input(_ counts: StreamStatistics) -> JSONObject? {
    let inputs = stream.options.inputs
    guard !inputs.isEmpty else { return nil }
    let shown = counts.shownInput.flatMap { $0 < inputs.count ? $0 : nil }
    return [
      "shown": shown.map { RawJSON("\($0)") } ?? RawJSON("null"),
      "source": shown.map { Redaction.redact(inputs[$0]) },
      "seconds": (SystemClock.wallTime - counts.shownSince).secondsAtLeastZero,
      "switches": counts.inputSwitches,
    ]
  }
}
