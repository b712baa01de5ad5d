using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>
/// nvmlFieldValue_t; <see cref="Value"/> is a union of the types that <see cref="FieldValueType"/> names.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FieldValue
{
    public uint FieldId;
    public uint ScopeId;
    public long Timestamp;
    public long LatencyMicroseconds;
    public FieldValueType ValueType;
    public NvmlReturn Result;
    public ulong Value;
}
