// SPDX-License-Identifier: Apache-2.0

import Capture
import Encryption
import Media
import Streams
import Time

/// The encryption of a stream by its settings, with the file of its keys, of which no error text
/// has a part.
enum EncryptionCheck {
  private static let file = "encryption-keys"
  private static let expected: OptionText =
    """
    {"keys": [{"kid": "32 hexadecimal digits", "key": "32 hexadecimal digits"}, …]}, each KID once
    """

  /// Checks the settings without the file.
  static func check(_ settings: StreamSettings) throws(UsageError) {
    guard settings.encryption != .none else {
      for (option, isGiven) in [
        (file, settings.encryptionKeys != nil),
        ("encryption-rotate", settings.encryptionRotation != nil),
        ("encryption-certificate", settings.encryptionCertificate != nil),
        ("encryption-authority", settings.encryptionAuthority != nil),
      ] where isGiven {
        throw UsageError(.option(option), .problem("requires --encryption cbcs"))
      }
      return
    }
    let scheme = UsageError.Subject.setting("encryption", settings.encryption.rawValue)
    guard settings.encryptionKeys != nil else {
      throw UsageError(scheme, .problem("requires \(option: file)"))
    }
    let excluded: [(isGiven: Bool, UsageError.Subject, expected: OptionText)] = [
      (
        settings.published == .uploads, .setting("source", "uploads"),
        "encryption of a stream with another source"
      ),
      (settings.upstream != nil, .option("relay"), "encryption of a stream that is not relayed"),
      (!settings.audioCopy.isEmpty, .option("audio-copy"), "one of them"),
      (
        settings.switchesRenditions, .option("server-side-representation-switching"),
        "one of them"
      ),
    ]
    for (isGiven, other, expected) in excluded where isGiven {
      throw UsageError([scheme, other], .combination, expected: expected)
    }
    if let span = settings.encryptionRotation, span < settings.segmentDuration * 2 {
      throw UsageError(
        .option("encryption-rotate"), .value(span.secondsText + "s"),
        expected: "at least two segments")
    }
  }

  /// The keys of the stream; nil if the media is clear.
  ///
  /// - Throws: an error for a file that others can read, or without keys.
  static func keys(
    _ settings: StreamSettings, _ segmentation: Segmentation
  ) throws(UsageError) -> StreamKeys? {
    guard settings.encryption != .none, let path = settings.encryptionKeys, !isServer(path) else {
      return nil
    }
    try SecretFile.checkOwner(path, of: file)
    let bytes = try FileContents.read(path, for: .option(file))
    let wrong = UsageError(.option(file), .problem("\(path): no keys"), expected: expected)
    guard let keys = KeyFile.keys(bytes) else { throw wrong }
    let rotation = rotation(settings, segmentation)
    guard rotation == nil || keys.count > 1 else {
      throw UsageError(
        .option("encryption-rotate"), .problem("\(path) has one key"), expected: "two keys or more")
    }
    guard let stream = StreamKeys(keys, rotation) else { throw wrong }
    return stream
  }

  /// Whether keys come from a server.
  static func isServer(_ keys: String) -> Bool { keys.lowercased().hasPrefix("https://") }

  /// How long a key is used; nil if the key never changes.
  static func rotation(_ settings: StreamSettings, _ segmentation: Segmentation) -> KeyRotation? {
    guard let span = settings.encryptionRotation else { return nil }
    let duration = segmentation.segmentDuration
    // bounded: a segment lasts at least a frame
    return KeyRotation(
      segments: span.nanoseconds / max(1, duration.nanoseconds), of: duration,
      hasVariableDuration: segmentation.hasVariableDuration)
  }

  /// The server of the keys; nil if they are in a file.
  static func server(_ settings: StreamSettings) -> KeyServer? {
    guard settings.encryption != .none, let url = settings.encryptionKeys, isServer(url) else {
      return nil
    }
    return KeyServer(
      url: url, certificate: settings.encryptionCertificate,
      authority: settings.encryptionAuthority, content: settings.name)
  }

  /// Why video that is passed through cannot be encrypted; nil if it can.
  static func obstacle(_ settings: StreamSettings, _ codec: PassThroughCodec?) -> String? {
    guard settings.encryption != .none, let codec else { return nil }
    return switch codec {
    case .h264, .hevc: nil
    case .av1: "AV1 is not encrypted"
    case .vp9: "VP9 is not encrypted"
    }
  }
}
