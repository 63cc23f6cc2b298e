// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Packaging
import Sharing

extension PassThroughTrack {
  /// Applies another coding: the next period has other headers.
  func renew(
    _ state: inout State, _ units: [AccessUnit], _ videos: [InputDescription.Video]
  ) {
    state.codings = codings(videos)
    state.breakOff()
    do throws(FFmpegError) {
      var descriptions: [TrackDescription] = []
      var changed = InputDescription(format: "", video: videos[outputs[0].track], isPaced: false)
      for (index, output) in outputs.enumerated() {
        // Size and colours are in the parameter sets, and the decoder reads them.
        let video = videos[output.track].described(by: units[output.track], watch)
        let size = video.flatMap { VideoSize(width: $0.width, height: $0.height) }
        if index == 0, let video { changed.video = video }
        descriptions.append(
          try output.description(
            video ?? videos[output.track], size ?? output.settings.size))
      }
      state.descriptions = descriptions
      let text = descriptions.map { "\($0.codecs), \($0.size.map { "\($0)" } ?? "")" }
      log.write(
        .info, "parameters", stream: configuration.name,
        "the source changed its parameters: \(text.joined(separator: "; "))")
      warn(of: changed)
    } catch {
      log.write(
        .warning, "parameters", stream: configuration.name,
        "the source has unreadable parameters: \(error)")
    }
  }

  /// Warns of changed parameters that players or viewers treat differently.
  private func warn(of description: InputDescription) {
    statistics.withLock { $0.changedFrames = ChangedFrames(description.video.frames) }
    let findings = InputFindings(.init(description, passesThrough: true))
    for finding in findings.list where finding.isWarning {
      log.write(.warning, "parameters", stream: configuration.name, finding.text)
    }
  }
}
