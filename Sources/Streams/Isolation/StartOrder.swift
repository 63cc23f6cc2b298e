// SPDX-License-Identifier: Apache-2.0

package import Capture
import ChunkStream
import Glibc
import Isolation
import Logging
import Media
package import Time

/// The source that a process of its own reads, and the rights that the process keeps.
package struct StartOrder: Sendable {
  /// The facts about a source that an earlier process has read.
  struct Known: Sendable {
    let facts: SourceFacts
    /// When the source is opened.
    var notBefore: MonotonicTime
  }

  /// The most inputs of a stream.
  package static let mostInputs: UInt8 = 8
  /// The most files for drawing.
  private static let mostFiles: UInt8 = 8

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

  init(fields: [UInt8]) throws(MessageError) {
    var reader = FieldReader(fields)
    let address = try InputAddress(&reader)
    self.init(address, name: try reader.text("a name", limit: 256))
    for _ in 0..<(try reader.integer("the number of inputs", in: 0...Self.mostInputs)) {
      backups.append(try InputAddress(&reader))
    }
    failback = .nanoseconds(try reader.integer())
    options = try InputOptions(&reader)
    loops = try reader.boolean("a flag")
    takesAudio = try reader.boolean("a flag")
    passThrough = try reader.optional("a flag") { reader throws(MessageError) in
      PassThroughOptions(
        segmentMicroseconds: try reader.integer(), longestGroup: .nanoseconds(try reader.integer()))
    }
    for _ in 0..<(try reader.integer("the number of files", in: 0...Self.mostFiles)) {
      drawingFiles.append(try reader.text("the path of a file", limit: 1 << 16))
    }
    memory = try reader.integer("a limit of memory", in: 1...Int64(1) << 50)
    usesDevices = try reader.boolean("a flag")
    let level = try reader.integer("a level", in: 0...UInt8(3))
    logLevel = Log.Level.allCases[Int(level)]
    known = try reader.optional("a flag") { reader throws(MessageError) in
      Known(
        facts: try SourceFacts(&reader),
        notBefore: MonotonicTime(nanoseconds: try reader.integer()))
    }
    try reader.end()
  }

  var fields: [UInt8] {
    var writer = FieldWriter()
    writer.add(address.raw)
    writer.add(name)
    writer.add(UInt8(clamping: backups.count))
    for backup in backups { writer.add(backup.raw) }
    writer.add(failback.nanoseconds)
    options.write(to: &writer)
    writer.add(loops)
    writer.add(takesAudio)
    writer.add(passThrough) { writer, options in
      writer.add(options.segmentMicroseconds)
      writer.add(options.longestGroup.nanoseconds)
    }
    writer.add(UInt8(clamping: drawingFiles.count))
    for file in drawingFiles { writer.add(file) }
    writer.add(memory)
    writer.add(usesDevices)
    writer.add(UInt8(clamping: Log.Level.allCases.firstIndex(of: logLevel) ?? 0))
    writer.add(known) { writer, known in
      known.facts.write(to: &writer)
      writer.add(known.notBefore.nanoseconds)
    }
    return writer.bytes
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
  /// An HTTP input may be redirected to any port; the other inputs need those of their URLs.
  var network: Sandbox.Network {
    addresses.reduce(.none) { network, address in
      switch address.kind {
      case .file, .standardInput, .publisher: network
      case .udp, .srt: network.and(.ports([]))
      case .rtsp, .rtmp: network.and(.ports(Set([address.port].compactMap(\.self))))
      case .http: .all
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

extension InputAddress {
  fileprivate init(_ reader: inout FieldReader) throws(MessageError) {
    guard let address = InputAddress(try reader.text("an address", limit: 1 << 16)) else {
      throw .invalid(field: "an address", value: "that cannot be read")
    }
    self = address
  }
}

extension InputOptions {
  fileprivate init(_ reader: inout FieldReader) throws(MessageError) {
    self.init()
    let transport = try reader.text("a transport", limit: 8)
    rtspTransport = Transport(rawValue: transport) ?? .tcp
    openLimit = .nanoseconds(try reader.integer())
    listensForEver = try reader.boolean("a flag")
    silenceLimit = .nanoseconds(try reader.integer())
    let size = try reader.text("the largest size of a frame", limit: 32)
    guard let limit = FrameSizeLimit(size) else {
      throw .invalid(field: "the largest size of a frame", value: size)
    }
    frameSizeLimit = limit
    decoderErrorLimit = Int(try reader.integer("a limit of errors", in: 1...Int64(1) << 32))
    reachesOtherHosts = try reader.boolean("a flag")
  }

  fileprivate func write(to writer: inout FieldWriter) {
    writer.add(rtspTransport.rawValue)
    writer.add(openLimit.nanoseconds)
    writer.add(listensForEver)
    writer.add(silenceLimit.nanoseconds)
    writer.add("\(frameSizeLimit)")
    writer.add(Int64(decoderErrorLimit))
    writer.add(reachesOtherHosts)
  }
}
