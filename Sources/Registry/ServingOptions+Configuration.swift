// SPDX-License-Identifier: Apache-2.0

package import Access
package import Configuration
import Media
import Net
import Publishing
package import Server
import Streams

extension ServingOptions {
  /// The options of the server that the settings of the program state.
  ///
  /// - Parameters:
  ///   - configuration: the settings.
  ///   - viewerKey: signs for viewers with a password of streams without keys.
  package init(
    _ configuration: ValidatedConfiguration,
    viewerKey: ViewerSigningKey = ViewerSigningKey(folder: nil)
  ) {
    self.init()
    self.viewerKey = viewerKey
    let merged = configuration.merged
    let settings = merged.program
    publicURL = settings.publicURL
    hasAbsoluteURLs = settings.hasAbsoluteURLs
    adminToken = settings.adminToken
    proxies = settings.proxies
    statistics = settings.statistics
    metrics = settings.metrics
    timestamps = settings.timestampsAccess
    runningStreams = settings.runningStreams
    streamStarts = settings.streamStarts
    timeDisplacement = settings.timeDisplacement
    sendsCMSD = settings.sendsCMSD
    localClients = LocalClients { SourceProcesses.firstStart }
    publishAccess = KeylessAccess(settings.publishMode, localClients)
    publishKey = merged.publishKey
    createdViewers = merged.createdAccess(signedBy: viewerKey.key)
    tokenPublicKey = configuration.webTokenKey
    hostNames = Set(settings.hostNames + MachineNames.current.names)
    if let url = settings.publicURL { hostNames.insert(KnownHosts.name(in: url)) }
    // A proxy may replace Host, with which pages of this server are recognized otherwise.
    let ownOrigins = settings.socketOrigins.isEmpty ? [] : [settings.publicURL].compactMap(\.self)
    socketOrigins = SocketOrigins(
      settings.socketOrigins + ownOrigins, hosts: KnownHosts(hostNames))
    publishedStreams = settings.publishedStreams
    publishHooks.publish = settings.publishHook
    publishHooks.unpublish = settings.unpublishHook
    uploadLimits = merged.uploadLimits
  }
}
