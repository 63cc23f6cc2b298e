// SPDX-License-Identifier: Apache-2.0

import Access
import Archive
import Capture
import Checked
import Logging
import Packaging
import Push
import Streams
import Time

/// The lines of `--check --explain` about a stream: source, packaging, storage and viewers, in
/// plain words.
struct StreamExplanation {
  private static let columns = 90
  private static let indent = 12

  private let stream: StreamDefinition
  private let program: ProgramSettings
  private let securePort: UInt16?
  private var settings: StreamSettings { stream.settings }

  /// The explanation of a stream of the program; `securePort` is the port of HTTPS.
  init(_ stream: StreamDefinition, _ program: ProgramSettings, securePort: UInt16?) {
    (self.stream, self.program, self.securePort) = (stream, program, securePort)
  }

  /// A title, and a row for each subject.
  var lines: [String] {
    let label = settings.label.map { ", \"\($0)\"" } ?? ""
    return ["stream \(settings.name)\(label): \(address)"] + rows.flatMap(Self.wrapped)
  }

  private var rows: [(name: String, text: String)] {
    [
      ("source", source), ("video", video), ("audio", audio), ("segments", segments),
      ("kept", kept), ("watch", watchers),
    ]
      + [("publish", publishers), ("encrypted", encryption), ("pushed", receivers)]
      .compactMap { name, text in text.map { (name: name, text: $0) } }
  }

  private static func wrapped(_ row: (name: String, text: String)) -> [String] {
    let words = row.text.split(separator: " ").map(String.init)
    let margin = String(repeating: " ", count: indent)
    return WordWrap.lines(words, columns: columns - indent).enumerated().map { index, line in
      guard index == 0 else { return margin + line }
      let name = "  \(row.name)"
      return name + margin.dropFirst(name.count) + line
    }
  }

  private var address: String {
    if let base = program.publicURL { return "\(base)/\(settings.name)/" }
    let isAny = ["0.0.0.0", "::"].contains(program.host)
    let place = isAny ? "HOST" : HostAndPort.text(program.host)
    if case .port(let port) = program.plainPort {
      return "http://\(place):\(port)/\(settings.name)/"
    }
    return "https://\(place):\(securePort ?? 0)/\(settings.name)/"
  }

  private var source: String {
    let words =
      if let upstream = settings.upstream {
        "relay of \(upstream)"
      } else if stream.isUploaded {
        "files that a publisher uploads"
      } else if !settings.inputs.isEmpty {
        settings.inputs.map { $0.kind == .publisher ? "a publisher" : "\($0)" }
          .joined(separator: ", else ")
      } else {
        settings.device.map { "the camera \($0)" } ?? "the test pattern"
      }
    return words + (settings.isOnDemand ? "; only while clients request the stream" : "")
  }

  private var video: String {
    if settings.upstream != nil { return "unchanged, with the bytes of the other server" }
    if stream.isUploaded { return "unchanged, the files of the publisher" }
    guard !settings.inputs.isEmpty else { return "encoded \(encodings)" }
    let decision = PassThroughDecision(settings)
    if settings.passThrough == .always {
      return "passed through; a source that does not fit is an error"
    }
    guard decision.requirements == nil else {
      return "passed through without a change of quality if it fits, else encoded \(encodings)"
    }
    let reason = decision.encodingOption.map { option in
      "\(settings.locations[option]?.description ?? "--" + option) is given"
    }
    return "encoded, since \(reason ?? "passthrough is never"), \(encodings)"
  }

  private var encodings: String {
    let isUnsized = settings.size == nil && settings.ladder.isEmpty && !settings.inputs.isEmpty
    let renditions = stream.configuration.renditions.map {
      (isUnsized ? "its size" : "\($0.size)") + " at \($0.bitrateKilobits) kbit/s"
    }
    let rate =
      settings.rate.map { "\($0) frames per second" }
      ?? (settings.inputs.isEmpty ? "\(StreamSettings.defaultRate) frames per second" : "its rate")
    return "by \(settings.encoder) (\(settings.preset)): \(renditions.joined(separator: ", ")); "
      + rate
  }

  private var audio: String {
    if settings.upstream != nil || stream.isUploaded { return "as the video" }
    let sources = (settings.audio ?? []).map {
      switch $0 {
      case .tone: "a test tone"
      case .device(let name): "the sound card \(name)"
      case .input: "the input"
      }
    }
    if !sources.isEmpty { return "of \(sources.joined(separator: ", ")), encoded as AAC" }
    guard settings.takesInputAudio, !settings.inputs.isEmpty else { return "none" }
    let copies = settings.audioCopy.map(\.rawValue)
    return "of the input: AAC as it comes, other codecs encoded as AAC"
      + (copies.isEmpty ? "" : "; beside it \(copies.joined(separator: ", ")) as it comes")
  }

  private var segments: String {
    if stream.isUploaded { return "as they are uploaded" }
    if settings.upstream != nil { return "those of the other server" }
    return "\(settings.segmentDuration.secondsText) s, in parts of "
      + "\(settings.partDuration.secondsText) s; playlists list "
      + "\(stream.configuration.playlistLength)"
  }

  private var kept: String {
    if stream.isUploaded {
      let limits = settings.uploadLimits
      return "the last \(limits.span.wholeSeconds) s, at most \(limits.bytes / 1_000_000) MB, in "
        + "memory"
    }
    guard let folder = program.archiveFolder, settings.isArchived else {
      return "the last \(stream.configuration.retained) segments in memory, nothing on disk"
    }
    let renditions = settings.archiveRenditions == .top ? "the top rendition" : "all renditions"
    let limit = settings.archiveLimit.map { ", at most \(Retention.text(bytes: $0))" } ?? ""
    let past =
      settings.dvr > .zero
      ? "viewers may go back \(Retention.text(settings.dvr))" : "viewers may not go back (dvr)"
    return "\(renditions) in \(folder), "
      + (settings.archiveKeep.map { Retention.text($0) } ?? "for ever") + limit + "; \(past)"
  }

  /// The clients that may play the stream.
  private var watchers: String {
    let names = settings.playbackKeys.map(\.identifier).joined(separator: ", ")
    let links =
      "clients with a token of the key \(names), in a link of streamer token"
      + (program.webTokenKey == nil ? "" : ", or a JSON Web Token")
    return switch settings.permittedViewers {
    case .everybody: "all clients that reach the server"
    case .links: links
    case .password: "clients with the password" + (names.isEmpty ? "" : ", and \(links)")
    }
  }

  /// The clients that may publish the stream; nil if it has another source.
  private var publishers: String? {
    guard settings.isPublished || stream.isUploaded else { return nil }
    let hasKey = settings.publishKey != nil || settings.publishPath != nil
    let clients =
      (hasKey ? ["clients with the key"] : [])
      + (settings.publishCertificates.isEmpty ? [] : ["clients with a certificate"])
    guard clients.isEmpty else { return clients.joined(separator: ", ") }
    return switch program.publishMode {
    case .loopback: "programs on this machine, since there is no key"
    case .open: "all clients that reach the server"
    case .key: "no client, since there is no key"
    }
  }

  private var encryption: String? {
    guard settings.encryption != .none, let keys = settings.encryptionKeys else { return nil }
    return "\(settings.encryption.rawValue), with the keys of \(Redaction.redact(keys))"
  }

  private var receivers: String? {
    guard !settings.pushes.isEmpty else { return nil }
    return "to " + settings.pushes.map { "\($0.address)" }.joined(separator: ", ")
  }
}
