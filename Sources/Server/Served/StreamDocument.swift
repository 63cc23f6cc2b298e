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
  private let stream: StreamEntry

  init(_ stream: StreamEntry) { self.stream = stream }

  /// The JSON object.
  var text: String {
    var fields = [("stream", JSONText.quoted(stream.name))]
    if let plan = stream.supervisor?.plan {
      let options = stream.options
      if let label = options.label { fields.append(("name", JSONText.quoted(label))) }
      if let source = options.source {
        fields.append(("source", JSONText.quoted(Redaction.redact(source))))
      }
      fields.append(("onDemand", "\(plan.isOnDemand)"))
    }
    fields.append(("state", JSONText.quoted(stream.word)))
    if let publisher = stream.options.publishers?() {
      var object = "{\"connected\": \(publisher.isConnected)"
      if let state = PublisherState(stream.options, stream.served) {
        object += ", \"state\": \"\(state.word.rawValue)\""
        if let transport = state.transport { object += ", \"protocol\": \"\(transport)\"" }
      }
      if let since = publisher.since {
        let seconds = max(.zero, SystemClock.monotonicTime - since).milliseconds / 1000
        object += ", \"seconds\": \(seconds)"
      }
      fields.append(("publisher", object + "}"))
    }
    if let archive = stream.options.archive {
      fields.append(("archive", ArchiveDocument(archive, stream.options.dvr).text))
    }
    if let pushes = stream.options.pushes {
      let list = pushes.all.enumerated().map { PushDocument($0.offset, $0.element).text }
      fields.append(("push", "[" + list.joined(separator: ", ") + "]"))
    }
    if let outage = stream.outage { fields.append(("outage", outage.text)) }
    if let upstream { fields.append(("relay", upstream)) }
    if let names = stream.served?.measures.statistics().sharedWith, !names.isEmpty {
      let list = names.map { JSONText.quoted($0) }.joined(separator: ", ")
      fields.append(("sharedWith", "[\(list)]"))
    }
    if let input { fields.append(("input", input)) }
    if let delay = stream.served?.source?.configuration.reorderingDelay, delay > .zero {
      fields.append(("bFrameDelay", Decimal.string(delay.milliseconds, digits: 3)))
    }
    if let crashes = stream.supervisor?.plan.crashes, crashes.count > 0 {
      fields.append(("sourceCrashes", "\(crashes.count)"))
      if let retry = crashes.delayedUntil {
        // The source has crashed often: seconds to its next attempt.
        let seconds = max(.zero, retry - SystemClock.monotonicTime).milliseconds / 1000
        fields.append(("sourceRetry", "\(seconds)"))
      }
    }
    if case .failed(let reason) = stream.state {
      fields.append(("reason", JSONText.quoted(reason)))
    }
    if let served = stream.served {
      let missing = served.missingNames(now: SystemClock.monotonicTime)
      let hasChoice = served.renditions.count(where: \.isAudio) > 1
      let renditions = served.renditions.map { rendition in
        let track = rendition.window.snapshot.track
        let size = track?.size
        let audio = hasChoice && rendition.isAudio ? track.map(Self.choice) ?? "" : ""
        return "{\"name\": \(JSONText.quoted(rendition.name))"
          + (size.map { ", \"width\": \($0.width), \"height\": \($0.height)" } ?? "")
          + audio
          + (missing.contains(rendition.name) ? ", \"missing\": true" : "") + "}"
      }
      fields.append(("renditions", "[" + renditions.joined(separator: ", ") + "]"))
    }
    return "{" + fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
  }

  /// The members of an audio rendition among which viewers choose.
  private static func choice(_ track: TrackDescription) -> String {
    ", \"language\": \(JSONText.quoted(track.language.tag))"
      + ", \"label\": \(JSONText.quoted(track.label ?? track.rendition))"
      + ", \"purpose\": \(JSONText.quoted(track.purpose.rawValue))"
      + ", \"default\": \(track.isDefault)"
  }

  /// The connection to the upstream of a stream of another server; nil for other streams.
  private var upstream: String? {
    guard let link = stream.supervisor?.plan.upstream else { return nil }
    let status = link.status
    let seconds = max(.zero, SystemClock.monotonicTime - status.since).milliseconds / 1000
    var object = "{\"from\": \(JSONText.quoted("\(link.address)")), "
    object += "\"state\": \"\(status.state.rawValue)\", \"seconds\": \(seconds)"
    if !status.path.isEmpty { object += ", \"servers\": \(status.path.count)" }
    if let reason = status.reason {
      object += ", \"reason\": \(JSONText.quoted(Redaction.redact(reason)))"
    }
    return object + "}"
  }

  /// The shown input of a stream with backup inputs; nil for other streams.
  private var input: String? {
    let inputs = stream.options.inputs
    guard !inputs.isEmpty, let counts = stream.served?.measures.statistics() else { return nil }
    var object = "{\"shown\": "
    if let shown = counts.shownInput, shown < inputs.count {
      object += "\(shown), \"source\": \(JSONText.quoted(Redaction.redact(inputs[shown])))"
    } else {
      object += "null"
    }
    let seconds = max(.zero, SystemClock.wallTime - counts.shownSince).milliseconds / 1000
    return object + ", \"seconds\": \(seconds), \"switches\": \(counts.inputSwitches)}"
  }
}
