using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>
/// nvmlEventData_t as nvmlEventSetWait_v2 writes it; the first version ends after <see cref="Data"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EventData
{
    public const uint WholeGpu = 0xFFFFFFFF;

    public nint Device;
    public ulong Type;
    public ulong Data;
    public uint GpuInstanceId;
    public uint ComputeInstanceId;
}
