// SPDX-License-Identifier: Apache-2.0

import Capture
import Time

/// The given values that have no effect beside the others, and why: pure.
enum UnusedSettings {
  /// A value without effect.
  struct Unused {
    /// The name of the option.
    let option: String
    let note: SettingNote
  }

  /// Why options have no effect in some streams.
  private struct Rule: Sendable {
    let options: [String]
    /// The end of the sentence that begins with the location of the option.
    let reason: String
    /// Whether the rule is only for options in the object of a stream: at the top of a file they
    /// are also those of streams that publishers create.
    var isForElements = false
    let applies: @Sendable (StreamSettings, ProgramSettings) -> Bool
  }

  /// Values of one stream or of the program, in the order of `--help`.
  ///
  /// A value that several streams inherit is unused if none of them uses it.
  static func list(_ streams: [StreamSettings], _ program: ProgramSettings) -> [Unused] {
    var used: Set<SettingLocation> = []
    var found: [Unused] = []
    for stream in streams {
      for option in Option.table where option.isForStream {
        guard let location = stream.locations[option.name], location != .fastLLDefault else {
          continue
        }
        guard let reason = reason(option.name, location, stream, program) else {
          used.insert(location)
          continue
        }
        let note = SettingNote(location: location, text: reason)
        // bounded: a value per option and stream
        if !found.contains(where: { $0.note == note }) {
          found.append(Unused(option: option.name, note: note))
        }
      }
    }
    return found.filter { !used.contains($0.note.location) } + ofProgram(streams, program)
  }

  private static func reason(
    _ option: String, _ location: SettingLocation, _ stream: StreamSettings,
    _ program: ProgramSettings
  ) -> String? {
    let isElement = stream.location.map { location.isWithin($0) } ?? false
    return rules.first { rule in
      rule.options.contains(option) && (isElement || !rule.isForElements)
        && rule.applies(stream, program)
    }?.reason
  }

  private static let encoding = [
    "resolution", "framerate", "bitrate", "rendition", "intra-interval", "encoder", "preset",
    "burn-clock", "overlay", "overlay-font", "slate", "prefill", "audio", "audio-tracks",
    "audio-copy", "numbering", "segment-duration", "part-duration",
  ]
  private static let inputs = [
    "audio-tracks", "audio-copy", "failback", "rtsp-transport", "rtsp-timeout", "other-hosts",
    "loop", "passthrough", "max-gop", "isolation", "max-frame-size", "max-source-memory",
    "max-decoder-errors",
  ]
  private static let archive = [
    "archive-keep", "archive-limit", "archive-floor", "archive-renditions", "archive-heal", "dvr",
    "dvr-list",
  ]

  private static let rules: [Rule] = [
    Rule(
      options: encoding + inputs,
      reason: "has no effect: the stream is relayed with the bytes of the other server"
    ) { stream, _ in stream.upstream != nil },
    Rule(
      options: encoding + inputs,
      reason: "has no effect: the stream consists of the files of its publisher"
    ) { stream, _ in stream.published == .uploads },
    Rule(options: inputs, reason: "has no effect: the stream has no input") { stream, _ in
      stream.inputs.isEmpty
    },
    Rule(
      options: ["burn-clock", "slate"],
      reason: "has no effect: the test pattern has a clock, and is never missing"
    ) { stream, _ in stream.inputs.isEmpty && stream.device == nil },
    Rule(options: ["overlay-font"], reason: "has no effect: there is no overlay") { stream, _ in
      stream.overlay == nil
    },
    Rule(
      options: ["rtsp-transport", "rtsp-timeout"], reason: "has no effect: no input is RTSP"
    ) { stream, _ in !stream.inputs.contains { $0.kind == .rtsp } },
    Rule(
      options: ["other-hosts"], reason: "has no effect: no input is RTSP or over HTTP"
    ) { stream, _ in !stream.inputs.contains { [.rtsp, .http].contains($0.kind) } },
    Rule(options: ["loop"], reason: "has no effect: no input is a file") { stream, _ in
      !stream.inputs.contains { $0.kind == .file }
    },
    Rule(options: ["failback"], reason: "has no effect: there is one input") { stream, _ in
      stream.backups.isEmpty
    },
    Rule(
      options: ["audio-tracks", "audio-copy"],
      reason: "has no effect: the audio of the input is not used"
    ) { stream, _ in !stream.takesInputAudio },
    Rule(options: ["max-gop"], reason: "has no effect: nothing is passed through") { stream, _ in
      stream.passThrough == .never
    },
    Rule(options: ["encoder", "preset"], reason: "has no effect: the video is passed through") {
      stream, _ in stream.passThrough == .always
    },
    Rule(
      options: ["relay-verify"], reason: "has no effect: no stream is relayed or healed"
    ) { stream, _ in stream.upstream == nil && stream.archiveTwins.isEmpty },
    Rule(
      options: ["push-verify", "client-cert", "client-key"],
      reason: "has no effect: the stream is pushed nowhere"
    ) { stream, program in stream.pushes.isEmpty && program.adminToken == nil },
    Rule(options: archive, reason: "has no effect without an archive (--archive)") { _, program in
      program.archiveFolder == nil
    },
    Rule(
      options: ["dvr-list"], reason: "has no effect: viewers may not go back (--dvr)"
    ) { stream, _ in stream.dvr == .zero },
    Rule(
      options: ["publish-key", "takeover"],
      reason: "has no effect: no publisher supplies the stream", isForElements: true
    ) { stream, _ in !stream.isPublished && stream.published != .uploads },
    Rule(
      options: ["uploads-window"], reason: "has no effect: the stream is not uploaded",
      isForElements: true
    ) { stream, _ in stream.published != .uploads },
    Rule(
      options: ["srt-passphrase"], reason: "has no effect without publishers by SRT (--srt)"
    ) { _, program in program.srt == nil },
  ]

  private static func ofProgram(
    _ streams: [StreamSettings], _ program: ProgramSettings
  ) -> [Unused] {
    let savesStatistics = streams.contains(where: \.savesStatistics) || program.adminToken != nil
    let rows: [(option: String, reason: String, isUnused: Bool)] = [
      ("srt-latency", "without publishers by SRT (--srt)", program.srt == nil),
      ("event-key", "without --on-event", program.eventHook == nil),
      ("client-crl", "without --client-ca", program.clientAuthorities == nil),
      ("stats-dir", "without a stream with saveStats", !savesStatistics),
    ]
    return rows.compactMap { row in
      guard row.isUnused, let location = program.locations[row.option] else { return nil }
      return Unused(
        option: row.option,
        note: SettingNote(location: location, text: "has no effect \(row.reason)"))
    }
  }
}
