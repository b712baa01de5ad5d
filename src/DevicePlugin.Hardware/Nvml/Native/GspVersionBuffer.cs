using System.Runtime.CompilerServices;

namespace DevicePlugin.Hardware.Nvml.Native;

[InlineArray(256)]
internal struct GspVersionBuffer
{
    private byte _first;
}
