// SPDX-License-Identifier: Apache-2.0

import Archive
import Configuration
import Server
import Sharing

/// The archives of streams that publishers had created, and that no longer exist.
extension StreamRegistry {
  /// Serves the archives of such streams of programs before, on the thread of changes.
  package func openRecordings() {
    archive?.created { [self] names in
      _ = change { [self] in
        for name in names where !serverState.hasStream(name) {
          guard let options = recordedOptions(of: name) else { continue }
          serverState.addRecording(name, options: options)
        }
      }
    }
  }

  /// Serves them by the settings of a changed configuration: its keys of playback tokens, too.
  func updateRecordings() { serverState.updateRecordings { recordedOptions(of: $0) } }

  /// Notes that a publisher has created a stream.
  func markCreated(_ name: String) {
    if let stream = recordedOptions(of: name)?.archive { archive?.markCreated(stream) }
  }

  /// A stream is none of those.
  func forgetCreated(_ name: String) { createdStreams.withLock { _ = $0.remove(name) } }

  /// How the archive of a stream is served from now on, which is being removed; nil unless a
  /// publisher had created it.
  func takeRecording(of name: String) -> StreamServingOptions? {
    createdStreams.withLock { $0.remove(name) }.flatMap { recordedOptions(of: $0) }
  }

  /// How the archive of a stream of a publisher is served; nil without an archive.
  private func recordedOptions(of name: String) -> StreamServingOptions? {
    guard let archive, let element = try? StreamElement(publishedAs: name) else { return nil }
    let settings = configuration.withLock { $0.settings(of: element) }
    guard settings.isArchived,
      let definition = try? StreamDefinition(settings, isListed: true, isSupervised: isSupervised)
    else { return nil }
    var options = definition.serving
    options.archive = archive.stream(name, settings.archivePolicy)
    options.reach = settings.reach
    return options
  }
}
