using DevicePlugin.Gpu;

namespace DevicePlugin.Doctor.Checks;

/// <summary>Where NVML was looked for.</summary>
internal sealed class LibraryCheck() : Check("nvml-library", CheckScope.RealGpus)
{
    private const string KnownName = "libnvidia-ml.so.1";

    protected override Finding Look(Examination node)
    {
        var attempts = node.Library.Attempts;
        if (attempts.FirstOrDefault(attempt => attempt.Failure is null) is { } used)
        {
            return Finding.Pass($"{used.Candidate} (NVML {node.Library.Version ?? "of unknown version"})");
        }

        if (attempts.Count == 0)
        {
            return Finding.Pass($"not looked for: {DriverStateWord.Of(node.Inventory.Driver.State)}");
        }

        var tried = attempts.Where(attempt => !attempt.IsAbsent)
            .Select(attempt => $"{attempt.Candidate}: {attempt.Failure}").ToList();
        var absent = attempts.Where(attempt => attempt.IsAbsent).Select(attempt => attempt.Candidate).ToList();
        if (absent.Count > 0)
        {
            tried.Add($"none at {string.Join(", ", absent.Select(Shorten))}");
        }

        return Finding.Fail(
            $"no library can be used: {string.Join("; ", tried)}",
            "Install the NVIDIA driver, or name its libnvidia-ml.so.1 with nvml_library, or its root with driver_root.");
    }

    /// <summary>The known places differ in their folder only.</summary>
    private static string Shorten(string candidate) => Path.GetFileName(candidate) == KnownName && candidate != KnownName
        ? Path.GetDirectoryName(candidate)!
        : candidate;
}
