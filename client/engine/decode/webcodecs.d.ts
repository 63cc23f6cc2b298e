// SPDX-License-Identifier: Apache-2.0
// The part of WebCodecs (W3C) that the player uses: Debian's tsc does not know it.

interface VideoDecoderConfig {
  codec: string;
  /** avcC, for H.264 with length prefixes. */
  description: Uint8Array;
  optimizeForLatency: boolean;
}

interface VideoFrame {
  /** In microseconds. */
  readonly timestamp: number;
  readonly duration: number | null;
  readonly displayWidth: number;
  readonly displayHeight: number;
  close(): void;
}

declare class EncodedVideoChunk {
  constructor(content: {
    type: 'key' | 'delta'; timestamp: number; duration: number; data: Uint8Array;
  });
}

declare class VideoDecoder {
  constructor(events: {
    output: (frame: VideoFrame) => void; error: (error: DOMException) => void;
  });

  static isConfigSupported(config: VideoDecoderConfig): Promise<{ supported: boolean }>;
  readonly state: 'unconfigured' | 'configured' | 'closed';
  readonly decodeQueueSize: number;
  configure(config: VideoDecoderConfig): void;
  decode(chunk: EncodedVideoChunk): void;
  flush(): Promise<void>;
  close(): void;
}

interface AudioDecoderConfig {
  codec: string;
  /** AudioSpecificConfig, for AAC without ADTS headers. */
  description: Uint8Array;
  sampleRate: number;
  numberOfChannels: number;
}

interface AudioData {
  /** In microseconds. */
  readonly timestamp: number;
  readonly sampleRate: number;
  readonly numberOfFrames: number;
  readonly numberOfChannels: number;
  copyTo(destination: Float32Array, options: { planeIndex: number; format: 'f32-planar' }): void;
  close(): void;
}

declare class EncodedAudioChunk {
  constructor(content: {
    type: 'key'; timestamp: number; duration: number; data: Uint8Array;
  });
}

declare class AudioDecoder {
  constructor(events: {
    output: (data: AudioData) => void; error: (error: DOMException) => void;
  });

  static isConfigSupported(config: AudioDecoderConfig): Promise<{ supported: boolean }>;
  readonly state: 'unconfigured' | 'configured' | 'closed';
  readonly decodeQueueSize: number;
  configure(config: AudioDecoderConfig): void;
  decode(chunk: EncodedAudioChunk): void;
  close(): void;
}
