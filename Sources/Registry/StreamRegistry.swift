// SPDX-License-Identifier: Apache-2.0

import Access
package import Archive
package import Configuration
package import Logging
import Media
package import Publishing
package import Push
package import Server
import Sharing
package import Streams
package import Time
import Versions

/// Adds and removes the streams of the server: by flags, by the file at each reload, by requests to
/// `/api`.
///
/// Changes run one after another in their order, on a thread of their own. Streams without a change
/// continue.
package final class StreamRegistry: StreamControl {
  /// How long players may still fetch the end of a stream that has ended.
  package static let lingerTime = Interval.milliseconds(1200)

  let serverState: ServerState
  private let publishers: PublisherRegistry
  let log: Log
  private let sharing: SharedProcesses
  let isSupervised: Bool
  let archive: ArchiveStore?
  /// The pushes of all streams.
  package let pushes: PushStore
  private let onChange: @Sendable () -> Void
  let configuration: Locked<MergedSettings>
  /// Names of streams added by requests.
  private let apiStreams = Locked<Set<String>>([])
  /// Names of streams that publishers have created.
  let createdStreams = Locked<Set<String>>([])
  private let closing = ClosingStreams()
  private let ended = EndedStreams()
  private let changes = SerialThread(name: "control")

  /// The registry of a server without streams.
  ///
  /// - Parameters:
  ///   - serverState: the state to which streams are added.
  ///   - configuration: the settings at the start.
  ///   - publishers: the registry of streams that accept publishers.
  ///   - isSupervised: whether a supervisor would restart the program.
  ///   - archive: the archive of the streams; nil for none.
  ///   - log: the log.
  ///   - onChange: called when a stream has failed, ended or was removed, on any thread.
  package init(
    _ serverState: ServerState, _ configuration: MergedSettings, _ publishers: PublisherRegistry,
    isSupervised: Bool, archive: ArchiveStore?, log: Log, onChange: @escaping @Sendable () -> Void
  ) {
    self.serverState = serverState
    self.publishers = publishers
    self.configuration = Locked(configuration)
    self.isSupervised = isSupervised
    self.archive = archive
    pushes = PushStore(agent: "streamer/\(Version.text)", log: log)
    self.log = log
    sharing = SharedProcesses(processes: SourceProcesses(log: log))
    self.onChange = onChange
  }

  /// Notes streams that will be opened.
  package func expect(_ definitions: [StreamDefinition]) { sharing.expect(definitions) }

  /// Adds a stream and starts it.
  ///
  /// - Returns: its supervisor; nil for an uploaded stream, which has no sessions.
  @discardableResult
  package func open(_ definition: StreamDefinition) -> StreamSupervisor? {
    if definition.isUploaded {
      serverState.addUploads(definition.uploads(serverState.viewerKey))
      let name = definition.settings.name
      log.write(.info, "stream", stream: name, "uploaded stream: waiting for uploads to /\(name)/")
      return nil
    }
    let stream = supervisor(definition)
    serverState.add(stream, options: serving(definition))
    stream.start(after: ended.end(of: stream.name))
    return stream
  }

  // MARK: Changes

  /// Reads the file again and applies its streams; after an error all streams continue.
  package func reload() {
    guard configuration.withLock({ $0.program.configurationPath }) != nil else { return }
    let isBegun = change { [self] in
      do throws(UsageError) {
        let now = try configuration.withLock { before throws(UsageError) in try before.reread() }
        let streams = try now.streams.map { settings throws(UsageError) in
          try StreamDefinition(settings, isListed: true, isSupervised: isSupervised)
        }
        for warning in now.warnings { log.write(.warning, "configuration", warning) }
        if configuration.withLock({ $0.differsInProgram(from: now) }) {
          // A setting that ends the next start is an error now.
          _ = try ValidatedConfiguration(now, isSupervised: isSupervised)
          log.write(
            .warning, "configuration",
            "program-wide settings changed; restart to apply them")
        }
        configuration.withLock { $0 = now }
        archive?.setRetentionOfOthers(now.archivePolicy.retention)
        apply(streams)
      } catch {
        log.write(.error, "configuration", "not reloaded, all streams continue: \(error)")
      }
    }
    if !isBegun {
      log.write(.error, "configuration", "not reloaded: \(SessionFailure.thread)")
    }
  }

  /// Adds the stream of a request, after the changes before it.
  package func add(_ description: [UInt8], answer: @escaping @Sendable (ControlResult) -> Void) {
    add(afterRemoval: false, answer) { () throws(UsageError) in
      try StreamElement(parsing: description)
    }
  }

  /// Adds the stream of a publisher, after the end of a stream of its name that is being removed.
  func add(published name: String, answer: @escaping @Sendable (ControlResult) -> Void) {
    let isFirst = createdStreams.withLock { $0.insert(name).inserted }
    add(afterRemoval: true) { [self] result in
      if case .added = result { markCreated(name) } else if isFirst { forgetCreated(name) }
      answer(result)
    } _: { () throws(UsageError) in
      try StreamElement(publishedAs: name)
    }
  }

  private func add(
    afterRemoval: Bool, _ answer: @escaping @Sendable (ControlResult) -> Void,
    _ read: @escaping @Sendable () throws(UsageError) -> StreamElement
  ) {
    let isBegun = change { [self] in
      do throws(UsageError) {
        let element = try read()
        if afterRemoval, let old = serverState.streams.first(where: { $0.name == element.name }),
          closing.whenRemoved(old, { self.add(afterRemoval: false, answer, read) })
        {
          return
        }
        guard !serverState.hasStream(element.name) else {
          return answer(.taken(element.name))
        }
        let configuration = configuration.withLock { $0 }
        let settings = configuration.settings(of: element)
        try RequestedStreamCheck.check(settings)
        let definition = try StreamDefinition(
          settings, isListed: true, isSupervised: isSupervised)
        for warning in element.warnings { log.write(.warning, "configuration", warning) }
        apiStreams.withLock { _ = $0.insert(element.name) }
        log.write(.info, "added", stream: element.name, "added by a request")
        open(definition)
        answer(.added(element.name))
      } catch { answer(.refused("\(error)")) }
    }
    if !isBegun { answer(.refused("\(SessionFailure.thread)")) }
  }

  /// Removes a stream for a request, after the changes before it.
  package func remove(_ name: String, answer: @escaping @Sendable (ControlResult) -> Void) {
    let isBegun = change { [self] in
      if serverState.removeUploads(name) {
        log.write(.info, "removed", stream: name, "removed by a request")
        apiStreams.withLock { _ = $0.remove(name) }
        return answer(.removed)
      }
      guard let stream = serverState.streams.first(where: { $0.name == name }) else {
        return answer(.unknown)
      }
      log.write(.info, "removed", stream: name, "removed by a request")
      apiStreams.withLock { _ = $0.remove(name) }
      close(stream) { answer(.removed) }
    }
    if !isBegun { answer(.refused("\(SessionFailure.thread)")) }
  }

  /// Runs a change after the changes before it; not on a loop, since it reads files.
  ///
  /// - Returns: false if the system refuses a thread.
  func change(_ body: @escaping @Sendable () -> Void) -> Bool {
    changes.run(body)
  }

  private func apply(_ definitions: [StreamDefinition]) {
    let sessions = serverState.streams
    let before =
      sessions.map {
        RegistryPlan.Entry(
          $0.name, options: $0.plan.requestedOptions, isUploaded: false,
          isClosing: closing.contains($0))
      }
      + serverState.uploads.map { .init($0.name, options: $0.requestedOptions, isUploaded: true) }
    let requested = apiStreams.withLock { requested in
      requested.subtract(definitions.map(\.settings.name))
      return requested
    }
    let plan = RegistryPlan(before, definitions, requested: requested)
    for action in plan.uploads { perform(action, definitions, sessions) }
    for name in plan.forgotten { sharing.processes.forget(name) }
    sharing.expect(definitions)
    for action in plan.streams { perform(action, definitions, sessions) }
    updateRecordings()
  }

  private func perform(
    _ action: RegistryPlan.Action, _ definitions: [StreamDefinition],
    _ sessions: [StreamSupervisor]
  ) {
    func definition(_ name: String) -> StreamDefinition? {
      definitions.first { $0.settings.name == name }
    }
    func session(_ name: String) -> StreamSupervisor? { sessions.first { $0.name == name } }
    switch action {
    case .add(let name):
      guard let definition = definition(name) else { return }
      // A publisher may have created an uploaded stream of this name.
      if !definition.isUploaded { _ = serverState.removeUploads(name) }
      log.write(.info, "added", stream: name, "added by the configuration")
      open(definition)
    case .replace(let name):
      guard let definition = definition(name) else { return }
      log.write(.info, "changed", stream: name, "restarting with a changed configuration")
      if definition.isUploaded {
        open(definition)
      } else if let old = session(name) {
        replace(old, by: definition)
      }
    case .keep(let name):
      guard let definition = definition(name) else { return }
      let viewers = definition.settings.access(signedBy: serverState.viewerKey.key)
      if serverState.changesURLs(viewers, of: name) {
        return perform(.replace(name), definitions, sessions)
      }
      serverState.setViewers(viewers, of: name)
      applyPast(definition.settings)
    case .remove(let name):
      guard let old = session(name) else { return }
      log.write(.info, "removed", stream: name, "removed by the configuration")
      close(old)
    case .removeUploads(let name):
      log.write(.info, "removed", stream: name, "removed by the configuration")
      _ = serverState.removeUploads(name)
    }
  }

  /// Requests wait for the new stream, which starts when the old one has released its source.
  private func replace(_ old: StreamSupervisor, by definition: StreamDefinition) {
    let new = supervisor(definition)
    serverState.add(new, options: serving(definition))
    old.beginClosing(isEnding: false)
    afterChange { [self] in
      old.waitUntilClosed(until: SystemClock.monotonicTime + StreamSupervisor.closeLimit, log)
      ended.add(old.end, of: old.name)
      new.start(after: old.end)
    }
  }

  /// Ends a stream for its players, which can send one more request, removes it, and then calls
  /// `body`.
  private func close(
    _ stream: StreamSupervisor, then body: @escaping @Sendable () -> Void = {}
  ) {
    closing.begin(stream)
    let pushed = pushes.pushes(of: stream.name)
    publishers.remove(stream.name)
    sharing.processes.forget(stream.name)
    stream.beginClosing(isEnding: true)
    afterChange { [self] in
      stream.waitUntilClosed(until: SystemClock.monotonicTime + StreamSupervisor.closeLimit, log)
      ended.add(stream.end, of: stream.name)
      SystemClock.sleep(until: SystemClock.monotonicTime + Self.lingerTime)
      pushes.remove(stream.name, pushed)
      serverState.remove(stream, keeping: takeRecording(of: stream.name))
      closing.end(stream)
      onChange()
      body()
    }
  }

  /// Runs `body` on another thread: changes do not wait for streams to stop.
  private func afterChange(_ body: @escaping @Sendable () -> Void) {
    if OSThread(name: "closing", body) == nil { body() }
  }

  /// How a stream is served, with the status of its publishers.
  private func serving(_ definition: StreamDefinition) -> StreamServingOptions {
    var options = definition.serving(serverState.viewerKey)
    let settings = definition.settings
    if settings.isArchived, let archive {
      let policy = settings.archivePolicy
      options.archive = archive.stream(settings.name, policy) {
        HTTPTwins(policy.twins, settings.upstreamTrust)
      }
      options.reach = settings.reach
    }
    if settings.pushes.isEmpty {
      pushes.remove(settings.name)
    } else {
      options.pushes = pushes.stream(settings.name, settings.pushes, settings.completePushTLS)
    }
    guard definition.settings.isPublished else { return options }
    let published = publishers.add(definition.configuration.name, definition.publishTarget)
    options.publishers = { published.status }
    return options
  }

  private func supervisor(_ definition: StreamDefinition) -> StreamSupervisor {
    // A stream of the same name without publishers ends theirs.
    if !definition.settings.isPublished { publishers.remove(definition.configuration.name) }
    let published =
      definition.settings.isPublished
      ? publishers.add(definition.configuration.name, definition.publishTarget) : nil
    sharing.expect([definition])
    sharing.processes.report(definition.configuration.name)
    let stream = StreamSupervisor(definition.plan(published, sharing, log: log), log: log)
    stream.reportFailures(to: log, onChange: onChange)
    return stream
  }
}
