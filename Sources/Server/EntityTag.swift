import HTTP
import Sharing

/// Names for the bytes of an answer.
///
/// Strong: the same tag is never given to other bytes. Media and playlists are written once in a run
/// of the program, but a restart fills the lost window anew under the same names, so the run is part
/// of the tag.
/// - Source: RFC 9110 §8.8.1, §8.8.3
enum EntityTag {
  /// This run of the program.
  private static let run = String(SystemClock.wall / 1_000_000, radix: 36)

  /// A tag for what has this name in this run.
  static func of(_ name: String) -> HeaderField { HeaderField("ETag", "\"\(run)-\(name)\"") }

  /// A tag for what has this name in every run.
  static func constant(_ name: String) -> HeaderField { HeaderField("ETag", "\"\(name)\"") }
}
