// The inner loops in WebAssembly, sixteen filters at a time (exports/targets/js/lanes.py); null where the engine has no
// SIMD, or a page forbids it. Then plain JavaScript adds the same integers.
function openLanes(memory) {
  try {
    const bytes = Uint8Array.from(atob("LANES"), (char) => char.charCodeAt(0));
    return new Uint8Array(Uint16Array.of(1).buffer)[0] ? new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { m: memory } }).exports : null;
  } catch { return null; }
}

const openMemory = (size) => {
  try { return new WebAssembly.Memory({ initial: Math.ceil(size / 65536) }); } catch { return { buffer: new ArrayBuffer(size) }; }
};
