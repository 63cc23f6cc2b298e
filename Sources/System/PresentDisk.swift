// SPDX-License-Identifier: Apache-2.0

/// The disk of the calling thread.
package enum PresentDisk {
  /// The disk of the machine, unless a test has put a simulated one in its place.
  @TaskLocal package static var current: any Disk = SystemDisk()
}
