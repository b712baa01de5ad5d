namespace DevicePlugin.Hardware.Tools;

/// <summary>The programs that come with the driver, and what they need to run.</summary>
internal sealed class DriverTools(string driverRoot)
{
    // Distributions, the driver's container, NVIDIA's installer for immutable systems, WSL, NixOS.
    private static readonly string[] Folders =
    [
        "usr/bin", "usr/sbin", "bin", "sbin", "usr/local/bin", "usr/local/nvidia/bin", "opt/bin", "usr/lib/wsl/lib",
        "run/current-system/sw/bin",
    ];

    private static readonly string[] LibraryFolders =
    [
        "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib", "usr/local/nvidia/lib64",
    ];

    /// <summary>Null when the driver root has no such program.</summary>
    public string? Find(string name) =>
        Folders.Select(folder => Path.Combine(driverRoot, folder, name)).FirstOrDefault(File.Exists);

    /// <summary>
    /// All that a tool gets to know of our own environment. What Nomad set for its plugin is not for others, least of all
    /// for what outlives the plugin.
    /// </summary>
    public Dictionary<string, string> CreateEnvironment()
    {
        // The MPS daemon looks for its server on the path; Debian has it in a folder for administrators.
        var path = string.Join(':', Folders.Select(folder => Path.Combine(driverRoot, folder)));
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["LC_ALL"] = "C", ["PATH"] = path };
        if (driverRoot != "/")
        {
            environment["PATH"] += ":/usr/bin:/bin";
            environment["LD_LIBRARY_PATH"] =
                string.Join(':', LibraryFolders.Select(folder => Path.Combine(driverRoot, folder)));
        }

        return environment;
    }
}
