import DASHPackager
import Glibc
import HLSPackager
import Logging
import Media
import Net
import Packaging
import Server
import Streams

/// Checks the settings as a whole and makes the parts of the program from them.
struct Wiring {
  let settings: Settings
  let stream: StreamConfiguration
  let hlsjs: [UInt8]?
  let dashjs: [UInt8]?
  /// Nil without HTTPS.
  let tls: TLSWiring?

  /// Checks and takes over the settings.
  ///
  /// - Parameters:
  ///   - settings: what was asked for; size and rate of an input are in it once they are known.
  ///   - source: the input that was asked for.
  ///   - isSupervised: whether a supervisor handed the sockets over.
  ///   - after: a wiring of the same program, whose certificates go on.
  /// - Throws: what is wrong with a flag, or with two that do not go together.
  init(
    _ settings: Settings, source: NetworkSource? = nil, isSupervised: Bool, after: Wiring? = nil
  ) throws(UsageError) {
    let sources = [
      settings.isTestSource ? "--test-src" : nil, settings.device.map { _ in "--device" },
      settings.input.map { _ in "--input" },
    ].compactMap { $0 }
    if sources.count > 1 {
      throw UsageError(
        "\(sources.joined(separator: " and ")): both were given; allowed is one source")
    }
    guard settings.partMicroseconds <= settings.segmentMicroseconds else {
      throw UsageError(
        "--part-duration", given: Self.seconds(settings.partMicroseconds),
        allowed: "at most --segment-duration, \(Self.seconds(settings.segmentMicroseconds))")
    }
    let cadence = Cadence(
      rate: settings.rate, segmentMicroseconds: settings.segmentMicroseconds,
      partMicroseconds: settings.partMicroseconds)
    let length = try Self.playlistLength(settings, cadence)
    let retained = settings.retained ?? max(20, length + 10)
    guard retained >= length + 2 else {
      throw UsageError(
        "--max-files", given: "\(retained)",
        allowed: "at least two more than --playlist-length, \(length)")
    }
    let history = settings.history ?? length
    guard history <= retained else {
      throw UsageError(
        "--history", given: "\(history)", allowed: "at most --max-files, \(retained)")
    }
    guard cadence.partTicks <= cadence.targetDuration * Int64(settings.rate.timescale) else {
      throw UsageError(
        "--part-duration", given: Self.seconds(settings.partMicroseconds),
        allowed: "at most the target duration of \(cadence.targetDuration) s")
    }
    try Self.checkHoldBack(settings, cadence)
    try Self.checkPreset(settings)
    self.settings = settings
    dashjs = try Self.contents(settings.dashjs, flag: "--dashjs")
    hlsjs = try Self.contents(settings.hlsjs, flag: "--hlsjs")
    tls = if let after { after.tls } else { try TLSWiring(settings) }
    var stream = StreamConfiguration(rungs: try Self.rungs(settings), cadence: cadence)
    stream.name = settings.name
    stream.source =
      source.map { .network($0) } ?? settings.device.map { .camera(path: $0) } ?? .test
    stream.waitsForSource = isSupervised
    stream.encoder = settings.encoder
    stream.preset = settings.preset
    stream.burnsClock = settings.burnsClock
    stream.overlay = settings.overlay
    stream.playlistLength = length
    stream.retained = retained
    stream.history = history
    stream.numbering = settings.numbering
    stream.holdBackMicroseconds = settings.holdBackMicroseconds
    stream.timestamps = settings.timestamps
    stream.targetLatencyMicroseconds =
      settings.targetLatencyMicroseconds
      ?? (stream.rungs.count > 1
        ? max(1_000_000, 2 * cadence.segmentNanoseconds / 1000) : 1_000_000)
    self.stream = stream
  }

  /// How the site is served.
  var serving: ServingOptions {
    var options = ServingOptions()
    options.publicURL = settings.publicURL
    options.timeDisplacementMicroseconds = settings.timeDisplacementMicroseconds
    options.waitsForAbsentSegment = settings.waitsForAbsentSegment
    options.sendsCMSD = settings.sendsCMSD
    options.holdLimit = settings.holdLimit
    return options
  }

  /// The files of the page by the names under which `/player/` serves them.
  var scripts: [String: [UInt8]] {
    var scripts: [String: [UInt8]] = [:]
    scripts["hls.js"] = hlsjs
    scripts["dash.all.min.js"] = dashjs
    return scripts
  }

  /// What the log says where the MPD cannot have a low-latency form, or players cannot switch within its target; nil
  /// elsewhere.
  var lowLatencyNote: String? {
    guard stream.presentationTerms.availabilityTimeOffset == nil else { return switchingNote }
    return
      "segments of \(stream.cadence.framesPerSegment) frames leave no time for DASH players to ask "
      + "before they are complete: the MPD has no low-latency form"
  }

  /// A player that switches down waits for the next segment of the other rendition.
  /// - Source: DASH-IF IOP v5 part 4, Low-Latency Live, on several Representations
  private var switchingNote: String? {
    let (target, segment) = (stream.targetLatencyMicroseconds, stream.cadence.segmentNanoseconds)
    guard stream.rungs.count > 1, 2 * segment > target * 1000 else { return nil }
    return
      "--target-latency \(Self.seconds(target)) is less than two segments: DASH players that switch "
      + "between renditions may stall"
  }

