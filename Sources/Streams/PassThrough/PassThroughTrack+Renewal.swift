// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Packaging
import Scheduling
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
      state.video = changed.video
      if keepsRate, let stated = changed.video.rate { state.trial = RateTrial(stated, in: rate) }
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

  /// Whether a publisher of another rate ends the session, and is encoded by the next one.
  private var keepsRate: Bool { configuration.keepsRate && outputs.count == 1 }

  /// The end of the session if the first frames of a publisher have another rate; nil if not.
  func otherRate(_ unit: AccessUnit, _ state: inout State) -> SessionOutcome? {
    guard let stated = state.trial?.stated, let finding = state.trial?.take(unit.dts ?? unit.pts)
    else { return nil }
    if finding != .undecided { state.trial = nil }
    return finding == .otherRate
      ? keeping("\(stated) frames per second follow \(rate)", state) : nil
  }

  /// The end of the session by a fault of the source.
  func outcome(of fault: SourceFitness.Fault, _ reason: String, _ state: State) -> SessionOutcome {
    fault == .irregularRate && keepsRate ? keeping(reason, state) ?? .unfit(reason) : .unfit(reason)
  }

  private func keeping(_ reason: String, _ state: State) -> SessionOutcome? {
    guard case .network(let facts) = configuration.source else { return nil }
    return .otherRate(reason, state.video.map { facts.withVideo($0) } ?? facts)
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
