import * as tf from '@tensorflow/tfjs-core';
import { type BackendWasm, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/** The kernels' entries; addresses are bytes in the shared memory. */
export interface Kernels {
  pack(plan: number): void;
  forward(plan: number): void;
  backward(plan: number): void;
  multiply(a: number, panels: number, result: number, rows: number, columns: number, inner: number): void;
  adam(
    parameters: number,
    first: number,
    second: number,
    gradient: number,
    count: number,
    stepSize: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    rootScale: number,
    epsilon: number,
  ): void;
}

/** A TensorFlow.js tensor seen by its address (a multiple of 64). */
export interface Block {
  readonly address: number;
  dispose(): void;
}

/** TensorFlow.js' wasm backend with our kernels on its memory. Views must be taken anew after any allocation: it may move the buffer. */
export interface WasmRuntime {
  readonly kernels: Kernels;
  allocate(floats: number, zeroed: boolean): Block;
  floats(address: number, length: number): Float32Array;
  ints(address: number, length: number): Int32Array;
  /** Size of the whole memory, TensorFlow.js' own part included. */
  memoryBytes(): number;
}

const isNode = typeof process !== 'undefined' && Boolean(process.versions?.node);

/** Loads in Node without the backend's own handlers of uncaught errors, which print its whole source above every message. */
async function withoutHandlers<T>(work: () => Promise<T>): Promise<T> {
  if (!isNode) return work();
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process.listeners(event as 'uncaughtException'));
  const result = await work();
  events.forEach((event, i) => {
    for (const listener of process.listeners(event as 'uncaughtException')) if (!before[i].includes(listener)) process.off(event, listener);
  });
  return result;
}

/** Whether this browser has WebAssembly with SIMD. */
export async function hasSimd(): Promise<boolean> {
  return Boolean(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'));
}

/** Bytes of kernels.wasm: from the page's own host, or in Node from `public/`. */
async function kernelBytes(wasmBase: string | undefined): Promise<BufferSource> {
  if (wasmBase === undefined) {
    if (!isNode) throw new Error('createModel needs wasmBase: the address of the folder that holds kernels.wasm.');
    const module = 'node:fs/promises';
    const { readFile } = (await import(/* @vite-ignore */ module)) as typeof import('node:fs/promises');
    const file = new URL('../../../public/kernels.wasm', import.meta.url);
    return readFile(file).catch(() => {
      throw new Error('public/kernels.wasm is missing: run "npm run build:kernels".');
    });
  }
  const response = await fetch(`${wasmBase}kernels.wasm`);
  if (!response.ok)
    throw new Error(`Could not load ${wasmBase}kernels.wasm (HTTP ${response.status}): check the connection and reload the page.`);
  return response.arrayBuffer();
}

async function load(wasmBase: string | undefined): Promise<WasmRuntime> {
  tf.enableProdMode();
  // The threaded build needs blob workers and shared memory, and splits sums by the number of cores.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (wasmBase !== undefined) setWasmPaths(`${wasmBase}tfjs/`);
  const bytes = kernelBytes(wasmBase);
  const [started] = await Promise.all([withoutHandlers(() => tf.setBackend('wasm')), bytes]);
  if (!started) throw new Error('TensorFlow.js could not start its WebAssembly backend.');
  const backend = tf.backend() as BackendWasm;
  const { memory } = (backend.wasm as unknown as { asm: { memory: WebAssembly.Memory } }).asm;
  const { instance } = await WebAssembly.instantiate(await bytes, { env: { memory } });
  return {
    kernels: instance.exports as unknown as Kernels,
    allocate(floats, zeroed) {
      // 15 numbers more, so that the start can be moved to a cache line.
      const info = backend.makeOutput([floats + 15], 'float32');
      const tensor = tf.keep(tf.engine().makeTensorFromTensorInfo(info, backend));
      const address = Math.ceil(backend.getMemoryOffset(tensor.dataId) / 64) * 64;
      if (zeroed) new Float32Array(memory.buffer, address, floats).fill(0);
      return { address, dispose: () => tensor.dispose() };
    },
    floats: (address, length) => new Float32Array(memory.buffer, address, length),
    ints: (address, length) => new Int32Array(memory.buffer, address, length),
    memoryBytes: () => memory.buffer.byteLength,
  };
}

let runtime: Promise<WasmRuntime> | undefined;

/**
 * Starts the backend once per page or process. `wasmBase` is the folder (ending in "/") of kernels.wasm and tfjs/*.wasm;
 * in Node it is left out and the files come from public/ and node_modules/.
 */
export function wasmRuntime(wasmBase: string | undefined): Promise<WasmRuntime> {
  runtime ??= load(wasmBase).catch((error: unknown) => {
    runtime = undefined;
    throw error;
  });
  return runtime;
}
