namespace DevicePlugin.Hardware.Nvml;

/// <summary>The places where NVML is looked for, in order.</summary>
internal static class NvmlLibraryLocator
{
    private const string SoName = "libnvidia-ml.so.1";

    /// <summary>Where distributions and driver containers put libraries, below the driver's root.</summary>
    internal static readonly string[] DriverRootFolders =
    [
        "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib", "lib64",
        "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "usr/lib/x86_64-linux-gnu/nvidia/current",
        "usr/lib/aarch64-linux-gnu/nvidia/current", "usr/local/nvidia/lib64",
    ];

    /// <summary>A configured path is the only candidate: an operator who names a library means that one.</summary>
    public static IEnumerable<string> Candidates(NvmlOptions options)
    {
        if (!string.IsNullOrEmpty(options.LibraryPath))
        {
            return [options.LibraryPath];
        }

        return OperatingSystem.IsWindows() ? WindowsCandidates() : LinuxCandidates(options.DriverRoot);
    }

    internal static IEnumerable<string> LinuxCandidates(string driverRoot)
    {
        // With a driver root of its own the system's search path would find the wrong driver first.
        var underRoot = UnderDriverRoot(driverRoot, SoName);
        return driverRoot is "/" or ""
            ? [SoName, .. underRoot, $"/usr/lib/wsl/lib/{SoName}", $"/run/opengl-driver/lib/{SoName}"]
            : [.. underRoot, SoName];
    }

    internal static IEnumerable<string> UnderDriverRoot(string driverRoot, string library) => DriverRootFolders.Select(
        folder => Path.Combine(driverRoot.Length == 0 ? "/" : driverRoot, folder, library));

    private static IEnumerable<string> WindowsCandidates()
    {
        var system = Environment.GetFolderPath(Environment.SpecialFolder.System);
        var programs = Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles);
        return
        [
            Path.Combine(system, "nvml.dll"),
            Path.Combine(programs, "NVIDIA Corporation", "NVSMI", "nvml.dll"),
        ];
    }
}
