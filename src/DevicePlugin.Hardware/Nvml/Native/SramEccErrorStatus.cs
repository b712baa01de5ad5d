using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlEccSramErrorStatus_v1_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SramEccErrorStatus
{
    public const uint Tag = 0x01000068;

    public uint Version;
    public ulong AggregateParity;
    public ulong AggregateSecDed;
    public ulong AggregateCorrected;
    public ulong VolatileParity;
    public ulong VolatileSecDed;
    public ulong VolatileCorrected;
    public ulong AggregateL2;
    public ulong AggregateSm;
    public ulong AggregatePcie;
    public ulong AggregateMicrocontroller;
    public ulong AggregateOther;
    public uint ThresholdExceeded;
}
