import Capture
import Media
struct CameraMode: CustomStringConvertible { var description: String { "" } }
struct CameraFrame { let picture: Picture; let captureMonotonic: Int64; let skipped: Int }
enum CameraError: Error, CustomStringConvertible { case gone
  var description: String { "" } }
struct Camera: ~Copyable {
  init(path: String, wish: VideoSize, rate: FrameRate) throws(CameraError) { throw .gone }
  let mode = CameraMode()
  mutating func next() throws(CameraError) -> CameraFrame? { nil }
}
