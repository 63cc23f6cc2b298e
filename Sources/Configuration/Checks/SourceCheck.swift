// SPDX-License-Identifier: Apache-2.0

import Access
import Capture
import Media
import Net
import Sharing
import Streams
import Time

/// Checks the source of a stream, at most one, and its settings.
enum SourceCheck {
  /// Checks the settings, before the source is opened.
  static func check(_ settings: StreamSettings) throws(UsageError) {
    let sources = [
      ("test-src", settings.isTestSource), ("device", settings.device != nil),
      // The inputs of a stream with publishers are their backups.
      ("input", settings.input != nil && [nil, .uploads].contains(settings.published)),
      ("relay", settings.upstream != nil), ("source", settings.published != nil),
    ].filter(\.1)
    guard sources.count <= 1 else {
      throw UsageError(sources.map { .option($0.0) }, .combination, expected: "one source")
    }
    // Flags without a source describe the test pattern.
    guard !sources.isEmpty || settings.isPublished || settings.location == nil else {
      throw missingSource(settings)
    }
    try checkInputs(settings)
    try checkSlate(settings)
    try checkFont(settings)
    try checkTrust(settings)
    try PassThroughDecision(settings).check()
    try checkIsolation(settings)
    try checkPublishers(settings)
    try EncryptionCheck.check(settings)
    try PushCheck.check(settings)
    guard settings.captions.isEmpty || settings.published != .uploads else {
      throw UsageError(
        [.option("captions"), .setting("source", "uploads")], .combination,
        expected: "captions of a stream with another source")
    }
    try checkViewers(settings)
    let names = settings.playbackKeys.map(\.identifier)
    if let twice = names.enumerated().first(where: { names[..<$0.offset].contains($0.element) }) {
      // The word after the option is a secret for the log, which removes it.
      throw UsageError(
        .option("playback-key"),
        .problem("*** and *** have the same KID \"\(twice.element)\""),
        expected: "a KID per key")
    }
  }

  private static func checkViewers(_ settings: StreamSettings) throws(UsageError) {
    switch settings.viewers {
    case .password where settings.viewerPassword == nil:
      throw UsageError(
        .option("viewers"), .problem("the password lacks its hash"),
        expected: "a hash that streamer password prints, by \(option: "viewer-password")")
    case .links where settings.playbackKeys.isEmpty:
      throw UsageError(
        .setting("viewers", "links"), .problem("requires \(option: "playback-key")"))
    default: break
    }
  }

  private static func missingSource(_ settings: StreamSettings) -> UsageError {
    let isForPublishers =
      settings.publishKey != nil || settings.publishPath != nil
      || !settings.publishCertificates.isEmpty
    return UsageError(
      settings.location.map { .location($0) } ?? .other("stream"), .problem("has no source"),
      expected: isForPublishers
        ? "\(option: "rtmp"), \(option: "rtmps") or \(option: "srt"), since it describes publishers"
        : "input, device, relay, source or testSrc")
  }

  private static func checkSlate(_ settings: StreamSettings) throws(UsageError) {
    guard let path = settings.slate else { return }
    let reason: String
    do throws(InputError) {
      if let file = SlateFile(path: path) {
        _ = try file.first(size: .hd720)
        return
      }
      reason = "it is no file"
    } catch { reason = "\(error)" }
    throw UsageError(
      .option("slate"), .value(path), expected: "a JPEG, PNG or MP4 file: \(reason)")
  }

  private static func checkFont(_ settings: StreamSettings) throws(UsageError) {
    guard let path = settings.overlayFont else { return }
    do throws(FontError) { _ = try OverlayFont(path: path) } catch {
      throw UsageError(
        .option("overlay-font"), .value(path), expected: "a TrueType or OpenType font: \(error)")
    }
  }

  private static func checkTrust(_ settings: StreamSettings) throws(UsageError) {
    guard settings.upstream != nil || !settings.archiveTwins.isEmpty,
      case .file(let path) = settings.upstreamTrust
    else { return }
    guard let problem = settings.upstreamTrust.problem else { return }
    throw UsageError(
      .option("relay-verify"), .value(path),
      expected: "system, none, or a PEM file of certificates: \(problem)")
  }

  private static func checkInputs(_ settings: StreamSettings) throws(UsageError) {
    let most = Int(StartOrder.maximumInputs)
    guard settings.inputs.count <= most else {
      throw UsageError(
        .option("input"), .problem("given \(settings.inputs.count) times"),
        expected: "at most \(most)")
    }
    guard !settings.backups.contains(where: { $0.kind == .publisher }) else {
      throw UsageError(
        .option("input"), .value(InputAddress.publisherText), expected: "as the first input")
    }
    guard settings.inputs.count(where: { $0.raw == "-" }) <= 1 else {
      throw UsageError(.option("input"), .problem("standard input is given twice"))
    }
  }

  private static func checkPublishers(_ settings: StreamSettings) throws(UsageError) {
    let needsPublishers = settings.published != nil && settings.published != .uploads
    if settings.publishMode == nil, settings.publishPath != nil || needsPublishers {
      let option = settings.publishPath != nil ? "rtmp-path" : "source"
      throw UsageError(
        .option(option), .problem("requires \(option: "rtmp") or \(option: "srt")"))
    }
    guard settings.isPublished else {
      guard settings.publishCertificates.isEmpty else {
        throw UsageError(
          .option("publish-certificate"),
          .problem("describes publishers of media, and the stream has another source"))
      }
      guard settings.publishPath != nil else { return }
      throw UsageError(
        .option("rtmp-path"), .problem("describes publishers, and the stream has another source"))
    }
    guard let mode = settings.publishMode else {
      throw UsageError(
        .option("input"), .value(InputAddress.publisherText),
        expected: "with \(option: "rtmp"), \(option: "rtmps") or \(option: "srt")")
    }
    guard settings.publishPath == nil || settings.publishKey == nil else {
      throw UsageError(
        [.option("rtmp-path"), .option("publish-key")], .combination, expected: "one key")
    }
    guard
      mode != .key || settings.publishPath != nil || settings.publishKey != nil
        || !settings.publishCertificates.isEmpty
    else {
      throw UsageError(
        .setting("publish", "key"), .problem("requires \(option: "publish-key")"))
    }
  }

  private static func checkIsolation(_ settings: StreamSettings) throws(UsageError) {
    guard settings.isolation == .process else { return }
    guard settings.input != nil else {
      throw UsageError(.setting("isolation", "process"), .problem("requires \(option: "input")"))
    }
    for case .device in settings.audio ?? [] {
      throw UsageError(
        [.setting("isolation", "process"), .option("audio")], .combination,
        expected: "no device for audio beside an isolated input")
    }
  }
}
