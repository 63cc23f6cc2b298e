// SPDX-License-Identifier: Apache-2.0

package import Access
import Net

extension ServerState {
  /// Replaces the keys of playback tokens of a stream, whose viewers continue; requests that begin
  /// later need a token of the new keys.
  package func setPlaybackKeys(_ keys: [TokenKey], of name: String) {
    let table = streamTable
    if let stream = table.stream(name), stream.options.playbackKeys != keys {
      change { streams in
        guard let index = streams.firstIndex(where: { $0.name == name }) else { return }
        let old = streams[index]
        var options = old.options
        options.playbackKeys = keys
        streams[index] = StreamEntry(
          name: name, state: old.state, supervisor: old.supervisor, options: options,
          isLeft: old.isLeft, recorded: old.recorded)
      }
    }
    if let upload = table.uploads[name], upload.playbackKeys != keys {
      changeUploads { table, _ in table.setPlaybackKeys(keys, of: name) }
    }
  }
}
