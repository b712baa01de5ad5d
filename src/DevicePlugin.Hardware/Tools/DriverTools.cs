using System.Collections.Immutable;
using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.Hardware.Tools;

/// <summary>The programs that come with the driver, and what they need to run.</summary>
/// <param name="driverRoot">The folder that holds the driver's files.</param>
/// <param name="readStatus">Null for <see cref="FileStatus.Read"/>.</param>
/// <param name="locate">Where a path of the node is for this process; null: where it says.</param>
public sealed class DriverTools(
    string driverRoot, Func<string, FileStatus?>? readStatus = null, Func<string, string>? locate = null)
{
    public const string Smi = "nvidia-smi";
    public const string Modprobe = "nvidia-modprobe";
    public const string MpsControl = "nvidia-cuda-mps-control";

    /// <summary>It takes part in the reset of GPUs that NVSwitches connect, which the driver asks of it.</summary>
    public const string FabricManager = "nv-fabricmanager";

    /// <summary>The MPS daemon starts it by itself, from the path that it is given.</summary>
    public const string MpsServer = "nvidia-cuda-mps-server";

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

    private readonly ProgramTrust _trust = new(readStatus ?? FileStatus.Read, locate);

    /// <summary>Whether it is installed, trusted or not.</summary>
    public bool Has(string name) => PlacesOf(name).Any();

    /// <summary>Why a program that is installed is not run; null when it would be, and when it is not installed.</summary>
    public string? FindDistrust(string name)
    {
        Find(name, out var distrust);
        return distrust;
    }

    /// <summary>The first that may be run. Null where there is none.</summary>
    /// <param name="name">File name of the program.</param>
    /// <param name="distrust">Why the one that is installed is not run; null when none is installed.</param>
    internal TrustedProgram? Find(string name, out string? distrust)
    {
        distrust = null;
        foreach (var place in PlacesOf(name))
        {
            if (TrustedProgram.Check(place, CreateEnvironment(), _trust, out var reason) is { } program)
            {
                distrust = null;
                return program;
            }

            distrust ??= $"{name} is not trusted: {reason}";
        }

        return null;
    }

    /// <summary>The message for a program that is not installed.</summary>
    internal string NotFound(string name) => $"{name} was not found under \"{driverRoot}\": check driver_root";

    private IEnumerable<string> PlacesOf(string name) => Folders
        .Select(folder => Path.Combine(driverRoot, folder, name))
        .Where(place => File.Exists(locate?.Invoke(place) ?? place));

    /// <summary>
    /// All that a tool gets to know of our own environment. What Nomad set for its plugin is not for others, least of all
    /// for what outlives the plugin.
    /// </summary>
    private ImmutableDictionary<string, string> CreateEnvironment()
    {
        // The MPS daemon looks for its server on the path; Debian has it in a folder for administrators.
        var path = ListTrusted(Folders);
        var environment = ImmutableDictionary<string, string>.Empty.Add("LC_ALL", "C");
        if (driverRoot == "/")
        {
            return environment.Add("PATH", path);
        }

        return environment
            .Add("PATH", path.Length > 0 ? $"{path}:/usr/bin:/bin" : "/usr/bin:/bin")
            .Add("LD_LIBRARY_PATH", ListTrusted(LibraryFolders));
    }

    // What a program looks up by itself must be as trustworthy as the program. An empty entry would be the current folder.
    private string ListTrusted(string[] folders) => string.Join(
        ':', folders.Select(folder => Path.Combine(driverRoot, folder)).Where(_trust.TrustsFolder));
}
