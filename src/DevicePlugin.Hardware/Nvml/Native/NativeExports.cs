using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>Looks functions up one by one, so that a driver without one of them only lacks that value.</summary>
internal readonly struct NativeExports(nint library, NvmlCallMeter? meter)
{
    /// <summary>
    /// The first of <paramref name="names"/> that the library has; names are given newest version first.
    /// </summary>
    public NativeFunction Find(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryGetExport(library, name, out var address))
            {
                return new NativeFunction(name, address, meter);
            }
        }

        return new NativeFunction(names[0], 0, meter);
    }
}
