// SPDX-License-Identifier: Apache-2.0

package import Access
package import Archive
import Net
import Streams
import System
import Time

/// The settings of the program and of its streams, checked in combination, with the files that
/// they name.
package struct ValidatedConfiguration: Sendable {
  package let merged: MergedSettings
  /// The streams; at least one.
  package let streams: [StreamDefinition]
  /// Nil without HTTPS.
  package let tls: TLSSettings?
  /// The public key of JSON Web Tokens; nil for none.
  package let webTokenKey: SignatureKey?
  /// The key of the signatures of `--on-event`; empty for none.
  package let eventKey: [UInt8]
  /// The object store of the archive; nil for none.
  package let objectStore: ObjectStoreOptions?
  let hlsjs: [UInt8]?
  let dashjs: [UInt8]?

  /// Checks the settings and reads the files that they name.
  ///
  /// - Throws: the first error of each stream and of the program, with the locations of settings.
  package init(_ merged: MergedSettings, isSupervised: Bool) throws(UsageError) {
    self.merged = merged
    let settings = merged.program
    var definitions: [StreamDefinition] = []
    var faults: [UsageError] = []
    for stream in merged.streams {
      do throws(UsageError) {
        definitions.append(
          try StreamDefinition(stream, isListed: merged.listsStreams, isSupervised: isSupervised))
      } catch { faults.append(error) }
    }
    streams = definitions
    do throws(UsageError) {
      dashjs = try Self.script(settings.dashjs, "dashjs")
      hlsjs = try Self.script(settings.hlsjs, "hlsjs")
      webTokenKey = try Self.publicKey(settings.webTokenKey)
      eventKey = try Self.eventKey(settings.eventKey)
      objectStore = try ObjectStoreCheck.options(settings, SystemEnvironment.value)
      try Self.checkCongestion(settings.congestion)
      tls = try TLSSettings(settings)
      guard settings.plainPort != .off || tls != nil else {
        throw UsageError(
          .option("http-port"), .value("off"),
          expected: "a port, or HTTPS by \(option: "tls-cert") or \(option: "self-signed")")
      }
      guard !settings.hasAbsoluteURLs || settings.publicURL != nil else {
        throw UsageError(
          .option("absolute-urls"), .problem("requires \(option: "public-url")"))
      }
      guard settings.rtmps == nil || tls != nil else {
        throw UsageError(
          .option("rtmps"),
          .problem("requires \(option: "tls-cert") or \(option: "self-signed")"))
      }
      guard
        settings.clientAuthorities != nil
          || streams.allSatisfy({ $0.settings.publishCertificates.isEmpty })
      else {
        throw UsageError(
          .option("publish-certificate"), .problem("requires \(option: "client-ca")"))
      }
    } catch { throw UsageError(all: faults + [error.located(settings.locations)]) ?? error }
    if let fault = UsageError(all: faults) { throw fault }
  }

  package var settings: ProgramSettings { merged.program }

  /// The folder of the times of deliveries; nil if nothing is saved.
  ///
  /// It is that of `--stats-dir`, or else, if a stream saves statistics, `statistics` in the folder
  /// of persistent files.
  package var statisticsFolder: String? {
    if let folder = settings.statisticsFolder { return folder }
    guard streams.contains(where: \.settings.savesStatistics) else { return nil }
    return PrivateFile.stateFolder(SystemEnvironment.value).map { $0 + "/statistics" }
  }

  /// Notes for people about settings without effect, or with less effect than it seems.
  package var notes: [String] {
    let archive = unused.filter { $0.option == "dvr" || $0.option.hasPrefix("archive-") }
    return archive.map(\.note.description) + remarks
  }

  /// The notes that are not about single values.
  var remarks: [String] {
    var notes: [String] = []
    if statisticsFolder == nil, streams.contains(where: \.settings.savesStatistics) {
      notes.append(
        "saveStats has no effect: none of STATE_DIRECTORY, XDG_STATE_HOME and HOME names a folder, "
          + "and there is no --stats-dir")
    }
    notes += archiveNotes
    notes += streams.compactMap(\.settings.viewerNote)
    let open = streams.filter { $0.settings.permittedViewers == .everybody }
      .map(\.configuration.name)
    if webTokenKey != nil, !open.isEmpty {
      notes.append(
        "--jwt-key alone protects no stream: all clients may play "
          + "\(open.joined(separator: ", ")), which needs --playback-key")
    }
    if let shortKeys { notes.append(shortKeys) }
    return notes
  }

  /// Values that have no effect beside the others.
  var unused: [UnusedSettings.Unused] {
    UnusedSettings.list(streams.map(\.settings), settings)
  }

  /// Notes about the archive.
  private var archiveNotes: [String] {
    guard settings.archiveFolder != nil else { return [] }
    let left = streams.filter { $0.settings.archiveRenditions != .none && !$0.settings.isArchived }
    return left.map {
      "\($0.settings.name) is not archived: --numbering run uses the names of segments again"
    }
  }

  /// The streams whose publishers have a key that can be guessed; nil for none.
  private var shortKeys: String? {
    let short = streams.filter { stream in
      let settings = stream.settings
      let path = settings.publishMode == .key ? settings.publishPath : nil
      return [settings.publishKey, path].contains { $0?.isShort == true }
    }
    var names = short.map(\.configuration.name)
    if merged.publishKey?.isShort == true, names.isEmpty { names = ["new streams"] }
    guard !names.isEmpty else { return nil }
    return
      "the publish key of \(names.joined(separator: ", ")) has fewer than "
      + "\(SecretDigest.longLength) characters and can be guessed; openssl rand -hex 16 prints a "
      + "random one"
  }

  /// The scripts of the player page by their names under `/player/`.
  package var scripts: [String: [UInt8]] {
    var scripts: [String: [UInt8]] = [:]
    scripts["hls.js"] = hlsjs
    scripts["dash.all.min.js"] = dashjs
    return scripts
  }

  private static func checkCongestion(_ name: String?) throws(UsageError) {
    guard let name, let refusal = CongestionControl.refusal(of: name) else { return }
    let isKnown = refusal == .notPermitted
    let names = isKnown ? CongestionControl.permitted : CongestionControl.available
    let parameter = isKnown ? "allowed" : "available"
    throw UsageError(
      .option("congestion"), .value(name),
      expected: OptionText(
        "\((names + [CongestionControl.system]).joined(separator: ", ")), of "
          + "net.ipv4.tcp_\(parameter)_congestion_control"))
  }

  private static func publicKey(_ path: String?) throws(UsageError) -> SignatureKey? {
    guard let path else { return nil }
    guard let key = SignatureKey(pem: try FileContents.read(path, for: .option("jwt-key"))) else {
      throw UsageError(
        .option("jwt-key"), .value(path), expected: "a public key on the curve P-256 in PEM")
    }
    return key
  }

  private static func eventKey(_ path: String?) throws(UsageError) -> [UInt8] {
    guard let path else { return [] }
    let text = try FileContents.read(path, for: .option("event-key"))
    // Editors and echo add a line end.
    let key = Array(text[..<(text.lastIndex { $0 != 10 && $0 != 13 }.map { $0 + 1 } ?? 0)])
    guard key.count >= 16 else {
      throw UsageError(
        .option("event-key"), .problem("\(key.count) bytes"),
        expected: "a file of 16 bytes or more")
    }
    return key
  }

  private static func script(_ path: String?, _ option: String) throws(UsageError) -> [UInt8]? {
    guard let path else { return nil }
    return try FileContents.read(path, for: .option(option))
  }
}
