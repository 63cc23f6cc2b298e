// SPDX-License-Identifier: Apache-2.0

package import Access
import Net
package import Packaging
package import System

/// One uploaded stream of the server.
package struct UploadEntry: Sendable {
  /// Its files.
  package let stream: UploadedStream
  /// The key of its publisher; nil for none.
  package var key: SecretDigest?
  /// The keys of playback tokens; without one all clients may play.
  package var playbackKeys: [TokenKey] = []
  /// The stream's name for people; nil if it has none.
  package var label: String?
  /// Whether the stream is removed when it has had no upload for a time, since a publisher has
  /// created it.
  package var isTemporary = false
  /// The options of the stream as text: streams with equal texts are the same stream.
  package var requestedOptions: [String] = []

  /// A stream that the configuration or a request has created.
  package init(_ stream: UploadedStream) { self.stream = stream }

  /// The first element of its URLs.
  package var name: String { stream.name }
}
