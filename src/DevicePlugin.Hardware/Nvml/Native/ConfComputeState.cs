using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlConfComputeSystemState_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ConfComputeState
{
    public uint Environment;
    public uint Feature;
    public uint DevToolsMode;
}
