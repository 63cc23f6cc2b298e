// SPDX-License-Identifier: Apache-2.0

package import Packaging

/// A still of a stream, as a path names it.
package enum StillAddress: Equatable, Sendable {
  /// `snapshot.jpg` or `snapshot/WIDTH.jpg`: the newest frame.
  case newest(width: Width)
  /// `at/T.jpg` or `at/T/WIDTH.jpg`: the frame whose slot contains the instant T.
  case instant(String, width: Width)
  /// `thumb/segmentN.jpg`: the key frame of segment N, as wide as ``thumbnailWidth``.
  case keyFrame(MediaName.Number)

  /// The greatest width of a thumbnail in pixels.
  package static let thumbnailWidth: UInt16 = 320

  /// The width of a picture.
  package enum Width: Equatable, Sendable {
    /// That of the frame.
    case own
    /// A width in pixels, unless the frame is narrower.
    case pixels(UInt16)
    /// A text that is no permitted width.
    case invalid

    /// The permitted widths: strangers who ask for small pictures share them.
    static let permitted: [UInt16] = [120, 160, 240, 320, 480, 640, 960, 1280, 1920]

    init(_ text: Substring) {
      let width = Self.permitted.first { String($0) == text }
      self = width.map { .pixels($0) } ?? .invalid
    }

    /// The number of pixels; nil for that of the frame.
    var pixels: UInt16? { if case .pixels(let width) = self { width } else { nil } }
  }

  /// The width of the picture.
  var width: Width {
    switch self {
    case .newest(let width), .instant(_, let width): width
    case .keyFrame: .pixels(Self.thumbnailWidth)
    }
  }

  private static let ending = ".jpg"

  /// Reads the path after the stream: `folder/name`.
  init?(_ folder: String, _ name: String) {
    guard let stem = Self.stem(name) else { return nil }
    switch folder {
    case "at": self = .instant(String(stem), width: .own)
    case "snapshot": self = .newest(width: Width(stem))
    case "thumb":
      guard case .segment(let number)? = MediaName(stem + ".m4s") else { return nil }
      self = .keyFrame(number)
    default: return nil
    }
  }

  /// Reads the path after the stream: `folder/instant/name`.
  init?(_ folder: String, _ instant: String, _ name: String) {
    guard folder == "at", let stem = Self.stem(name) else { return nil }
    self = .instant(instant, width: Width(stem))
  }

  static func stem(_ name: String, _ ending: String = ending) -> Substring? {
    name.hasSuffix(ending) && name != ending ? name.dropLast(ending.count) : nil
  }
}
