// SPDX-License-Identifier: Apache-2.0

import Media
import Streams

/// Checks the ladder of a stream: distinct names, the first rendition the largest.
enum LadderCheck {
  private static let maxRenditions = 8

  /// The renditions of a stream, the best first; `source` is the size of the source, if known.
  static func renditions(
    _ settings: StreamSettings, source: VideoSize?
  ) throws(UsageError) -> [RenditionSettings] {
    let source = source ?? StreamSettings.defaultSize
    guard !settings.ladder.isEmpty else {
      let size = settings.size ?? StreamSettings.defaultSize
      let bitrate = settings.bitrateKilobits ?? StreamSettings.defaultBitrateKilobits
      return RenditionSettings.ladder([(size, bitrate)])
    }
    for (option, isGiven) in [
      ("resolution", settings.size != nil), ("bitrate", settings.bitrateKilobits != nil),
    ] where isGiven {
      throw UsageError(
        [.option("rendition"), .option(option)], .combination, expected: "one of them")
    }
    guard settings.ladder.count <= maxRenditions else {
      throw fault("\(settings.ladder.count) renditions", "at most \(maxRenditions)")
    }
    let renditions = RenditionSettings.ladder(
      try settings.ladder.map { requested throws(UsageError) in
        guard let size = requested.size(source: source) else {
          throw fault("height below 64 for a source of \(source)", "a larger width")
        }
        return (size, requested.bitrateKilobits)
      })
    guard Set(renditions.map(\.name)).count == renditions.count else {
      throw fault("two renditions are equal", "different renditions")
    }
    guard let top = renditions.first,
      renditions.allSatisfy({ $0.size.width <= top.size.width && $0.size.height <= top.size.height }
      )
    else { throw fault("a rendition is larger than the first", "the largest first") }
    return renditions
  }

  private static func fault(_ problem: OptionText, _ expected: OptionText) -> UsageError {
    UsageError(.option("rendition"), .problem(problem), expected: expected)
  }
}
