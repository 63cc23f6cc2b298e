// SPDX-License-Identifier: Apache-2.0

package import Access
import Net

extension ServerState {
  /// Replaces the permission to watch a stream, whose viewers continue; requests that begin
  /// later need a token of the new keys.
  ///
  /// A new password ends WebSockets and other responses without an end.
  package func setViewers(_ viewers: ViewerAccess, of name: String) {
    let table = streamTable
    if let stream = table.stream(name), stream.options.viewers != viewers {
      change { streams in
        guard let index = streams.firstIndex(where: { $0.name == name }) else { return }
        let old = streams[index]
        var options = old.options
        options.viewers = viewers
        streams[index] = StreamEntry(
          name: name, state: old.state, supervisor: old.supervisor, options: options,
          isLeft: old.isLeft, recorded: old.recorded)
      }
    }
    if let upload = table.uploads[name], upload.viewers != viewers {
      changeUploads { table, _ in table.setViewers(viewers, of: name) }
    }
  }

  /// Whether live playlists of a stream have other URLs with these viewers: they are absolute for
  /// all clients alone.
  package func changesURLs(_ viewers: ViewerAccess, of name: String) -> Bool {
    guard let present = streamTable.stream(name)?.options else { return false }
    var next = present
    next.viewers = viewers
    return options.playlistRoot(present) != options.playlistRoot(next)
  }
}
