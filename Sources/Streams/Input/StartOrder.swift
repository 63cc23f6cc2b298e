// SPDX-License-Identifier: Apache-2.0

package import Capture
package import ChunkStream
import Glibc
import Isolation
import Logging
import Media
package import Time

/// The source that a process of its own reads, and the rights that the process keeps.
package struct StartOrder: JSONFields {
  /// The facts about a source that an earlier process has read.
  struct Known: Codable, Sendable {
    let facts: SourceFacts
    /// When the source is opened.
    var notBefore: MonotonicTime
  }

  /// The most inputs of a stream.
  package static let maximumInputs: UInt8 = 8
  /// The most files for drawing.
  private static let maximumFiles = 8
  /// The longest address or path in bytes.
  private static let maximumTextLength = 1 << 16

  /// The URL, file or standard input.
  package let address: InputAddress
  /// The backup inputs, by preference.
  package var backups: [InputAddress] = []
  /// How long a preferred input must be alive until it is shown instead of another one.
  package var failback = Interval.zero
  /// How it is read.
  package var options = InputOptions()
  /// Whether a file starts over when it ends.
  package var loops = false
  /// Whether its audio is used.
  package var takesAudio = false
  /// Whether the texts of its subtitles are used.
  package var takesTexts = false
  /// The files that the session draws with: those of the slate and of the overlay's font.
  package var drawingFiles: [String] = []
  /// The limits of pass-through; nil if it is encoded in any case.
  package var passThrough: PassThroughOptions?
  /// The name of the stream, for the log.
  package let name: String
  /// The most bytes of data of the process.
  package var memory: Int64 = 1 << 30
  /// Whether an encoder needs the files of devices.
  package var usesDevices = false
  /// The least level of the lines of the log.
  var logLevel = Log.Level.debug
  /// Nil if the process finds out the facts.
  var known: Known?

  /// A source with default options.
  package init(_ address: InputAddress, name: String) {
    self.address = address
    self.name = name
  }

  package func check() throws(MessageError) {
    try MessageError.check("a name", name, limit: 256)
    try MessageError.check("the inputs", count: backups.count, limit: Int(Self.maximumInputs))
    try MessageError.check("the files", count: drawingFiles.count, limit: Self.maximumFiles)
    for text in addresses.map(\.raw) + drawingFiles {
      try MessageError.check("an address or a path", text, limit: Self.maximumTextLength)
    }
    try MessageError.check("a limit of errors", options.decoderErrorLimit, in: 1...1 << 32)
    try MessageError.check("a limit of memory", memory, in: 1...1 << 50)
    try known?.facts.check()
  }

  /// All inputs, by preference.
  var addresses: [InputAddress] { [address] + backups }

  /// The files that the process reads: those of inputs, or the folder of a playlist of files, and
  /// those for drawing.
  ///
  /// The folder / is not among them: there is a ``refusal`` for it.
  var files: [String] { wantedFiles.filter { !Self.isRoot($0) } }

  private var wantedFiles: [String] {
    drawingFiles
      + addresses.compactMap(\.filePath).map { path in
        let isPlaylist = [".m3u8", ".m3u", ".mpd"].contains { path.lowercased().hasSuffix($0) }
        guard isPlaylist else { return path }
        return path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
      }
  }

  /// The network that the process needs.
  ///
  /// HTTP and RTSP may be redirected to any port; other inputs need the ports of their URLs.
  var network: Sandbox.Network {
    addresses.reduce(.none) { network, address in
      switch address.kind {
      case .file, .standardInput, .publisher: network
      case .udp, .srt: network.and(.ports([]))
      case .rtmp: network.and(.ports(Set([address.port].compactMap(\.self))))
      case .http, .rtsp: .all
      }
    }
  }

  /// Why a process must not have the rights to its files; nil if it may.
  ///
  /// The files of a playlist are not known before it is read, and new ones may be added: the right
  /// is to their folder.
  var refusal: String? {
    guard wantedFiles.contains(where: Self.isRoot) else { return nil }
    return "a playlist in the folder / would give its process a right to all files: move it and "
      + "its media into a folder of their own"
  }

  /// Whether a path is that of the folder /, also by symbolic links.
  private static func isRoot(_ path: String) -> Bool {
    guard let found = unsafe realpath(path, nil) else { return false }
    defer { unsafe free(found) }
    return unsafe String(cString: found) == "/"
  }
}
