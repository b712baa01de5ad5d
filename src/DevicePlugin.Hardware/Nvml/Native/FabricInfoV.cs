using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>
/// nvmlGpuFabricInfo_v3_t; version 2 is the same without <see cref="HealthSummary"/>, 36 bytes.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FabricInfoV
{
    public const uint Tag3 = 0x03000028;
    public const uint Tag2 = 0x02000024;

    public uint Version;
    public fixed byte ClusterUuid[16];
    public NvmlReturn Status;
    public uint CliqueId;
    public byte State;
    public uint HealthMask;
    public byte HealthSummary;
}
