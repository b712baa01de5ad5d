using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlRemappedRowsInfo_v2_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RemappedRowsInfo
{
    public uint CorrectedActive;
    public uint CorrectedInactive;
    public uint UncorrectedActive;
    public uint UncorrectedInactive;
    public uint Pending;
    public uint FailureOccurred;
}
