// SPDX-License-Identifier: Apache-2.0
// The part of WebCodecs and MediaStreamTrackProcessor (W3C) that the publisher uses: Debian's tsc
// does not know it.

interface VideoEncoderConfig {
  codec: string;
  width: number;
  height: number;
  /** bit/s */
  bitrate: number;
  framerate: number;
  latencyMode: 'realtime' | 'quality';
  avc?: { format: 'annexb' | 'avc' };
}

interface EncodedVideoChunk {
  readonly type: 'key' | 'delta';
  /** In microseconds. */
  readonly timestamp: number;
  readonly byteLength: number;
  copyTo(destination: Uint8Array): void;
}

interface VideoFrame {
  clone(): VideoFrame;
}

declare var VideoFrame: {
  new (source: VideoFrame | CanvasImageSource, options: { timestamp: number }): VideoFrame;
};

declare class VideoEncoder {
  constructor(events: {
    output: (chunk: EncodedVideoChunk) => void; error: (error: DOMException) => void;
  });

  static isConfigSupported(config: VideoEncoderConfig): Promise<{ supported: boolean }>;
  readonly state: 'unconfigured' | 'configured' | 'closed';
  readonly encodeQueueSize: number;
  configure(config: VideoEncoderConfig): void;
  encode(frame: VideoFrame, options: { keyFrame: boolean }): void;
  flush(): Promise<void>;
  close(): void;
}

interface AudioEncoderConfig {
  codec: string;
  sampleRate: number;
  numberOfChannels: number;
  /** bit/s */
  bitrate: number;
}

interface EncodedAudioChunk {
  /** In microseconds. */
  readonly timestamp: number;
  readonly byteLength: number;
  copyTo(destination: Uint8Array): void;
}

declare var AudioData: {
  new (content: {
    format: 'f32-planar'; sampleRate: number; numberOfFrames: number; numberOfChannels: number;
    timestamp: number; data: Float32Array;
  }): AudioData;
};

declare class AudioEncoder {
  constructor(events: {
    output: (chunk: EncodedAudioChunk) => void; error: (error: DOMException) => void;
  });

  static isConfigSupported(config: AudioEncoderConfig): Promise<{ supported: boolean }>;
  readonly state: 'unconfigured' | 'configured' | 'closed';
  readonly encodeQueueSize: number;
  configure(config: AudioEncoderConfig): void;
  encode(data: AudioData): void;
  close(): void;
}

declare class MediaStreamTrackProcessor<T> {
  constructor(options: { track: MediaStreamTrack, maxBufferSize?: number });
  readonly readable: ReadableStream<T>;
}

interface VideoFrameMetadata {
  /** In ms of performance.now(). */
  captureTime?: number;
  presentationTime: number;
}

interface HTMLVideoElement {
  requestVideoFrameCallback(
    callback: (now: number, metadata: VideoFrameMetadata) => void): number;
}
