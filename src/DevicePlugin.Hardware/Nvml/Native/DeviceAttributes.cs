using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>
/// nvmlDeviceAttributes_t as _v2 writes it. The first version ends after <see cref="SharedOfaCount"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DeviceAttributes
{
    public uint MultiprocessorCount;
    public uint SharedCopyEngineCount;
    public uint SharedDecoderCount;
    public uint SharedEncoderCount;
    public uint SharedJpegCount;
    public uint SharedOfaCount;
    public uint GpuInstanceSliceCount;
    public uint ComputeInstanceSliceCount;
    public ulong MemorySizeMB;
}
