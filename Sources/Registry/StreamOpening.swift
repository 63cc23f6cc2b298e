// SPDX-License-Identifier: Apache-2.0

import Access
import Capture
import Configuration
import Logging
import Media
import Packaging
import Publishing
import Server
import Sharing
import Streams
import Time
import Versions

extension StreamDefinition {
  /// How the server serves the stream; `viewerKey` signs for viewers with a password.
  func serving(_ viewerKey: ViewerSigningKey) -> StreamServingOptions {
    var options = StreamServingOptions()
    options.label = settings.label
    options.source =
      settings.input.map { "\($0)" } ?? settings.upstream.map { "relay of \($0)" }
      ?? settings.device ?? "test pattern"
    options.inputs = settings.backups.isEmpty ? [] : settings.inputs.map { "\($0)" }
    options.segmentDuration = settings.segmentDuration
    options.viewers = settings.access(signedBy: viewerKey.key)
    options.holdBack = settings.holdBack
    options.hasCueTags = settings.hasCueTags
    options.targetLatency = settings.targetLatency
    options.timestamps = settings.timestamps
    options.holdLimit = settings.holdLimit ?? .max
    options.prefersChunkedPlaylist = settings.playlistForm == .chunked
    options.sourceEnds =
      settings.input?.kind == .file && !settings.loops && settings.backups.isEmpty
    options.switchesRenditions = settings.switchesRenditions
    options.savesStatistics = settings.savesStatistics
    options.captions =
      settings.captions.isEmpty
      ? nil : StreamCaptions(settings.captions, now: SystemClock.monotonicTime)
    options.closedCaptions = settings.closedCaptions
    options.waitsForAbsentSegment = settings.waitsForAbsentSegment
    options.keys = configuration.keys
    return options
  }

  /// The entry of an uploaded stream without files; `viewerKey` signs for viewers with a password.
  func uploads(_ viewerKey: ViewerSigningKey) -> UploadEntry {
    var entry = UploadEntry(
      UploadedStream(
        name: settings.name, limits: settings.uploadLimits, now: SystemClock.monotonicTime))
    entry.key = settings.publishKey
    entry.viewers = settings.access(signedBy: viewerKey.key)
    entry.label = settings.label
    entry.requestedOptions = settings.requestedOptions
    return entry
  }

  /// How publishers address the stream.
  var publishTarget: PublishTarget {
    PublishTarget(
      key: settings.publishKey, path: settings.publishPath, passphrase: settings.srtPassphrase,
      certificates: CertificateNames(settings.publishCertificates), takeover: settings.takeover)
  }

  /// The plan of the stream, whose source is `published` if publishers are; the log reports each
  /// configuration that is made from it.
  func plan(_ published: PublishedStream?, _ sharing: SharedProcesses, log: Log) -> StreamPlan {
    var plan =
      settings.input.map { pulled($0, published, sharing, log) }
      ?? settings.upstream.map { relaying($0, log) } ?? local(log)
    plan.isOnDemand = settings.isOnDemand
    plan.isRemote = settings.isRemote
    plan.isRetried = isListed || settings.isOnDemand || settings.isRemote || needsKeys
    plan.requestedOptions = settings.requestedOptions
    plan.opened = { [settings] in StreamNotes(settings, $0).write(to: log) }
    return plan
  }

  /// A plan without a pulled input; it asks for keys if they come from a server.
  private func local(_ log: Log) -> StreamPlan {
    guard needsKeys else { return StreamPlan(configuration) }
    return StreamPlan(name: settings.name) { start throws(SessionFailure) in
      var configuration = try withKeys(configuration, log)
      configuration.earlier = start.earlier
      return StreamPlan.Session(configuration)
    }
  }

  /// A configuration with the keys of its media.
  private func withKeys(
    _ configuration: StreamConfiguration, _ log: Log
  ) throws(SessionFailure) -> StreamConfiguration {
    do throws(UsageError) {
      return try keyed(configuration) { [name = settings.name] reason in
        if let reason {
          log.write(
            .warning, "keys-missing", stream: name,
            "\(reason); the present key stays, retrying")
        } else {
          log.write(.info, "keys", stream: name, "the key server answers again")
        }
      }
    } catch { throw .configuration("\(error)") }
  }

  /// A plan that connects to another server, whose stream has the configuration.
  private func relaying(_ address: UpstreamAddress, _ log: Log) -> StreamPlan {
    let link = UpstreamLink(address)
    var plan = StreamPlan(name: settings.name) { start throws(SessionFailure) in
      let source = UpstreamSource(
        link, settings.upstreamTrust, stream: settings.name,
        agent: "streamer/\(Version.text)", log: log)
      do {
        let description = try source.begin(start.cancellation)
        var configuration = try configuration(for: description)
        configuration.earlier = start.earlier
        return StreamPlan.Session(configuration, upstream: source)
      } catch {
        source.stop()
        if let wrong = error as? UsageError { throw .configuration("\(wrong)") }
        throw error as? SessionFailure ?? .source("\(error)")
      }
    }
    plan.upstream = link
    plan.outages = link.outages
    return plan
  }

