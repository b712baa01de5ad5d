namespace DevicePlugin.Hardware.Nvml;

internal static class MemorySize
{
    public static long ToMiB(this ulong bytes) => (long)(bytes >> 20);
}
