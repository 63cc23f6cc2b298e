// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Server
import Sharing
import Streams

/// Keeps the site's streams as they are asked for: by flags, by the file whenever it is read again, and by requests.
///
/// Changes come one after the other, each on a thread of its own; streams that a change is not about go on untouched.
final class StreamRegistry: StreamControl {
  /// How long a stream that was taken away still tells its players that it has ended; nanoseconds.
  private static let lingerTime: Int64 = 1_200_000_000

  private let serverState: ServerState
  private let log: Log
  private let isSupervised: Bool
  private let onChange: @Sendable () -> Void
  private let configuration: Locked<MergedSettings>
  /// Streams that the file has not asked for.
  private let apiStreams = Locked<Set<String>>([])
  private let turn = Locked(())

  /// - Parameters:
  ///   - serverState: who serves the streams.
  ///   - configuration: what is asked for at the start.
  ///   - isSupervised: whether a supervisor would start the program again.
  ///   - log: where changes are told.
  ///   - onChange: called when a stream has failed, ended or gone, on any thread.
  init(
    _ serverState: ServerState, _ configuration: MergedSettings, isSupervised: Bool, log: Log,
    onChange: @escaping @Sendable () -> Void
  ) {
    self.serverState = serverState
    self.configuration = Locked(configuration)
    self.isSupervised = isSupervised
    self.log = log
    self.onChange = onChange
  }

  /// Takes a stream in and starts it.
  @discardableResult
  func open(_ definition: StreamDefinition) -> StreamSupervisor {
    let stream = host(definition)
    serverState.add(stream, options: definition.serving)
    stream.start()
    return stream
  }

  // MARK: Changes

  /// Takes over what the file says now; on an error everything stays as it is.
  func reload() {
    guard configuration.withLock({ $0.program.configuration }) != nil else { return }
    let isBegun = change { [self] in
      do throws(UsageError) {
        let now = try configuration.withLock { before throws(UsageError) in try before.again() }
        let streams = try now.streams.map { settings throws(UsageError) in
          try StreamDefinition(placed: settings, isListed: true, isSupervised: isSupervised)
        }
        for warning in now.warnings { log.write(.warning, "configuration", warning) }
        if configuration.withLock({ $0.differsInProgram(from: now) }) {
          log.write(
            .warning, "configuration",
            "what is for the whole program has changed; it is taken over at the next start")
        }
        configuration.withLock { $0 = now }
        takeOver(streams)
      } catch {
        log.write(.error, "configuration", "not taken over, everything stays as it is: \(error)")
      }
    }
    if !isBegun {
      log.write(.error, "configuration", "not taken over: \(StreamSession.Failure.thread)")
    }
  }

  func add(_ description: [UInt8], answer: @escaping @Sendable (ControlResult) -> Void) {
    let isBegun = change { [self] in
      do throws(UsageError) {
        let element = try StreamElement(parsing: description)
        guard !serverState.streams.contains(where: { $0.name == element.name }) else {
          return answer(.taken(element.name))
        }
        let configuration = configuration.withLock { $0 }
        let settings = try configuration.settings(of: element)
        try Self.check(settings)
        let definition = try StreamDefinition(
          placed: settings, isListed: true, isSupervised: isSupervised)
        for warning in element.warnings { log.write(.warning, "configuration", warning) }
        apiStreams.withLock { _ = $0.insert(element.name) }
        log.write(.info, "added", stream: element.name, "added by a request")
        open(definition)
        answer(.added(element.name))
      } catch { answer(.refused("\(error)")) }
    }
    if !isBegun { answer(.refused("\(StreamSession.Failure.thread)")) }
  }

  func remove(_ name: String, answer: @escaping @Sendable (ControlResult) -> Void) {
    let isBegun = change { [self] in
      guard let stream = serverState.streams.first(where: { $0.name == name }) else {
        return answer(.unknown)
      }
      log.write(.info, "removed", stream: name, "removed by a request")
      apiStreams.withLock { _ = $0.remove(name) }
      close([stream])
      answer(.removed)
    }
    if !isBegun { answer(.refused("\(StreamSession.Failure.thread)")) }
  }

