using DevicePlugin.Output;

namespace DevicePlugin.Doctor.Checks;

/// <summary>What the library in use is too old for.</summary>
internal sealed class SymbolsCheck() : Check("nvml-symbols", CheckScope.RealGpus)
{
    private const int Told = 4;

    // Without these no GPU can be offered, whatever else the library has.
    private static readonly string[] Needed =
        ["nvmlDeviceGetCount_v2", "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetUUID", "nvmlDeviceGetName"];

    protected override Finding Look(Examination node)
    {
        if (node.Library.MissingFunctions is not { } missing)
        {
            return Finding.Pass("not looked at: no library is in use");
        }

        if (missing.Count == 0)
        {
            return Finding.Pass("the library has every function that is used");
        }

        var names = Counted.First(Told, missing);
        return missing.Any(Needed.Contains)
            ? Finding.Fail($"the library lacks {names}", "Install a driver of the series 470 or later.")
            : Finding.Warn(
                $"the library lacks {names}",
                "Their values are absent, and the rest works. A newer driver has them.");
    }
}
