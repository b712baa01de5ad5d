namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlValueType_t.</summary>
internal enum FieldValueType
{
    Double = 0,
    UnsignedInt = 1,
    UnsignedLong = 2,
    UnsignedLongLong = 3,
    SignedLongLong = 4,
    SignedInt = 5,
    UnsignedShort = 6,
}
