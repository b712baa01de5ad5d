using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlGpmSupport_t; GPM structs carry a plain 1 as their version.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GpmSupport
{
    public const uint Tag = 1;

    public uint Version;
    public uint IsSupported;
}
