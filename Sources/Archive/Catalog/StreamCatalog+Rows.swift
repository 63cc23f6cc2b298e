// SPDX-License-Identifier: Apache-2.0

import System

extension StreamCatalog {
  /// The segments of an hour file now; none without the file.
  ///
  /// May block for as long as the disk does.
  func rows(of name: HourName, _ rendition: String) throws(SystemError) -> [SegmentRow] {
    let (open, summary) = read { state in
      let track = state.tracks[rendition]
      return (track?.open?.name == name ? track?.open : nil, track?.files[name])
    }
    guard let summary else { return open?.rows ?? [] }
    return try folder(of: rendition).segments(name, summary, hasFrames: false).map(\.row)
  }
}
