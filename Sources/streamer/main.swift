// SPDX-License-Identifier: Apache-2.0

import Capture
import Glibc
import Logging
import Net
import Sharing
import Streams

// Signals are taken by a thread of their own; every thread inherits that they are blocked.
SignalWaiter.block()

/// Ends the program with one line; 2 for what was asked, 1 for what failed.
func exitWith(_ status: Int32, _ line: String) -> Never {
  Log.standardError("streamer: \(Redaction.redact(line))\n")
  exit(status)
}

let flags: [SettingsLayer.Entry]
var settings = Settings()
do {
  flags = try CommandLineReader.occurrences(Array(CommandLine.arguments.dropFirst()))
  try SettingsLayer(flags).apply(to: &settings)
} catch { exitWith(2, "\(error)") }

switch settings.action {
case .printHelp:
  print(HelpText.text, terminator: "")
  exit(0)
case .printVersion:
  print("streamer \(Version.text)")
  exit(0)
case .listCameras:
  for line in listCameras() { print(line) }

  exit(0)
case .probe:
  guard let address = settings.input else { exit(2) }
  try? SignalWaiter.start { _ in exit(130) }
  do {
    let findings = try InputProbe(address, options: settings.inputOptions).run(
      segmentMicroseconds: settings.segmentMicroseconds,
      longestGroup: settings.longestGroupMicroseconds * 1000, cancellation: InputCancellation())
    for line in findings.lines(address: address, takesAudio: settings.takesInputAudio) {
      print(line)
    }
    exit(0)
  } catch { exitWith(1, "--probe: \(address), \(error)") }
case .stream: break
}

let configuration: MergedSettings
do {
  configuration = try MergedSettings(flags)
} catch { exitWith(2, "\(error)") }
settings = configuration.program
let log = Log(format: settings.logFormat, least: settings.logLevel)

/// What happened to the program.
enum Event {
  case signal(SignalWaiter.Signal)
  /// A stream has failed, or its source has ended.
  case streamChanged
}
let events = Monitor<[Event]>([])

let handedOver: [ListeningSocket]
let definition: ValidatedConfiguration
let accessLog: LineFile?
do {
  handedOver = try SupervisorSockets.take()
  definition = try ValidatedConfiguration(configuration, isSupervised: !handedOver.isEmpty)
  accessLog = try settings.accessLog.map { try LineFile($0, log: log) }
} catch let error as LineFile.Failure {
  exitWith(2, "--access-log: \(error); allowed is the path of a file that can be written")
} catch { exitWith(2, "\(error)") }

for warning in configuration.warnings { log.write(.warning, "configuration", warning) }

let program: Program
do {
  let endpoints = try definition.assign(handedOver)
  program = try Program(definition, log: log, accessLog: accessLog, handedOver: endpoints) {
    events.update { $0.append(.streamChanged) }
  }
} catch let error as UsageError {
  exitWith(2, "\(error)")
} catch NetError.unknownHost(let host, let reason) {
  exitWith(2, "--host: \"\(host)\" was given: \(reason); allowed is a host name or an address")
} catch { exitWith(1, "\(error)") }

/// Ends the program for a stream that could not be made, or has failed.
func exitFor(_ failure: StreamSession.Failure) -> Never {
  switch failure {
  // A source that was named and is not there is a wrong argument.
  case .source(let reason), .configuration(let reason): exitWith(2, reason)
  case .encoder, .thread: exitWith(1, "\(failure)")
  }
}

let isServing = Locked(false)
do {
  try SignalWaiter.start { signal in
    guard signal != .hangup else {
      accessLog?.reopen()
      return program.reload()
    }
    // What a file on a dead disk or a device holds up cannot be waited for, and nobody has been told anything yet.
    guard isServing.withLock({ $0 }) else { exit(0) }
    events.update { $0.append(.signal(signal)) }
  }
  try program.start()
  isServing.withLock { $0 = true }
} catch let failure as StreamSession.Failure {
  exitFor(failure)
} catch { exitWith(1, "\(error)") }

/// Monotonic time at which the windows of streams that have all ended have been played.
var playedAt = Int64.max
var signal: SignalWaiter.Signal?
loop: while true {
  let event = events.wait(until: playedAt) { $0.isEmpty ? nil : $0.removeFirst() }
  switch event {
  case .signal(let given)?:
    signal = given
    break loop
  case .streamChanged?:
    switch program.standstill {
    case .failed(let failure)?:
      program.finish()
      accessLog?.close()
      exitFor(failure)
    case .ended?: playedAt = SystemClock.monotonic + program.windowNanoseconds
    case nil: playedAt = .max
    }
  case nil: break loop
  }
}
switch signal {
case .user2?: program.leave()
case .terminate? where program.isSupervised: program.leave()
default: program.finish()
}
accessLog?.close()
exit(0)
