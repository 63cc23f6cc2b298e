// SPDX-License-Identifier: Apache-2.0

import Archive
import Configuration
import Glibc
import Logging
import Net
import Push
import Stills
import Streams
import Supervision
import System

FatalSignals.endAtOnce()
SourceProcess.runIfAsked(CommandLine.arguments)
StillProcess.runIfAsked(CommandLine.arguments)
PushProcess.runIfAsked(CommandLine.arguments)
// Signals are blocked in this thread and, by inheritance, in all others. One thread receives them.
// CStart has blocked them before the libraries were initialised.
SignalWaiter.block()
do throws(any Error) {
  let arguments = Array(CommandLine.arguments.dropFirst())
  let commandArguments = Array(arguments.dropFirst())
  switch arguments.first {
  case TokenCommand.name: InfoCommands.printToken(commandArguments)
  case PasswordCommand.name: PasswordRun.run(commandArguments)
  case CanaryCommand.name: CanaryRun.run(commandArguments)
  case ValidateCommand.name: ValidateRun.run(commandArguments)
  case ArchiveCommand.name: ArchiveRun.run(commandArguments)
  default: break
  }
  let flags = try CommandLineReader.entries(arguments)
  let invocation = SettingsLayer(flags)
  InfoCommands.run(invocation.program, invocation.stream)

  let merged = try MergedSettings(flags)
  if merged.program.action == .check {
    let configuration = try ValidatedConfiguration(merged, isSupervised: false)
    print(try CheckReport.text(configuration), terminator: "")
    if let folder = merged.program.archiveFolder, let reason = ArchiveStore.obstacle(to: folder) {
      throw merged.program.refusal(
        "archive", .problem("\"\(folder)\": \(reason)"), expected: "the path of a writable folder")
    }
    exit(0)
  }
  let handedOver = try PassedSockets.take()
  let settings = merged.program
  let isSupervising = settings.isSupervising && handedOver.isEmpty
  let configuration = try ValidatedConfiguration(
    merged, isSupervised: !handedOver.isEmpty || isSupervising)
  let log = Log(
    format: settings.logFormat, least: settings.logLevel, lines: settings.logLines,
    hasPriorities: Journal.reads(2, stream: Journal.stream), to: .standardError)
  if isSupervising {
    let sockets = try Endpoints.openAll(settings, tlsPort: configuration.tls?.port)
    let notices = try NoticeSocket()
    let program = SupervisedProgram(CommandLine.arguments, sockets, notices: notices)
    ExitStatus.exit(try ProgramParent(program, notices: notices, log: log).run())
  }
  let accessLog = try settings.accessLog.map { path throws(UsageError) in
    do throws(LineFile.Failure) { return try LineFile(path, log: log) } catch {
      throw settings.refusal(
        "access-log", .problem("\(error)"), expected: "the path of a writable file")
    }
  }
  let statistics = try StatisticsFile.open(configuration, log)
  let archive = try settings.archiveFolder.map { folder throws(UsageError) in
    do throws(ArchiveStore.Refusal) {
      let others = OtherStreams(merged.archivePolicy.retention)
      return try ArchiveStore(folder, configuration.objectStore, others: others, log: log)
    } catch {
      if case .noClient = error { throw settings.refusal("archive-objects", .problem("\(error)")) }
      throw settings.refusal(
        "archive", .problem("\"\(folder)\": \(error)"), expected: "the path of a writable folder")
    }
  }
  for warning in merged.warnings + configuration.notes {
    log.write(.warning, "configuration", warning)
  }
  ProgramLoop.run(
    configuration, log: log, accessLog: accessLog, statistics: statistics, archive: archive,
    handedOver: handedOver)
} catch { ExitStatus.exit(for: error) }