  /// Runs a change when those before it are done; never on a loop, since streams take their time to stop.
  ///
  /// - Returns: false where the system refuses a thread.
  private func change(_ body: @escaping @Sendable () -> Void) -> Bool {
    OSThread(name: "control") { [turn] in turn.withLock { _ in body() } } != nil
  }

  private func takeOver(_ definitions: [StreamDefinition]) {
    let names = Set(definitions.map(\.configuration.name))
    let apiStreams = apiStreams.withLock { apiStreams in
      apiStreams.subtract(names)
      return apiStreams
    }
    let before = serverState.streams
    for definition in definitions {
      let name = definition.configuration.name
      guard let stream = before.first(where: { $0.name == name }) else {
        log.write(.info, "added", stream: name, "added by the configuration")
        open(definition)
        continue
      }
      guard stream.plan.requestedOptions != definition.settings.wish else { continue }
      log.write(.info, "changed", stream: name, "started anew, since its configuration has changed")
      replace(stream, by: definition)
    }
    let gone = before.filter { !names.contains($0.name) && !apiStreams.contains($0.name) }
    for stream in gone {
      log.write(.info, "removed", stream: stream.name, "removed by the configuration")
    }
    close(gone)
  }

  /// Requests wait from now on for the new one, which starts when the old one has let its source go.
  private func replace(_ old: StreamSupervisor, by definition: StreamDefinition) {
    let new = host(definition)
    serverState.add(new, options: definition.serving)
    old.beginClosing(isEnding: false)
    old.waitUntilClosed()
    new.start()
  }

  /// Ends streams for their players, who may still ask once, and takes them away.
  private func close(_ streams: [StreamSupervisor]) {
    guard !streams.isEmpty else { return }
    for stream in streams { stream.beginClosing(isEnding: true) }
    for stream in streams { stream.waitUntilClosed() }
    SystemClock.sleep(until: SystemClock.monotonic + Self.lingerTime)
    for stream in streams { serverState.remove(stream) }
    onChange()
  }

  private func host(_ definition: StreamDefinition) -> StreamSupervisor {
    let stream = StreamSupervisor(definition.plan(log: log), log: log)
    let told = Locked("")
    stream.subscribe { [weak stream, log, onChange] in
      guard let stream else { return }
      switch stream.phase {
      case .failed(let failure):
        if stream.plan.isRetried {
          // It is tried again and again: what is told is what is new.
          let reason = "\(failure)"
          let isNew = told.withLock { told in
            defer { told = reason }
            return told != reason
          }
          log.write(
            isNew ? .error : .debug, "stream-failed", stream: stream.name,
            "\(reason); trying again")
        }
        onChange()
      case .live: told.withLock { $0 = "" }
      case .ended: onChange()
      case .idle, .starting: break
      }
    }
    return stream
  }

  /// A request may name sources on the network, and cameras and sound cards of this machine; nothing else of its files.
  private static func check(_ settings: Settings) throws(UsageError) {
    let location = settings.location ?? ""
    if let input = settings.input, input.kind == .file || input.kind == .standardInput {
      let schemes = InputAddress.schemes.filter { $0 != "file" }
      throw UsageError(
        "\(location): input", given: "\(input)",
        allowed: "in a request a URL of \(schemes.joined(separator: ", "))")
    }
    if let device = settings.device, !device.hasPrefix("/dev/video") || device.contains("..") {
      throw UsageError(
        "\(location): device", given: device, allowed: "in a request a camera such as /dev/video0")
    }
    // Names of ALSA may be of plugins that write files and run commands.
    if case .device(let name)? = settings.audio, !isAudioCard(name) {
      throw UsageError(
        "\(location): audio", given: name,
        allowed: "in a request tone, none, default, or a card such as hw:1,0")
    }
  }

  private static func isAudioCard(_ name: String) -> Bool {
    guard name != "default" else { return true }
    let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    return parts.count == 2 && ["hw", "plughw", "sysdefault", "front", "dsnoop"].contains(parts[0])
      && parts[1].utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: ",=_-".utf8.contains(byte)
        }
      }
  }
}
