using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>Looks functions up one by one, so that a driver without one of them only lacks that value.</summary>
/// <param name="library">The handle of the loaded library.</param>
/// <param name="meter">Counts the calls of what is found; null while nobody wants to know.</param>
/// <param name="gate">Of the library.</param>
/// <param name="missing">Gets the name of each function that was looked for in vain.</param>
internal readonly struct NativeExports(
    nint library, NvmlCallMeter? meter, LibraryGate gate, List<string> missing)
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
                return new NativeFunction(name, address, meter, gate);
            }
        }

        missing.Add(names[0]);
        return new NativeFunction(names[0], 0, meter, gate);
    }
}