  /// Which of the sockets that a supervisor handed over speak TLS, by their ports; one that fits
  /// none of the ports asked for is an error.
  func assign(_ handedOver: [ListeningSocket]) throws(UsageError) -> [Endpoint] {
    var endpoints: [Endpoint] = []
    for socket in handedOver {
      if let tls, socket.boundPort == tls.port {
        endpoints.append(Endpoint(socket, tls: tls.context))
      } else if settings.port == 0 || socket.boundPort == settings.port {
        endpoints.append(Endpoint(socket))
      } else if let tls, tls.port == 0 {
        endpoints.append(Endpoint(socket, tls: tls.context))
      } else {
        let secure = tls.map { " or --https-port, \($0.port)" } ?? ""
        throw UsageError(
          "LISTEN_FDS: a socket on port \(socket.boundPort) was handed over; "
            + "allowed is --http-port, \(settings.port)\(secure)")
      }
    }
    return endpoints
  }

  /// The rungs that were asked for: names must differ, and none may be larger than the first.
  private static func rungs(_ settings: Settings) throws(UsageError) -> [Rung] {
    guard !settings.ladder.isEmpty else {
      return Rung.ladder([(settings.size ?? .hd720, settings.bitrateKilobits ?? 2500)])
    }
    if settings.size != nil || settings.bitrateKilobits != nil {
      throw UsageError(
        "--rendition: was given with --resolution or --bitrate; allowed is one or the other")
    }
    let rungs = Rung.ladder(settings.ladder)
    guard Set(rungs.map(\.name)).count == rungs.count else {
      throw UsageError("--rendition: the same was given twice; allowed are different ones")
    }
    guard let top = rungs.first,
      rungs.allSatisfy({ $0.size.width <= top.size.width && $0.size.height <= top.size.height })
    else {
      throw UsageError(
        "--rendition: a later one is larger than the first; allowed is the best first")
    }
    return rungs
  }

  /// A playlist must never be shorter than three Target Durations (RFC 8216bis §6.2.2).
  private static func playlistLength(
    _ settings: Settings, _ cadence: Cadence
  ) throws(UsageError) -> Int {
    let least =
      (3 * cadence.targetDuration * Int64(settings.rate.timescale) + cadence.segmentTicks - 1)
      / cadence.segmentTicks
    guard let wish = settings.playlistLength else { return max(10, Int(least)) }
    guard wish >= least else {
      throw UsageError(
        "--playlist-length", given: "\(wish)",
        allowed: "at least \(least), three target durations of \(cadence.targetDuration) s")
    }
    return wish
  }

  /// PART-HOLD-BACK must be two part targets or more (RFC 8216bis §4.4.3.8).
  private static func checkHoldBack(_ settings: Settings, _ cadence: Cadence) throws(UsageError) {
    guard let wish = settings.holdBackMicroseconds else { return }
    let part = ServerControl(cadence: cadence).partTargetMicroseconds
    guard wish >= 2 * part else {
      throw UsageError(
        "--hold-back", given: seconds(wish),
        allowed: "two part durations, \(seconds(2 * part)), or more; three are recommended")
    }
  }

  /// The presets of libx264 are known; those of other encoders are their own.
  private static func checkPreset(_ settings: Settings) throws(UsageError) {
    let presets = [
      "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower",
      "veryslow", "placebo",
    ]
    guard settings.encoder == "libx264", !presets.contains(settings.preset) else { return }
    throw UsageError(
      "--preset", given: settings.preset,
      allowed: "one of \(presets.joined(separator: ", ")) with libx264")
  }

  /// What the log says about durations that were made whole frames; nil where nothing was.
  var roundingNote: String? {
    let cadence = stream.cadence
    let timescale = Int64(cadence.grid.rate.timescale)
    let segment = cadence.segmentTicks * 1_000_000 / timescale
    let part = cadence.partTicks * 1_000_000 / timescale
    guard segment != settings.segmentMicroseconds || part != settings.partMicroseconds else {
      return nil
    }
    return "whole frames at \(cadence.grid.rate) fps: segments of \(Self.seconds(segment)) s, "
      + "parts of \(Self.seconds(part)) s"
  }

  /// One line on what is made.
  var summary: String {
    let source =
      switch stream.source {
      case .test: "test picture"
      case .camera(let path): path
      case .network(let source): "\(source.address)"
      }
    let rungs = stream.rungs.map { "\($0.size) at \($0.bitrateKilobits) kbit/s" }
    return
      "\(source), \(rungs.joined(separator: ", ")), \(stream.cadence.grid.rate) fps; segments of \(stream.cadence.framesPerSegment) frames, "
      + "parts of \(stream.cadence.framesPerPart)"
  }

  private static func seconds(_ microseconds: Int64) -> String {
    Decimal.shortString(microseconds, digits: 6)
  }

  private static func contents(_ path: String?, flag: String) throws(UsageError) -> [UInt8]? {
    guard let path else { return nil }
    guard let file = unsafe fopen(path, "re") else {
      throw UsageError(
        "\(flag): \"\(path)\" cannot be read: \(unsafe String(cString: strerror(errno))); "
          + "allowed is the path of a readable file")
    }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    guard unsafe ferror(file) == 0, !bytes.isEmpty else {
      throw UsageError(
        "\(flag): \"\(path)\" is empty or no file; allowed is the path of a readable file")
    }
    return bytes
  }
}
