// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media

/// The slate of a session: that of a file, or drawn.
extension SessionContext {
  /// The first frame in `size`, that of a rendition.
  func slate(_ size: VideoSize) throws(FFmpegError) -> VideoFrame {
    if let file {
      do throws(InputError) { return try file.first(size: size) } catch { warn(error) }
    }
    return try SlateFrame.make(size: size)
  }

  /// The frames in the size of the source, one for each frame time; at least one.
  func slateFrames() throws(FFmpegError) -> [VideoFrame] {
    if let file {
      do throws(InputError) {
        return try file.frames(
          size: configuration.size, rate: configuration.segmentation.grid.rate)
      } catch { warn(error) }
    }
    return [try SlateFrame.make(size: configuration.size)]
  }

  private var file: SlateFile? { configuration.slate.flatMap { SlateFile(path: $0) } }

  private func warn(_ error: InputError) {
    log.write(
      .warning, "slate", stream: configuration.name,
      "\(configuration.slate ?? ""): \(error); the slate is drawn")
  }
}
