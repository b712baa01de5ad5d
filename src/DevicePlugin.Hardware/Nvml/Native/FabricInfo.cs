using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlGpuFabricInfo_t of nvmlDeviceGetGpuFabricInfo.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FabricInfo
{
    public fixed byte ClusterUuid[16];
    public NvmlReturn Status;
    public uint CliqueId;
    public byte State;
}
