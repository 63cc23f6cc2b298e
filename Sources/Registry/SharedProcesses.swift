// SPDX-License-Identifier: Apache-2.0

import Configuration
import Streams

/// The inputs and processes that streams of the server share.
struct SharedProcesses {
  /// The inputs that are read in this process.
  let inputs = SharedInputs()
  /// The processes of the others.
  let processes: SourceProcesses

  /// Notes streams that will be opened, so that those with the same input share its process.
  func expect(_ definitions: [StreamDefinition]) {
    for definition in definitions where definition.processMember == nil {
      processes.forget(definition.settings.name)
    }
    processes.expect(definitions.compactMap(\.processMember))
  }
}
