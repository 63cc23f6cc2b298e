// SPDX-License-Identifier: Apache-2.0

import Capture
package import Sharing

/// The shared inputs of a process, by address and options.
package final class SharedInputs: Sendable {
  private struct Entry: Sendable {
    weak var input: SharedInput?
  }

  /// Gets the calls of libraries.
  let watch: CallWatchdog
  private let entries = Locked<[Entry]>([])

  /// No inputs; `watch` gets the calls of libraries.
  package init(watch: CallWatchdog = CallWatchdog()) { self.watch = watch }

  /// The input with this address and these options; nil if it cannot be shared.
  func input(_ address: InputAddress, _ options: InputOptions) -> SharedInput? {
    guard address.isShareable else { return nil }
    let key = SharedInput.Key(address: address, options: options)
    return entries.withLock { entries in
      entries.removeAll { $0.input == nil }
      for entry in entries {
        if let input = entry.input, input.key == key { return input }
      }
      let input = SharedInput(key, watch)
      entries.append(Entry(input: input))
      return input
    }
  }
}

extension InputAddress {
  /// Whether streams can share a connection: files are read by each stream at its own pace, and
  /// publishers belong to one stream.
  package var isShareable: Bool {
    switch kind {
    case .rtsp, .srt, .rtmp, .udp, .http: true
    case .file, .standardInput, .publisher: false
    }
  }
}