  /// A plan that opens a pulled input, on whose facts the configuration depends.
  private func pulled(
    _ address: InputAddress, _ published: PublishedStream?, _ sharing: SharedProcesses, _ log: Log
  ) -> StreamPlan {
    let (crashes, outages) = (SourceCrashes(), SourceOutages())
    var plan = StreamPlan(name: settings.name) { start throws(SessionFailure) in
      var source =
        start.continued?.source
        ?? source(address, published, sharing, crashes, outages, start, log)
      do {
        start.continued?.source.follow(start.cancellation)
        var facts = try start.continued?.facts ?? source.begin(start.cancellation)
        var choice = choose(facts, start, published)
        while case .failure(let error) = choice {
          // The next publisher may fit.
          guard let published, published.refusePublisher("\(error)") else { throw error }
          source.stop()
          source = self.source(address, published, sharing, crashes, outages, start, log)
          facts = try source.begin(start.cancellation)
          choice = choose(facts, start, published)
        }
        let (input, chosen) = try choice.get()
        if let reason = input.encodingReason {
          log.write(.info, "passthrough", stream: settings.name, "re-encoded: \(reason)")
        }
        var configuration = try withKeys(chosen, log)
        configuration.encodingReason = input.encodingReason
        for warning in configuration.findingsInput().map({ InputWarnings($0).list }) ?? [] {
          log.write(.warning, warning.event, stream: settings.name, warning.text)
        }
        configuration.earlier = start.earlier
        return StreamPlan.Session(configuration, source: source)
      } catch {
        source.stop()
        if let failure = error as? SessionFailure { throw failure }
        guard let wrong = error as? UsageError else {
          let fault = UsageError(.option("input"), .problem("\"\(address)\": \(error)"))
          throw .source("\(located(fault))")
        }
        throw .configuration("\(located(wrong))")
      }
    }
    plan.countsOnFromPredecessor = true
    plan.crashes = crashes
    plan.outages = outages
    plan.publishers = published.map { published in
      StreamPublishers(
        count: { published.status.count }, whenBegun: { published.whenBegun = $0 })
    }
    return plan
  }

  /// The decision for an input, and the configuration of its stream; fails if they do not fit.
  private func choose(
    _ facts: SourceFacts, _ start: StreamPlan.Start, _ published: PublishedStream?
  ) -> Result<(PlannedInput, StreamConfiguration), UsageError> {
    Result { () throws(UsageError) in
      // The facts may be about a later publisher than the verdict.
      let verdict = start.verdict.concerning(published?.status.count ?? 0)
      let input = try PlannedInput(
        facts, settings: settings, isIrregular: verdict.hasIrregularKeyFrames,
        unpaced: verdict.encodingReason, after: start.segmentation,
        targetDuration: start.earlier?.targetDuration ?? 0)
      var chosen = try configuration(for: input)
      if settings.takesInputAudio { chosen.keepAudio(of: start.audio) }
      return (input, chosen)
    }
  }

  /// The pulled input that does not run yet.
  private func source(
    _ address: InputAddress, _ published: PublishedStream?, _ sharing: SharedProcesses,
    _ crashes: SourceCrashes, _ outages: SourceOutages, _ start: StreamPlan.Start, _ log: Log
  ) -> StreamPlan.Source {
    var order = order(address)
    order.passThrough?.formerRate = start.segmentation?.grid.rate
    guard settings.isIsolated else {
      return .inProcess(
        PulledSource(
          order, published: published?.connectSource().map { PublishedMedia(descriptor: $0) },
          inputs: sharing.inputs, outages: outages, log: log))
    }
    return .isolated(
      IsolatedSource(
        order, crashes: crashes, outages: outages, processes: sharing.processes,
        connectMedia: published.map { $0.connectSource }, log: log))
  }

  private func order(_ address: InputAddress) -> StartOrder {
    var order = StartOrder(address, name: settings.name)
    order.backups = settings.backups
    order.failback = settings.failback
    order.drawingFiles = [settings.slate, settings.drawnOverlay?.font].compactMap(\.self)
    order.options = settings.inputOptions
    order.loops = settings.loops
    order.takesAudio = settings.takesInputAudio
    order.takesTexts = !settings.captions.isEmpty
    order.passThrough = PassThroughDecision(settings).requirements
    order.memory = Int64(settings.sourceMegabytes) << 20
    // Encoders of hardware open devices.
    order.usesDevices = settings.encoder != EncoderSettings.defaultEncoder
    return order
  }

  /// What decides with which streams its inputs are shared; nil without an input.
  var processMember: ProcessTable.Member? {
    settings.input.map { ProcessTable.Member(order($0), isIsolated: settings.isIsolated) }
  }
}

extension StreamNotes {
  fileprivate func write(to log: Log) {
    log.write(.info, "stream", stream: configuration.name, summary)
    if let lowLatency {
      log.write(.warning, "low-latency", stream: configuration.name, lowLatency)
    }
    if let measuredRate { log.write(.info, "rate", stream: configuration.name, measuredRate) }
  }
}
