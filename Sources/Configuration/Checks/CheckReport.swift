// SPDX-License-Identifier: Apache-2.0

import Capture
import Net
import Packaging
import Streams
import Time

/// The output of `--check`: what the program would run.
package enum CheckReport {
  /// One line each for the file and the ports, one or several for each stream, then the warnings:
  /// unknown keys, values that other layers override, and values without effect.
  ///
  /// - Throws: an error if the access log or the statistics cannot be written.
  package static func text(_ configuration: ValidatedConfiguration) throws(UsageError) -> String {
    let settings = configuration.settings
    if let path = settings.accessLog, !FileContents.isWritable(path) {
      throw settings.refusal(
        "access-log", .value(path), expected: "the path of a writable file")
    }
    if let folder = settings.statisticsFolder, !FileContents.isWritableFolder(folder) {
      throw settings.refusal(
        "stats-dir", .value(folder), expected: "the path of a writable folder")
    }
    var lines = ["configuration: \(settings.configurationPath ?? "no file")"]
    if case .port(let port) = settings.plainPort {
      lines.append("http: \(settings.host) port \(port)")
    }
    if let tls = configuration.tls {
      let certificate =
        if case .files(let context) = tls.certificate { "SHA-256 \(context.fingerprint)" } else {
          "self-signed"
        }
      lines.append("https: \(settings.host) port \(tls.port), \(certificate)")
    }
    let publishers = [("rtmp", settings.rtmp), ("rtmps", settings.rtmps), ("srt", settings.srt)]
    for (scheme, address) in publishers {
      guard let address else { continue }
      lines.append("\(scheme): \(address.host ?? settings.host) port \(address.port)")
    }
    for stream in configuration.streams {
      lines +=
        settings.explains
        ? StreamExplanation(stream, settings, securePort: configuration.tls?.port).lines
        : Self.lines(stream)
      if !settings.explains, let viewers = stream.settings.viewerText {
        lines.append("stream \(stream.configuration.name): \(viewers)")
      }
    }
    var places = SettingLines()
    let merged = configuration.merged
    for note in merged.notes + merged.overridden + configuration.unused.map(\.note) {
      lines.append("warning: \(places.text(note))")
    }
    lines += configuration.remarks.map { "warning: \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func lines(_ stream: StreamDefinition) -> [String] {
    let name = stream.configuration.name
    if stream.isUploaded {
      let limits = stream.settings.uploadLimits
      return [
        "stream \(name): uploaded stream, at most \(limits.bytes / 1_000_000) MB and "
          + "\(limits.span.wholeSeconds) s of files"
      ]
    }
    if let upstream = stream.settings.upstream { return ["stream \(name): relay of \(upstream)"] }
    guard stream.settings.input != nil else {
      let notes = StreamNotes(stream.settings, stream.configuration)
      let warnings = [notes.lowLatency].compactMap(\.self)
      return ["stream \(name): \(notes.summary)"] + warnings.map { "stream \(name): \($0)" }
    }
    // Size, rate and audio of an input are known when it is open.
    let isEncoded = PassThroughDecision(stream.settings).requirements == nil
    let packaging = isEncoded ? "encoded" : "passed through if possible"
    return ["stream \(name): \(stream.settings.inputText), \(packaging)"]
  }
}
