// SPDX-License-Identifier: Apache-2.0

import Archive
import ChunkStream
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
    let configuration = served?.source?.configuration
    let findings = configuration?.findingsInput(statistics).map { InputFindings($0).list }
    let reason = if case .failed(let reason) = stream.state { reason } else { String?.none }
    return [
      "stream": stream.name, "name": plan.flatMap { _ in options.label },
      "source": plan.flatMap { _ in options.source.map(Redaction.redact) },
      "onDemand": plan?.isOnDemand, "state": stream.word, "publisher": publisher,
      "archive": options.archive.map { archive in
        ArchiveDocument(archive: archive, dvr: options.reach.dvr).object
      },
      "push": options.pushes?.all.enumerated().map {
        PushDocument(number: $0.offset, push: $0.element).object
      },
      "audioFault": statistics?.audioFault?.object,
      "outage": stream.outage?.object, "relay": upstream,
      "sharedWith": statistics?.sharedWith.isEmpty == false ? statistics?.sharedWith : nil,
      "input": statistics.flatMap(input),
      "passedThrough": findings == nil ? nil : configuration?.passesThrough,
      "encodedBecause": configuration?.encodingReason.map(Redaction.redact),
      "findings": findings.map { $0.map(\.object) },
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
      "media": PublisherState.note(stream)?.object,
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

extension InputFinding {
  /// The JSON object: the kind, the measured value, its consequence and advice, and all in one
  /// sentence.
  var object: JSONObject {
    [
      "kind": kind.rawValue, "measured": measured, "value": value, "consequence": consequence,
      "advice": advice, "text": text,
    ]
  }
}

extension PublisherNote {
  /// The JSON object.
  var object: JSONObject { ["kind": kind.name, "text": text] }
}

extension SourceOutage {
  /// The JSON object for viewers.
  ///
  /// It has no reason, which may name hosts and files. Times are Unix time in nanoseconds.
  var publicObject: JSONObject {
    [
      "kind": kind.rawValue, "text": kind.words, "since": since.nanoseconds,
      "retry": retryAt?.nanoseconds,
    ]
  }

  /// The JSON object for `/api`, with the reason.
  ///
  /// Times are seconds since the beginning, and until the next attempt.
  var object: JSONObject {
    let now = SystemClock.wallTime
    return [
      "kind": kind.rawValue, "text": kind.words, "reason": Redaction.redact(reason),
      "seconds": (now - since).secondsAtLeastZero,
      "retry": retryAt.map { ($0 - now).secondsAtLeastZero },
    ]
  }
}

/// The archive of a stream as a JSON object of `/api/streams`.
struct ArchiveDocument {
  let archive: StreamArchive
  let dvr: Interval

  /// The JSON object.
  var object: JSONObject {
    let status = archive.status
    let extent = status.oldest.flatMap { oldest in status.newest.map { (oldest, $0) } }
    return [
      "bytes": status.bytes, "written": status.written, "dropped": status.dropped,
      "dvr": dvr.wholeSeconds, "healed": archive.policy.twins.isEmpty ? nil : status.healed,
      "from": extent.map { UTCTime($0.0).text }, "to": extent.map { UTCTime($0.1).text },
      "foreign": status.foreign > 0 ? status.foreign : nil,
      "ahead": status.ahead.flatMap { Self.list([$0])?.first },
      "kept": Self.list(archive.protectedSpans), "removing": Self.list(archive.hiddenSpans),
      "error": status.error, "objects": status.objects.map(Self.object),
    ]
  }

  private static func object(_ objects: ObjectStatus) -> JSONObject {
    [
      "put": objects.put, "bytes": objects.bytes, "removed": objects.removed,
      "failures": objects.failures, "lost": objects.lost, "wrong": objects.wrong,
      "lag": objects.lag.wholeSeconds, "error": objects.error,
    ]
  }

  /// Spans, if there are any.
  private static func list(_ spans: [Range<WallTime>]) -> [JSONObject]? {
    spans.isEmpty
      ? nil
      : spans.map { ["from": UTCTime($0.lowerBound).text, "to": UTCTime($0.upperBound).text] }
  }
}

/// A push as a JSON object of `/api/streams` and `/stats`; without secrets.
struct PushDocument {
  /// The number of the push, by which requests start and stop it.
  let number: Int
  let push: StreamPush

  /// The JSON object.
  var object: JSONObject {
    let (target, status, now) = (push.target, push.status, SystemClock.monotonicTime)
    return [
      "id": number, "to": "\(target.address)", "protocol": target.address.kind.rawValue,
      "state": status.state.rawValue, "seconds": (now - status.since).secondsAtLeastZero,
      "reason": status.reason.map(Redaction.redact),
      "retry": status.retryTime.map { ($0 - now).secondsAtLeastZero },
      "renditions": status.renditions, "bytes": status.counts.bytes,
      "chunks": status.counts.chunks, "dropped": status.counts.dropped,
      "failures": status.counts.failures, "reconnects": status.reconnects,
    ]
  }
}

extension Interval {
  /// The whole seconds; 0 if it is negative.
  var secondsAtLeastZero: Int64 { Swift.max(0, milliseconds / 1000) }
}
