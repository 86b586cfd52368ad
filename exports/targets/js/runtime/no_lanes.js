// For pages whose policy forbids WebAssembly: a violation would be reported for the mere attempt.
const openLanes = () => null, openMemory = (size) => ({ buffer: new ArrayBuffer(size) });
