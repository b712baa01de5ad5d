namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>Looks functions up one by one, so that a driver without one of them only lacks that value.</summary>
/// <param name="addressOf">The address of a function; 0 for one that the library lacks.</param>
/// <param name="meter">Counts the calls of what is found; null while nobody wants to know.</param>
/// <param name="gate">Of the library.</param>
/// <param name="missing">Gets the name of each function that was looked for in vain.</param>
internal readonly struct NativeExports(
    Func<string, nint> addressOf, NvmlCallMeter? meter, LibraryGate gate, List<string> missing)
{
    /// <summary>
    /// The first of <paramref name="names"/> that the library has; names are given newest version first.
    /// </summary>
    public NativeFunction Find(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (addressOf(name) is not 0 and var address)
            {
                return new NativeFunction(name, address, meter, gate);
            }
        }

        missing.Add(names[0]);
        return new NativeFunction(names[0], 0, meter, gate);
    }
}
